"""Tables on a terminal, in its width and with colour."""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import IO, Literal

from rich import box
from rich.cells import cell_len
from rich.console import Console
from rich.table import Table as Drawn
from rich.text import Text

from .showing import Facts, Next, Part, Secret, Table, Tinted, tinted, visible

GAP = 3
"""Between two columns."""
SHORT = 17
"""What fits in so many cells is not broken, such as an instant."""


class Pen:
    """Draws on a terminal."""

    def __init__(self, file: IO[str]) -> None:
        # https://no-color.org. Without it, as many colours as the terminal has.
        colours: Literal["auto"] | None = None if os.environ.get("NO_COLOR") else "auto"
        self.console = Console(file=file, highlight=False, markup=False, emoji=False, color_system=colours)

    def draw(self, part: Part) -> None:
        """Draw a part."""
        match part:
            case Table() if part.rows:
                self._table(*part.filled())
            case Table():
                self.console.print(part.empty)
            case Facts():
                self._facts([(name, tinted(value)) for name, value in part.rows if value])
            case Secret():
                self.console.print(Text(f"{visible(part.of)}, shown this once and never again:", "bold yellow"))
                # Never wrapped: it is copied.
                self.console.print(f"\n    {part.text}", soft_wrap=True)
            case Next():
                self.console.print(Text(part.why, "bold"))
                for command in part.commands:
                    self.console.print(Text(f"    {visible(command)}", "cyan"), soft_wrap=True)
            case str():
                self.console.print(visible(part))

    def _table(self, heads: list[str], rows: list[list[Tinted]]) -> None:
        columns = [[head, *(row[at].text for row in rows)] for at, head in enumerate(heads)]
        widths = fitting(columns, self.console.width)
        if widths is None:
            # Too narrow for columns: one thing after the other.
            for number, row in enumerate(rows):
                if number:
                    self.console.print()
                self._facts(list(zip(heads, row, strict=True)))
            return
        drawn = Drawn(box=box.SIMPLE_HEAD, pad_edge=False, show_edge=False, header_style="bold")
        for head, width in zip(heads, widths, strict=True):
            drawn.add_column(head, width=width)
        for row in rows:
            drawn.add_row(*(Text(cell.text, cell.style) for cell in row))
        self.console.print(drawn)

    def _facts(self, rows: list[tuple[str, Tinted]]) -> None:
        drawn = Drawn(box=None, pad_edge=False, show_header=False, padding=(0, 2, 0, 0))
        drawn.add_column(style="bold", no_wrap=True)
        drawn.add_column(overflow="fold")
        for name, cell in rows:
            drawn.add_row(name, Text(cell.text, cell.style))
        self.console.print(drawn)


def fitting(columns: Sequence[Sequence[str]], width: int) -> list[int] | None:
    """How wide each column is to be, so that no word is cut in two; `None` where that cannot be."""
    full = [max(map(cell_len, column)) for column in columns]
    least = [max(cell_len(word) for text in column for word in (text.split() or [""])) for column in columns]
    room = width - GAP * (len(columns) - 1)
    # Dates and other short texts stay in one piece, where there is room for that.
    short = [most if most <= SHORT else few for most, few in zip(full, least, strict=True)]
    least = short if sum(short) <= room else least
    spare = room - sum(least)
    if spare < 0:
        return None
    wanted = [most - few for most, few in zip(full, least, strict=True)]
    given = min(spare, sum(wanted))
    return [few + given * more // max(sum(wanted), 1) for few, more in zip(least, wanted, strict=True)]
