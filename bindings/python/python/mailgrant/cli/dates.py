"""Dates and spans as people type them, and as they read them."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, time, timedelta

import typer

MILLISECOND = timedelta(milliseconds=1)
SPAN = re.compile(r"(\d{1,9})(s|m|h|d)")
UNITS = {"s": timedelta(seconds=1), "m": timedelta(minutes=1), "h": timedelta(hours=1), "d": timedelta(days=1)}

DATE = (
    "A day such as 2026-03-03, which means its end in UTC, or an instant such as 2026-03-03T18:00:00+01:00 (RFC 3339)."
)
"""How a date is told in the help."""
START = DATE.replace("its end", "its beginning")


def end_of(text: str, option: str | None = None) -> datetime:
    """The instant that is meant; of a day its last."""
    return _read(text, option, time(23, 59, 59, 999_000, tzinfo=UTC))


def start_of(text: str, option: str | None = None) -> datetime:
    """The instant that is meant; of a day its first."""
    return _read(text, option, time(tzinfo=UTC))


def past(text: str, option: str | None, now: datetime) -> datetime:
    """As `end_of`; of today, now: its end is still to come."""
    at = end_of(text, option)
    return now if at > now and is_day(text) and at.date() == now.astimezone(UTC).date() else at


def is_day(text: str) -> bool:
    """Whether it names a day and no instant in it."""
    return len(text.strip()) == len("2026-03-03")


def _read(text: str, option: str | None, of_day: time) -> datetime:
    text = text.strip()
    try:
        if is_day(text):
            return datetime.combine(date.fromisoformat(text), of_day)
        at = datetime.fromisoformat(text)
    except ValueError:
        raise wrong_date(text, option) from None
    if at.utcoffset() is None:
        message = f"`{text[:40]}` says no time zone: write {text[:40]}Z for UTC, or its offset such as +01:00"
        raise typer.BadParameter(message, param_hint=option)
    return at


def wrong_date(text: str, option: str | None) -> typer.BadParameter:
    """What is said of a text that is no date."""
    message = f"`{text[:40]}` is no date: write a day such as 2026-03-03, or an instant such as 2026-03-03T18:00:00Z"
    return typer.BadParameter(message, param_hint=option)


def span(text: str, option: str) -> timedelta:
    """A span such as `24h`, `7d` or `0`."""
    text = text.strip()
    if text == "0":
        return timedelta()
    if found := SPAN.fullmatch(text):
        try:
            return int(found[1]) * UNITS[found[2]]
        except OverflowError:
            pass
    message = f"`{text[:40]}` is no span of time: write 0, or a number and s, m, h or d, such as 24h"
    raise typer.BadParameter(message, param_hint=option)


def moment(at: datetime | None) -> str | None:
    """An instant for people, in UTC to the minute."""
    return None if at is None else at.astimezone(UTC).strftime("%Y-%m-%d %H:%M")


def last(at: datetime | None) -> str | None:
    """Until when, for people: what ends with a day is called by that day."""
    if at is None:
        return None
    at = at.astimezone(UTC)
    return at.strftime("%Y-%m-%d") if (at + MILLISECOND).time() == time() else moment(at)
