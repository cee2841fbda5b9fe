"""What drawings are made of: text that is always escaped, marks, lines and cards.

The SVG is written with [svg.py](https://pypi.org/project/svg.py/): typed, without dependencies, 15 kB, well
kept. drawsvg is three times as large, twice as slow and untyped (it is made for animations and notebooks),
svgwrite is retired, and lxml or cairo would bring compiled code. svg.py does not escape what it is given,
which is why only `write` and `tip`, and the title of the whole picture, pass it what somebody typed.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, TypeAlias

import svg

from .words import fit, isolated, plain, width

if TYPE_CHECKING:
    from collections.abc import Iterable

    from .index import Kind

Weight: TypeAlias = Literal["title", "strong", "usual", "small"]

# Font size, and how much wider than usual its letters are.
SIZES: dict[Weight, tuple[float, float]] = {
    "title": (22, 1.12),
    "strong": (13, 1.12),
    "usual": (12, 1.0),
    "small": (11, 1.0),
}
# Half as high as a mark is.
MARK = 4.0
# How far what is small stands after a name.
AFTER = 5.0
# How wide the word in a badge may be.
BADGE = 120.0


def measure(text: str, weight: Weight) -> float:
    """Estimate how wide text is when written with a weight."""
    size, factor = SIZES[weight]
    return width(text, size * factor)


def write(
    x: float,
    y: float,
    text: str,
    weight: Weight,
    room: float,
    *,
    ink: str = "ink",
    after: str = "",
    turn: float = 0,
) -> svg.Text:
    """Write one line of text, cut to its room (all of it shows as a tip), and something small after it."""
    size, factor = SIZES[weight]
    shown = fit(text, size * factor, room)
    parts: list[svg.Element] = [tip(text)] if shown != text else []
    parts.append(svg.TSpan(text=svg.escape(isolated(shown))))
    if after:
        parts.append(svg.TSpan(text=svg.escape(isolated(after)), dx=AFTER, class_=["small", "fill-muted"]))
    turned: list[svg.Transform] | None = [svg.Rotate(turn, _short(x), _short(y))] if turn else None
    return svg.Text(x=_short(x), y=_short(y), class_=[weight, f"fill-{ink}"], transform=turned, elements=parts)


def tip(text: str) -> svg.Title:
    """Give text that shows when the pointer rests on what it is about."""
    return svg.Title(text="\n".join(svg.escape(plain(line)) for line in text.split("\n")))


def group(parts: Iterable[svg.Element], about: str = "") -> svg.G:
    """Put parts together, under one tip."""
    return svg.G(elements=[*([tip(about)] if about else []), *parts])


def box(x: float, y: float, wide: float, high: float, classes: Iterable[str], *, radius: float = 0) -> svg.Rect:
    """Draw a rectangle."""
    return svg.Rect(
        x=_short(x),
        y=_short(y),
        width=_short(wide),
        height=_short(high),
        rx=radius or None,
        class_=list(classes),
    )


def rule(x1: float, y1: float, x2: float, y2: float, classes: Iterable[str]) -> svg.Line:
    """Draw a straight line."""
    return svg.Line(x1=_short(x1), y1=_short(y1), x2=_short(x2), y2=_short(y2), class_=list(classes))


def curve(x1: float, y1: float, x2: float, y2: float, classes: Iterable[str]) -> svg.Path:
    """Draw a line that leaves and arrives level."""
    middle = _short((x1 + x2) / 2)
    data: list[svg.PathData] = [
        svg.M(_short(x1), _short(y1)),
        svg.C(middle, _short(y1), middle, _short(y2), _short(x2), _short(y2)),
    ]
    return svg.Path(d=data, class_=list(classes))


def mark(x: float, y: float, kind: Kind) -> svg.Element:
    """Draw how far an access goes, as a shape and a colour: either alone is enough to tell."""
    x, y = _short(x), _short(y)
    if kind == "sharing":
        return svg.Rect(x=x - MARK, y=y - MARK, width=2 * MARK, height=2 * MARK, rx=1, class_=["fill-sharing"])
    if kind == "send":
        return svg.Circle(cx=x, cy=y, r=MARK, class_=["fill-send"])
    if kind == "read":
        return svg.Circle(cx=x, cy=y, r=MARK - 1, class_=["hollow", "line-read"])
    return cross(x, y)


def cross(x: float, y: float) -> svg.Path:
    """Draw the mark of what opens nothing now."""
    arm = MARK - 0.5
    data: list[svg.PathData] = [
        svg.M(x - arm, y - arm),
        svg.L(x + arm, y + arm),
        svg.M(x - arm, y + arm),
        svg.L(x + arm, y - arm),
    ]
    return svg.Path(d=data, class_=["mark", "line-blocked"])


def badge(right: float, y: float, text: str) -> tuple[list[svg.Element], float]:
    """Draw a word that warns, in a frame that ends at `right`; give it and how wide it is."""
    shown = fit(text, SIZES["small"][0], BADGE)
    wide = measure(shown, "small") + 14
    frame = box(right - wide, y - 12, wide, 17, ("frame", "line-blocked"), radius=8)
    return [frame, write(right - wide + 7, y, shown, "small", wide, ink="blocked")], wide


def _short(number: float) -> float:
    """Round to a tenth of a pixel, which is exact enough."""
    return round(number, 1)
