"""How what the core writes is read: the parts that every type is made of."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from functools import lru_cache
from ipaddress import ip_address, ip_network
from typing import Any, Generic, NamedTuple, TypeVar

from mailgrant._frozen import FrozenMap, IPAddress, Network, WordSet
from mailgrant._happened import Command, Entry, Event, Subject
from mailgrant._native import (
    Bearer,
    ChangeId,
    DeviceId,
    InvitationId,
    MailboxId,
    OrganisationId,
    System,
    UserId,
)
from mailgrant._paging import Page

T = TypeVar("T")
W = TypeVar("W", bound=StrEnum)

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)

EVENT_READERS: dict[str, dict[str, Callable[[Any], object]]] = {}
"""How what an event says is read, by its kind."""

_ID = re.compile(r"(usr|org|mbx|dev|inv)_[0-7][0-9a-hjkmnp-tv-z]{25}")
"""The text of an id. An address may begin like one."""

_IDS: dict[str, Callable[[str], Subject]] = {
    "usr": UserId,
    "org": OrganisationId,
    "mbx": MailboxId,
    "dev": DeviceId,
    "inv": InvitationId,
}


def instant(millis: int) -> datetime:
    """Of milliseconds since 1970; the last or first that Python knows where it lies beyond."""
    try:
        return EPOCH + timedelta(milliseconds=millis)
    except OverflowError:
        return (datetime.max if millis > 0 else datetime.min).replace(tzinfo=UTC)


def actor(text: str) -> UserId | System | Bearer:
    """Who acted: `usr_…`, `sys:name` or `bearer`."""
    if text.startswith("sys:"):
        return System(text.removeprefix("sys:"))
    return Bearer() if text == "bearer" else UserId(text)


def services(raw: dict[str, str]) -> Any:
    """Service rights."""
    from mailgrant.types import Level  # noqa: PLC0415 -- it is made of this

    return FrozenMap({name: Level(level) for name, level in raw.items()})


def words(of: type[W], raw: list[str]) -> frozenset[W]:
    """Some of the words of an enumeration. Few sets are different ones: each is made once."""
    return _words(of, tuple(raw))


@lru_cache(maxsize=4096)
def _words(of: type[StrEnum], raw: tuple[str, ...]) -> frozenset[Any]:
    return WordSet(map(of, raw))


def network(text: str) -> Network:
    """An address without a length is a network of one."""
    return ip_network(text, strict=False)


def ip(text: str) -> IPAddress:
    """Of a machine."""
    return ip_address(text)


class Imposed(NamedTuple, Generic[W]):
    """A state, and who alone may lift it where somebody imposed it."""

    state: W
    by: Any


def imposed(of: type[W], raw: Any) -> Imposed[W]:
    """A state that somebody may have imposed."""
    if isinstance(raw, str):
        return Imposed(of(raw), None)
    from mailgrant.types import Authority  # noqa: PLC0415 -- it is made of this

    [(word, by)] = raw.items()
    return Imposed(of(word), Authority(by))


def optional(read: Callable[[Any], T]) -> Callable[[Any], T | None]:
    """Reads what may be missing."""
    return lambda raw: None if raw is None else read(raw)


def page(raw: Any, read: Callable[[Any], T]) -> Page[T]:
    """A page of what `read` reads."""
    return Page(tuple(read(item) for item in raw["items"]), raw["next"])


def command(raw: dict[str, Any]) -> Command:
    """A command as a value."""
    return Command(raw["command"], FrozenMap({name: raw[name] for name in raw if name != "command"}))


def entry(raw: dict[str, Any]) -> Entry:
    """An event of the history."""
    stream = raw["stream"]
    return Entry(
        instant(raw["at"]),
        actor(raw["by"]),
        raw["command"],
        event(raw["event"]),
        ChangeId(raw["change"]),
        UserId(stream) if stream.startswith("usr_") else OrganisationId(stream),
        raw["seq"],
    )


def event(raw: dict[str, Any]) -> Event:
    """One thing that happened."""
    kind = raw["kind"]
    readers = EVENT_READERS.get(kind, {})
    says = {}
    for name, value in raw.items():
        if name in ("kind", "on"):
            continue
        meant = readers[name](value) if name in readers else value
        if isinstance(meant, Imposed):
            says[name], says[f"{name}_by"] = meant
        else:
            says[name] = meant
    return Event(kind, on(raw["on"]), FrozenMap(says))


@lru_cache(maxsize=4096)
def on(key: str) -> tuple[Subject, ...]:
    """To what something happened: the parts of a key such as `grt/mbx_…/usr_…` that name something."""
    parts = key.split("/", 2)
    named = parts[1:] if len(parts) > 1 else parts
    return tuple(_subject(part) for part in named)


def _subject(text: str) -> Subject:
    kind = _ID.fullmatch(text)
    return text if kind is None else _IDS[kind[1]](text)
