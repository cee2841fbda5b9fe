"""Answers of the package, written as the core writes them: the way back of what the package reads."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from enum import Enum
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network
from typing import Any

from mailgrant import (
    Bearer,
    ChangeId,
    Command,
    DeviceId,
    DevicePassword,
    Entry,
    Event,
    InvitationId,
    MailboxId,
    Myself,
    Nobody,
    OrganisationId,
    System,
    Token,
    UserId,
    types,
)

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)

PLAIN = (
    UserId
    | OrganisationId
    | MailboxId
    | DeviceId
    | InvitationId
    | ChangeId
    | System
    | Bearer
    | IPv4Address
    | IPv6Address
    | IPv4Network
    | IPv6Network
)
"""What is written as its text."""

ALONE: dict[type, str] = {
    types.DeviceActive: "active",
    types.LegacySecret: "legacy",
    types.MissingSecret: "missing",
    Myself: "myself",
}
"""What is a word."""

WITHIN: dict[type, str] = {
    types.DeviceRevoked: "revoked",
    types.PasswordSecret: "password",
    types.DomainPending: "pending",
    types.DomainVerified: "verified",
    types.ComparedPerson: "person",
    types.ComparedDevice: "device",
    types.NoAccess: "nothing",
    types.MemberAccess: "member",
    types.PersonAccess: "access",
    types.DeviceAccess: "device",
    types.ReachingDevice: "device",
    types.AccessSubject: "access",
    Nobody: "nobody",
}
"""What stands under a word that says what it is."""

WITHIN_FIELD: dict[tuple[type, str], str] = {
    (types.Person, "who"): "person",
    (types.Person, "whose"): "member",
    (OrganisationId, "subject"): "organisation",
    (types.Invitation, "subject"): "invitation",
}
"""What stands under such a word in one place alone."""

NAMES = {"from_": "from", "sequence": "seq"}
"""What is called otherwise."""

NAMES_OF: dict[type, dict[str, str]] = {types.LastUse: {"source": "from"}}
"""What is called otherwise in one type alone."""


def millis(at: datetime) -> int:
    """Give an instant in milliseconds since 1970."""
    return (at - EPOCH) // timedelta(milliseconds=1)


def lower(value: Any, field: str = "") -> Any:  # noqa: PLR0911 -- as many ways as there are sorts of values
    """Write what the package answers as the core does."""
    word = WITHIN_FIELD.get((type(value), field))
    if word is not None:
        return {word: lower(value)}
    match value:
        case Enum():
            return value.value
        case None | bool() | int() | str():
            return value
        case datetime():
            return millis(value)
        case timedelta():
            return value // timedelta(milliseconds=1)
        case _ if isinstance(value, PLAIN):
            return str(value)
        case Event(kind=kind, on=on):
            says = imposed({name: (value[name], lower(value[name], name)) for name in value})
            return {"kind": kind, "on": [str(each) for each in on], **says}
        case Entry():
            return {name_in(Entry, name): lower(getattr(value, name), name) for name in Entry.__match_args__}
        case Command(name=name, fields=fields):
            return {"command": name, **lower(fields)}
        case Mapping():
            return {lower(name): lower(of) for name, of in value.items()}
        case tuple() | list() | frozenset() | set():
            return [lower(each) for each in value]
    of = type(value)
    assert dataclasses.is_dataclass(of), value
    if of in ALONE:
        return ALONE[of]
    fields_ = {each.name: getattr(value, each.name) for each in dataclasses.fields(of)}
    known = {name: it for name, it in fields_.items() if not isinstance(it, DevicePassword | Token)}
    written = imposed({name_in(of, name): (it, lower(it, name)) for name, it in known.items()})
    return {WITHIN[of]: written} if of in WITHIN else written


def name_in(of: type, name: str) -> str:
    return NAMES_OF.get(of, NAMES).get(name, name)


def imposed(fields: dict[str, tuple[Any, Any]]) -> dict[str, Any]:
    """Put who alone may lift a state where the core has it: within the state."""
    written = {}
    for name, (_, raw) in fields.items():
        if name.endswith("_by") and name.removesuffix("_by") in fields:
            continue
        by = fields.get(f"{name}_by", (None, None))[1]
        written[name] = raw if by is None else {raw: by}
    return written
