"""Words for people: rights, warnings, obstacles, and what a command reads from a list of words."""

from __future__ import annotations

import shlex
from collections.abc import Callable, Iterable, Mapping
from enum import StrEnum
from ipaddress import IPv4Network, IPv6Network, ip_network
from typing import TypeAlias, TypeVar

import typer

from mailgrant import Protocol, Right
from mailgrant.types import Level, Services, WarningKind

W = TypeVar("W", bound=StrEnum)
Network: TypeAlias = IPv4Network | IPv6Network

BECAUSE: Mapping[WarningKind, str] = {
    WarningKind.ORGANISATION_OWNERLESS: "no owner can act",
    WarningKind.ORGANISATION_SUSPENDED: "the organisation is suspended",
    WarningKind.NEVER_USED: "given long ago and never used",
    WarningKind.UNUSED: "not used for 90 days",
    WarningKind.EXPIRED: "past its expiry",
    WarningKind.EXPIRES_SOON: "ends soon",
    WarningKind.EXTERNAL: "somebody from outside has it",
    WarningKind.SELF_GIVEN: "given by its holder to herself",
    WarningKind.GIVER_LOST: "whoever gave it could not give it today",
    WarningKind.HOLDERLESS: "nobody holds it, so nobody's leaving ends it",
    WarningKind.KNOWN_TO_LEAVER: "its password is known to somebody without access",
    WarningKind.LEGACY: "works by the mailbox password of another system",
    WarningKind.INVITATION_EXPIRED: "past its expiry",
    WarningKind.SENDER_LOST: "whoever sent it could not give this today",
}


def spoken(word: str) -> str:
    """A word of an enumeration as people say it."""
    return word.replace("_", " ")


def in_order(of: type[W], words: Iterable[W]) -> list[W]:
    """Words in the order in which the enumeration has them."""
    chosen = set(words)
    return [word for word in of if word in chosen]


def may(rights: Iterable[Right]) -> str:
    """What a grant gives: reading, which it implies, and its rights."""
    return ", ".join(["read", *(spoken(right) for right in in_order(Right, rights) if right is not Right.READ)])


def by(protocols: Iterable[Protocol]) -> str:
    """How a device talks to the server."""
    return ", ".join(in_order(Protocol, protocols))


def services(of: Services) -> str:
    """Service rights."""
    return ", ".join(f"{name}: {level}" for name, level in sorted(of.items()))


def rights_of(said: list[str] | None) -> frozenset[Right] | None:
    """The rights of `--rights`; `None` where it was left out. `read` is implied by every grant."""
    return None if not said else frozenset(several(Right, said, "--rights")) - {Right.READ}


def protocols_of(said: list[str]) -> frozenset[Protocol]:
    """The protocols of `--protocol`."""
    return frozenset(several(Protocol, said, "--protocol"))


def several(of: type[W], said: Iterable[str], option: str) -> list[W]:
    """Words of an enumeration, with commas or spaces between them."""
    return [one(of, word, option) for each in said for word in each.replace(",", " ").split()]


def one(of: type[W], word: str, option: str) -> W:
    """A word of an enumeration; `auto-replies` does as well as `auto_replies`."""
    try:
        return of(word.lower().replace("-", "_"))
    except ValueError:
        message = f"`{word[:40]}` is none of {', '.join(of)}"
        raise typer.BadParameter(message, param_hint=option) from None


def networks_of(said: list[str] | None) -> tuple[Network, ...] | None:
    """The networks of `--network`; `None` for all."""
    try:
        return tuple(ip_network(one) for one in said) if said else None
    except ValueError as error:
        message = f"{error}: write a network as 203.0.113.0/24"
        raise typer.BadParameter(message, param_hint="--network") from None


def services_of(said: list[str] | None) -> dict[str, Level]:
    """Service rights such as `mail=manage`."""
    read: dict[str, Level] = {}
    for each in said or []:
        name, equals, level = each.rpartition("=")
        if not equals:
            message = f"`{each[:40]}` is no service and its level: write it as mail=manage"
            raise typer.BadParameter(message, param_hint="--service")
        read[name] = one(Level, level, "--service")
    return read


def completes(of: type[StrEnum]) -> Callable[[str], list[str]]:
    """What a shell offers for a list of words."""

    def offered(incomplete: str) -> list[str]:
        before, comma, begun = incomplete.rpartition(",")
        return [f"{before}{comma}{word}" for word in of if word.startswith(begun)]

    return offered


def shell(*words: str) -> str:
    """A command of the command line, as a shell takes it."""
    return shlex.join(["mailgrant", *words])
