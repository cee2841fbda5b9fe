"""Words for people: rights, dates, and labels that fit on one line."""

from __future__ import annotations

import re
import unicodedata
from datetime import UTC
from functools import lru_cache
from typing import TYPE_CHECKING, Literal, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

Level: TypeAlias = Literal["sharing", "send", "read"]

# The order in which everything of mailgrant names the rights.
RIGHTS = (
    "read",
    "send",
    "devices",
    "auto_replies",
    "signatures",
    "forwarding",
    "aliases",
    "activity",
    "restorations",
    "filters",
    "rules",
    "folders",
    "security",
    "sharing",
)

MONTHS = (
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
)

# What turns the direction of the text after it (no label may rearrange its neighbours), and what XML forbids.
REMOVED = re.compile("[\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069\ud800-\udfff\ufffe\uffff]")
CONTROLS = re.compile("[\x00-\x1f\x7f-\x9f]")
RIGHT_TO_LEFT = ("R", "AL", "AN")
ELLIPSIS = "…"
# Letters that are much narrower or wider than others.
LETTERS = (("ijlIJ'.,·:;/|\\ ", 0.34), ("frt()[]-!", 0.42), ("mwMW@%…", 0.98))
PILING = ("Mn", "Me")
# More than any language puts on one letter in everyday use.
MOST_PILED = 4


def level(rights: frozenset[str]) -> Level:
    """Say how far rights go: giving access on, sending, or reading alone."""
    if "sharing" in rights:
        return "sharing"
    return "send" if "send" in rights else "read"


def in_order(rights: Iterable[str]) -> list[str]:
    """List rights in mailgrant's order, those it does not know last."""
    return sorted((str(right) for right in rights), key=lambda right: (_place(right), right))


def rights_in_words(rights: frozenset[str]) -> str:
    """Say what rights allow, such as `read, send, auto replies`."""
    if rights >= set(RIGHTS):
        return "everything"
    return ", ".join(words(right) for right in in_order(rights)) or "nothing"


def words(code: str) -> str:
    """Write a code such as `user_suspended` in words."""
    return plain(code).replace("_", " ")


def count(number: int, one: str, many: str) -> str:
    """Write a number and what it counts, such as `1,204 grants`."""
    return f"{number:,} {one if number == 1 else many}"


def day(time: datetime) -> str:
    """Write a date such as `3 March 2026`, in UTC."""
    time = _utc(time)
    # Not %B, which would follow the locale of whoever draws.
    return f"{time.day} {MONTHS[time.month - 1]} {time.year}"


def moment(time: datetime) -> str:
    """Write an instant such as `3 March 2026, 11:35 UTC`."""
    return f"{day(time)}, {_utc(time):%H:%M} UTC"


def plain(text: str) -> str:
    """Write what somebody typed on one line, without what is not text."""
    line = " ".join(CONTROLS.sub(" ", REMOVED.sub("", text)).split())
    return line if line.isascii() else _unpiled(line)


def isolated(text: str) -> str:
    """Keep text that runs from right to left from rearranging what follows it on its line."""
    if any(unicodedata.bidirectional(character) in RIGHT_TO_LEFT for character in text):
        return f"\u2068{text}\u2069"
    return text


def width(text: str, size: float) -> float:
    """Estimate how wide text is at a font size, rather too wide than too narrow.

    Nobody's fonts are known here, so the measure is that of the widest in common use (DejaVu Sans, Verdana).
    """
    return size * sum(_em(character) for character in text)


def fit(text: str, size: float, room: float) -> str:
    """Cut text that is too wide for its room and end it with an ellipsis."""
    if width(text, size) <= room:
        return text
    room -= width(ELLIPSIS, size)
    kept = 0
    for character in text:
        room -= width(character, size)
        if room < 0:
            break
        kept += 1
    # What joins two characters must not be the last one.
    while kept and unicodedata.category(text[kept - 1]) in ("Cf", "Zs"):
        kept -= 1
    return text[:kept] + ELLIPSIS


def _place(right: str) -> int:
    return RIGHTS.index(right) if right in RIGHTS else len(RIGHTS)


def _utc(time: datetime) -> datetime:
    return time.astimezone(UTC) if time.tzinfo else time


def _unpiled(text: str) -> str:
    """Leave out marks piled so high that they would cover the lines above."""
    kept: list[str] = []
    pile = 0
    for character in text:
        pile = pile + 1 if unicodedata.category(character) in PILING else 0
        if pile <= MOST_PILED:
            kept.append(character)
    return "".join(kept)


# The same few letters come again and again.
@lru_cache(maxsize=4096)
def _em(character: str) -> float:
    """Say how wide a character is in DejaVu Sans, by its like, in ems."""
    for alike, wide in LETTERS:
        if character in alike:
            return wide
    category = unicodedata.category(character)
    if category in (*PILING, "Cf"):
        return 0.0
    if unicodedata.east_asian_width(character) in ("W", "F"):
        return 1.05 if category == "Lo" else 1.3
    return 0.63 if character.isascii() and not character.isupper() else 0.8
