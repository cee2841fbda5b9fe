"""The whole picture: a heading and a legend, the drawing that suits the size, and what is worth a look."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

import svg

from . import lines, panels, table
from .index import Index
from .layout import DEVICES
from .pen import box
from .style import sheet
from .words import moment, plain

if TYPE_CHECKING:
    from .model import AccessMap

MARGIN = 28.0


def draw(access: AccessMap) -> str:
    """Draw the map: with lines as long as eyes can follow them, as a table beyond that."""
    index = Index(access)
    plan = lines.plan(index)
    right = DEVICES.right if plan else table.RIGHT
    parts, y = panels.heading(access, index, MARGIN, right)
    legend, y = panels.legend(y)
    parts += legend
    if plan:
        drawing, y = lines.draw(index, plan, y + 14)
        look, y = panels.look(index, y + 40, right)
    else:
        reachers, y = panels.reachers(index, y + 14, right)
        look, y = panels.look(index, y + 10, right)
        drawing, y = table.draw(index, y)
        parts += reachers
    parts += drawing + look
    return _document(access, index, parts, round(right + MARGIN), round(y + MARGIN))


def _document(access: AccessMap, index: Index, parts: list[svg.Element], wide: int, high: int) -> str:
    title = f"{plain(access.title)}: who reaches which mailbox, {moment(access.at)}"
    counts = panels.summary(index)
    # Several pictures may stand on one page: only those that say the same may have the same ids.
    name = "mg-" + hashlib.sha256(f"{title} {counts}".encode()).hexdigest()[:12]
    document = svg.SVG(
        width=wide,
        height=high,
        viewBox=svg.ViewBoxSpec(0, 0, wide, high),
        class_=["mg-map"],
        extra={"role": "img", "aria-labelledby": f"{name}-title {name}-counts"},
        elements=[
            svg.Title(id=f"{name}-title", text=svg.escape(title)),
            svg.Desc(id=f"{name}-counts", text=svg.escape(counts)),
            svg.Style(text=sheet()),
            box(0, 0, wide, high, ("fill-paper",)),
            *parts,
        ],
    )
    return str(document)
