"""Lists of names that run over as many lines as they need."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from .pen import AFTER, MARK, SIZES, group, mark, measure, write
from .words import fit

if TYPE_CHECKING:
    from collections.abc import Sequence

    import svg

    from .index import Kind

LINE = 18.0
SMALL = SIZES["small"][0]
BETWEEN = 14.0
INDENT = 14.0


@dataclass(frozen=True, slots=True)
class Item:
    """A name in a list, with a mark before it and something small after it, where it has them."""

    text: str
    kind: Kind | None = None
    after: str = ""
    tip: str = ""

    @property
    def indent(self) -> float:
        """How far the name stands from where the item begins."""
        return INDENT if self.kind else 0

    @property
    def wide(self) -> float:
        """How wide it is altogether."""
        return self.indent + measure(self.text, "usual") + (measure(self.after, "small") + AFTER if self.after else 0)


def flow(items: Sequence[Item], x: float, y: float, right: float, most: int) -> tuple[list[svg.Element], int]:
    """Write items in at most so many lines, and on one more how many are left; count the lines."""
    parts: list[svg.Element] = []
    line, at = 0, x
    for place, item in enumerate(items):
        if at > x and at + item.wide > right:
            line, at = line + 1, x
        # One that is left alone takes no more room than the words that count it.
        if line == most and place < len(items) - 1:
            return [*parts, _rest(items[place:], x, y + line * LINE, right)], line + 1
        parts.append(_written(item, at, y + line * LINE, right))
        at += item.wide + BETWEEN
    return parts, line + 1


def _written(item: Item, x: float, y: float, right: float) -> svg.Element:
    after = fit(item.after, SMALL, (right - x) / 2)
    room = right - x - item.indent - (measure(after, "small") + AFTER if after else 0)
    parts: list[svg.Element] = [mark(x + MARK, y - 4, item.kind)] if item.kind else []
    parts.append(write(x + item.indent, y, item.text, "usual", room, after=after))
    return group(parts, item.tip)


def _rest(items: Sequence[Item], x: float, y: float, right: float) -> svg.Element:
    said = write(x, y, f"and {len(items)} more", "small", right - x, ink="muted")
    return group([said], "\n".join(item.text for item in items))
