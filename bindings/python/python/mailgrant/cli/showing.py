"""How answers are shown: tables for people, one JSON document for programs.

On a terminal `rich` draws them, in its width and with colour. Elsewhere each row is a line, however long, so that
nothing is lost on the way to a file or to `grep`.
"""

from __future__ import annotations

import json
import sys
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import IO, TypeAlias

from rich.cells import cell_len

from .plain import plain
from .settings import settings

NOTHING = "\N{EN DASH}"
"""What stands in an empty cell."""


@dataclass(frozen=True, slots=True)
class Tinted:
    """Text in a colour, where there is colour."""

    text: str
    style: str


Cell: TypeAlias = str | Tinted | None


def good(text: str) -> Tinted:
    """What is as it should be."""
    return Tinted(text, "green")


def bad(text: str) -> Tinted:
    """What stands in the way."""
    return Tinted(text, "red")


def odd(text: str) -> Tinted:
    """What deserves a second look."""
    return Tinted(text, "yellow")


@dataclass(frozen=True, slots=True)
class Table:
    """Rows under heads. A column in which nothing stands is left out."""

    heads: Sequence[str]
    rows: Sequence[Sequence[Cell]]
    empty: str = "nothing"
    """What is said where there is no row."""

    def filled(self) -> tuple[list[str], list[list[Tinted]]]:
        """The heads and rows of the columns in which something stands."""
        keep = [at for at in range(len(self.heads)) if any(row[at] for row in self.rows)]
        return [self.heads[at] for at in keep], [[tinted(row[at]) for at in keep] for row in self.rows]


@dataclass(frozen=True, slots=True)
class Facts:
    """What is known of one thing: a name and a value a line. Those without a value are left out."""

    rows: Sequence[tuple[str, Cell]]


@dataclass(frozen=True, slots=True)
class Secret:
    """A secret, shown this once."""

    of: str
    text: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Next:
    """Commands that come next, ready to be copied."""

    commands: Sequence[str]
    why: str = "next:"


Part: TypeAlias = str | Table | Facts | Secret | Next


def show(answer: object, *parts: Part) -> None:
    """Show an answer: `parts` to people, all of it to programs."""
    if settings().json:
        utf8 = (sys.stdout.encoding or "").lower().replace("-", "") == "utf8"
        print(json.dumps(plain(answer), ensure_ascii=not utf8, indent=2))
    else:
        write(parts, sys.stdout)


def done(sentence: str, *more: Part, **facts: object) -> None:
    """Say that it is done: a sentence to people, what it is about to programs."""
    show(facts, sentence, *more)


def say(text: str, end: str = "\n") -> None:
    """Say something that is no answer: it goes to standard error."""
    print(visible(text), end=end, file=sys.stderr, flush=True)


def write(parts: Iterable[Part], file: IO[str]) -> None:
    """Write the parts one under the other, an empty line between them."""
    if file.isatty():
        from .drawing import Pen  # noqa: PLC0415 -- it takes a while, and is for terminals alone

        put = Pen(file).draw
    else:
        put = partial(_print, file=file)
    for number, part in enumerate(parts):
        if number:
            print(file=file)
        put(part)


def _print(part: Part, file: IO[str]) -> None:
    """Without colour, a line a row."""
    match part:
        case Table():
            heads, rows = part.filled()
            lines = [heads, *([cell.text for cell in row] for row in rows)]
            print("\n".join(_aligned(lines)) if part.rows else part.empty, file=file)
        case Facts():
            facts = [[name, tinted(value).text] for name, value in part.rows if value]
            print("\n".join(_aligned(facts)), file=file)
        case Secret():
            print(f"{visible(part.of)}, shown this once and never again:\n\n    {part.text}", file=file)
        case Next():
            print("\n".join([part.why, *(f"    {visible(command)}" for command in part.commands)]), file=file)
        case str():
            print(visible(part), file=file)


def _aligned(lines: Sequence[Sequence[str]]) -> list[str]:
    """Columns under each other, two spaces between them."""
    wide = [max(map(cell_len, column)) for column in zip(*lines, strict=True)]
    return [
        "  ".join(text + " " * (width - cell_len(text)) for text, width in zip(line, wide, strict=True)).rstrip()
        for line in lines
    ]


def tinted(cell: Cell) -> Tinted:
    """A cell as it may be written: a dash where nothing stands in it, and nothing in it that moves the cursor."""
    if isinstance(cell, Tinted):
        return Tinted(visible(cell.text), cell.style)
    return Tinted(visible(cell) if cell else NOTHING, "")


HIDDEN = {"Cc", "Cf", "Cs", "Zl", "Zp"}
JOINERS = "\n\u200c\u200d"


def visible(text: str) -> str:
    """The same text, with nothing in it that could move the cursor or turn what is beside it around."""
    if text.isascii() and text.isprintable():
        return text
    return "".join(
        character
        if character in JOINERS or unicodedata.category(character) not in HIDDEN
        else f"\\u{ord(character):04x}"
        for character in text
    )
