"""What the directory answers, in values that JSON knows. The names are those of `mailgrant.types`."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import fields, is_dataclass
from datetime import UTC, datetime
from ipaddress import IPv4Network, IPv6Network
from typing import Any

from mailgrant import Command, DevicePassword, Event, Token, types

KINDS: Mapping[type, str] = {
    types.Person: "person",
    types.ReachingDevice: "device",
    types.ComparedPerson: "person_on_mailbox",
    types.ComparedDevice: "device_on_mailbox",
    types.NoAccess: "nothing",
    types.MemberAccess: "membership",
    types.PersonAccess: "grant",
    types.DeviceAccess: "device_password",
    types.PasswordSecret: "password",
    types.LegacySecret: "legacy",
    types.MissingSecret: "missing",
    types.DeviceActive: "active",
    types.DeviceRevoked: "revoked",
    types.DomainPending: "pending",
    types.DomainVerified: "verified",
}
"""What may be one of several is told by its `kind`."""


def plain(value: object) -> Any:
    """A value for JSON: instants in RFC 3339, ids and networks as text, sets sorted. Never a secret."""
    if isinstance(value, DevicePassword | Token):
        raise TypeError("a secret is never written by itself")
    if value is None or isinstance(value, bool | int | float):
        return value
    if isinstance(value, Mapping):
        return _mapping(value)
    if is_dataclass(value) and not isinstance(value, type):
        return _dataclass(value)
    if isinstance(value, Iterable) and not isinstance(value, str | IPv4Network | IPv6Network):
        items = [plain(item) for item in value]
        return sorted(items) if isinstance(value, frozenset | set) else items
    return rfc3339(value) if isinstance(value, datetime) else str(value)


def _mapping(value: Mapping[Any, Any]) -> dict[str, Any]:
    says = {str(key): plain(value[key]) for key in value}
    return {"kind": value.kind, "on": plain(value.on), **says} if isinstance(value, Event) else says


def _dataclass(value: Any) -> dict[str, Any]:
    if isinstance(value, Command):
        return {"command": value.name, **_mapping(value.fields)}
    kind = {"kind": KINDS[type(value)]} if type(value) in KINDS else {}
    return {**kind, **{field.name.removesuffix("_"): plain(getattr(value, field.name)) for field in fields(value)}}


def rfc3339(at: datetime) -> str:
    """An instant in UTC."""
    return at.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def said(answer: object) -> dict[str, Any]:
    """What an answer says, to be told together with what it is about."""
    fields_of: dict[str, Any] = plain(answer)
    return fields_of
