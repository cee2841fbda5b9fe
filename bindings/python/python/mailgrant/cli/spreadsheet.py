"""Reading a CSV as spreadsheets write it: with or without a BOM, with `,`, `;` or tabs, with any line ends.

Nothing here knows the directory. Whatever is wrong with the file is said with the line and the column.
"""

from __future__ import annotations

import csv
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import IO

MOST_LINES = 100_000
"""More are refused: a file is one change of the directory, which is held in memory until it is written."""
LONGEST_LINE = 100_000


@dataclass(frozen=True, slots=True)
class Problem:
    """What is wrong, and where."""

    line: int
    column: str | None
    message: str
    code: str = "import.line"
    """Of the directory where it refused; otherwise one of `import.…`."""


class Unreadable(Exception):
    """Nothing can be made of the file."""

    def __init__(self, problem: Problem) -> None:
        super().__init__(problem.message)
        self.problem = problem


@dataclass(frozen=True, slots=True)
class Kind:
    """What a line may be, and which cells it needs and may have."""

    needs: tuple[str, ...]
    may: tuple[str, ...]


KINDS: Mapping[str, Kind] = {
    "user": Kind(("person", "name"), ("verified", "role", "organisation")),
    "member": Kind(("person", "role"), ("organisation",)),
    "mailbox": Kind(("mailbox",), ("name",)),
    "alias": Kind(("mailbox", "alias"), ("sending",)),
    "grant": Kind(("mailbox", "person"), ("rights", "expires", "reason")),
}
"""In the order in which they are carried out, whatever the order of the lines."""

COLUMNS = (
    "kind",
    "person",
    "name",
    "verified",
    "role",
    "organisation",
    "mailbox",
    "alias",
    "sending",
    "rights",
    "expires",
    "reason",
)


@dataclass(frozen=True, slots=True)
class Row:
    """A line of the file: its kind, and the cells in which something stands."""

    line: int
    kind: str
    cells: Mapping[str, str]


def rows(file: IO[bytes], tick: Callable[[int], None]) -> Iterator[Row | Problem]:
    """The lines of a file, each a row or what is wrong with it. `tick` is told how many were read.

    Raises:
        Unreadable: Where nothing can be made of the file.
    """
    lines = _Lines(file)
    reader: Iterator[list[str]] | None = None
    try:
        first = next(lines, None)
        if first is None:
            raise Unreadable(Problem(1, None, "the file is empty"))
        reader = csv.reader(_again(first, lines), delimiter=_separator(first), strict=True)
        heads = _heads(next(reader, []))
        begins = lines.number + 1
        for cells in reader:
            if any(cell.strip() for cell in cells):
                yield _row(begins, heads, cells)
            begins = lines.number + 1
            tick(lines.number)
    except csv.Error as error:
        raise Unreadable(Problem(lines.number, None, _spoken(error))) from None


class _Lines(Iterator[str]):
    """The lines of a file as text, counted."""

    def __init__(self, file: IO[bytes]) -> None:
        self.file = file
        self.number = 0

    def __next__(self) -> str:
        raw = self.file.readline(LONGEST_LINE)
        if not raw:
            raise StopIteration
        self.number += 1
        if self.number > MOST_LINES + 1:
            message = f"there are more than {MOST_LINES:,} lines: split the file, people first and grants last"
            raise Unreadable(Problem(self.number, None, message, "import.too_long"))
        if len(raw) == LONGEST_LINE:
            message = f"the line is longer than {LONGEST_LINE:,} characters: this is no CSV"
            raise Unreadable(Problem(self.number, None, message))
        if self.number == 1:
            raw = self._without_mark(raw)
        try:
            text = raw.decode()
        except UnicodeDecodeError as error:
            wrong = raw[error.start]
            message = f"byte 0x{wrong:02x} is no UTF-8: save the file as “CSV UTF-8”"
            raise Unreadable(Problem(self.number, None, message, "import.encoding")) from None
        if "\0" in text:
            raise Unreadable(Problem(self.number, None, "there is a NUL in it: this is no CSV", "import.encoding"))
        return text

    def _without_mark(self, raw: bytes) -> bytes:
        if raw.startswith((b"\xff\xfe", b"\xfe\xff")):
            message = "the file is UTF-16: save it as “CSV UTF-8”"
            raise Unreadable(Problem(1, None, message, "import.encoding"))
        return raw.removeprefix(b"\xef\xbb\xbf")


def _again(first: str, rest: Iterator[str]) -> Iterator[str]:
    yield first
    yield from rest


def _separator(head: str) -> str:
    """Whichever of `,`, `;` and tab there are most of in the heads."""
    return max(",;\t", key=head.count)


def _heads(cells: list[str]) -> list[str]:
    heads = [cell.strip().lower() for cell in cells]
    unknown = [head for head in heads if head not in COLUMNS and head]
    twice = sorted({head for head in heads if head and heads.count(head) > 1})
    if "kind" not in heads:
        message = f"the first line is to name the columns, and one of them is `kind`; there are {', '.join(COLUMNS)}"
    elif unknown:
        message = f"there is no column `{unknown[0][:40]}`; there are {', '.join(COLUMNS)}"
    elif twice:
        message = f"the column `{twice[0]}` stands there twice"
    else:
        return heads
    raise Unreadable(Problem(1, None, message, "import.columns"))


def _row(line: int, heads: Sequence[str], cells: Sequence[str]) -> Row | Problem:
    if any(cell.strip() for cell in cells[len(heads) :]):
        return Problem(line, None, f"there are {len(cells)} cells, and {len(heads)} columns")
    said = {head: cell.strip() for head, cell in zip(heads, cells, strict=False) if cell.strip()}
    nameless = said.pop("", None)
    if nameless is not None:
        return Problem(line, None, f"`{nameless[:40]}` stands in a column without a name")
    kind = said.pop("kind", "").lower()
    if kind not in KINDS:
        message = f"`{kind[:40]}` is none of {', '.join(KINDS)}" if kind else f"say what it is: {', '.join(KINDS)}"
        return Problem(line, "kind", message)
    of = KINDS[kind]
    for column in of.needs:
        if column not in said:
            return Problem(line, column, f"a line of kind {kind} needs it")
    for column in said:
        if column not in of.needs and column not in of.may:
            return Problem(line, column, f"a line of kind {kind} has none: leave it empty")
    return Row(line, kind, said)


def _spoken(error: csv.Error) -> str:
    text = str(error)
    if "unexpected end of data" in text:
        return "a quotation mark is opened and never closed"
    if "new-line character" in text:
        return "the line ends are those of an old Mac: save the file as “CSV UTF-8”"
    if "field larger" in text:
        return "a cell is too long: perhaps a quotation mark is never closed"
    return f"this is no CSV: {text}"


EXAMPLE = """\
kind,person,name,verified,role,mailbox,alias,rights,expires,reason
user,olivia@home.example,Olivia Moser,yes,owner,,,,,
user,ada@home.example,Ada Lind,no,external,,,,,
mailbox,,Contact,,,contact@bakery.example,,,,
alias,,,,,contact@bakery.example,hello@bakery.example,,,
grant,olivia@home.example,,,,contact@bakery.example,,"send, devices, sharing",,
grant,ada@home.example,,,,contact@bakery.example,,,2030-12-31,writes letters until then
"""
"""A file to start from, which `mailgrant import --example` prints."""
