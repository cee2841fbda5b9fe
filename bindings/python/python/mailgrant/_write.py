"""How what Python says is written for the core: the parts that every argument is made of.

What is of another type raises `TypeError`; a value that can never do raises `mailgrant.Invalid`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from ipaddress import IPv4Network, IPv6Network, ip_network
from typing import Any, TypeVar

from mailgrant._native import Bearer, System, UserId, check_address, check_domain
from mailgrant.errors import Invalid

T = TypeVar("T")

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MILLISECOND = timedelta(milliseconds=1)


def unexpected(name: str, expected: str, value: object) -> TypeError:
    """Says what was expected, and never the value: it may be a secret."""
    return TypeError(f"`{name}` is to be {expected}, not {type(value).__name__}")


def instance(of: type[T], name: str, value: object) -> T:
    """A value of a class."""
    if not isinstance(value, of):
        raise unexpected(name, of.__name__, value)
    return value


def ident(of: type, name: str, value: object) -> str:
    """An id of a kind; the text of one must be made into one first."""
    if type(value) is not of:
        raise unexpected(name, of.__name__, value)
    return str(value)


def ident_of(kinds: tuple[type, ...], name: str, value: object) -> str:
    """An id of one of several kinds."""
    if type(value) not in kinds:
        raise unexpected(name, " or ".join(kind.__name__ for kind in kinds), value)
    return str(value)


def text(name: str, value: object) -> str:
    """Text: `text.invalid` where it cannot be written as UTF-8."""
    return _whole(name, value, "text.invalid")


def secret(name: str, value: object) -> str:
    """A secret, which no message repeats."""
    return _whole(name, value, "password.refused")


def _whole(name: str, value: object, code: str) -> str:
    if not isinstance(value, str):
        raise unexpected(name, "str", value)
    # Looked for and not tried: what Python raises where it cannot be encoded holds the text.
    if any("\ud800" <= character <= "\udfff" for character in value):
        raise Invalid(f"`{name}` holds half a character (a lone surrogate)", code=code)
    return value


def address(name: str, value: object) -> str:
    """An e-mail address: `address.invalid`."""
    written = text(name, value)
    check_address(written)
    return written


def domain(name: str, value: object) -> str:
    """The name of a domain: `domain.invalid`."""
    written = text(name, value)
    check_domain(written)
    return written


def number(name: str, value: object) -> int:
    """A whole number that the core can count to."""
    if not isinstance(value, int) or isinstance(value, bool):
        raise unexpected(name, "int", value)
    if not 0 <= value < 1 << 32:
        raise Invalid(f"`{name}` is to be from 0 to 4294967295, not `{value}`", code="value.invalid")
    return value


def word(of: type[StrEnum], name: str, value: object) -> str:
    """A word of an enumeration, or its plain string: `value.invalid`."""
    if not isinstance(value, str):
        raise unexpected(name, f"a {of.__name__}", value)
    try:
        return of(value).value
    except ValueError:
        known = [each.value for each in of]
        message = f"`{value[:80]}` is none of {', '.join(known)}"
        raise Invalid(message, code="value.invalid", details={"expected": known}) from None


def items(name: str, values: object) -> Iterable[Any]:
    """Several; a single string is not several."""
    if isinstance(values, str | bytes | Mapping) or not isinstance(values, Iterable):
        raise unexpected(name, "several in a list or a set", values)
    return values


def words(of: type[StrEnum], name: str, values: object) -> list[str]:
    """Several words of an enumeration."""
    return [word(of, name, each) for each in items(name, values)]


def instant(name: str, value: object) -> int:
    """An aware datetime, in milliseconds since 1970: `time.invalid` for a naive one."""
    if not isinstance(value, datetime):
        raise unexpected(name, "datetime", value)
    if value.utcoffset() is None:
        message = f"`{name}` says no time zone: give it one, such as `datetime.now(UTC)`"
        raise Invalid(message, code="time.invalid")
    return (value - EPOCH) // MILLISECOND


def seconds(name: str, value: object) -> int:
    """A span, in whole seconds."""
    if not isinstance(value, timedelta):
        raise unexpected(name, "timedelta", value)
    span = int(value.total_seconds())
    if not 0 <= span < 1 << 32:
        raise Invalid(f"`{name}` is to be from no time to some 136 years", code="value.invalid")
    return span


def actor(name: str, value: object) -> str:
    """Who acted."""
    if not isinstance(value, UserId | System | Bearer):
        raise unexpected(name, "a UserId, a System or a Bearer", value)
    return str(value)


def services(name: str, value: object) -> dict[str, str]:
    """Service rights: `value.invalid`."""
    from mailgrant.types import Level  # noqa: PLC0415 -- it is made of this

    if not isinstance(value, Mapping):
        raise unexpected(name, "a mapping of services to levels", value)
    written = {}
    for service, level in value.items():
        known = text(name, service)
        if known not in ("mail", "sites", "domains", "billing") and not known.startswith("other:"):
            message = f"`{known[:80]}` is none of mail, sites, domains, billing, other:NAME"
            raise Invalid(message, code="value.invalid")
        written[known] = word(Level, name, level)
    return written


def network(name: str, value: object) -> str:
    """A network of `ipaddress`, or its text: `value.invalid`."""
    if isinstance(value, IPv4Network | IPv6Network):
        return str(value)
    try:
        return str(ip_network(text(name, value)))
    except ValueError as error:
        message = f"`{str(value)[:80]}` is no network such as `203.0.113.0/24`"
        raise Invalid(message, code="value.invalid") from error


def page(after: str | None, limit: int) -> dict[str, object]:
    """Which page."""
    return {"after": None if after is None else text("after", after), "limit": number("limit", limit)}
