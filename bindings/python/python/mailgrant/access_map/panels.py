"""What stands around a drawing: its heading, the legend, who reaches the most, and what is worth a look."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from .findings import findings
from .flow import LINE, Item, flow
from .index import about, kind, label
from .pen import MARK, box, curve, group, mark, measure, write
from .words import count, moment, plain

if TYPE_CHECKING:
    import svg

    from .index import Index, Kind
    from .model import AccessMap, MapNode

LEFT = 32.0
NAMES = 250.0
MOST_LINES = 3
# How many of those who reach the most a large picture names, in how many columns.
MOST_REACHERS = 12
REACHER_COLUMNS = 3
BAR = 180.0
LEGEND: tuple[tuple[Kind, str], ...] = (
    ("read", "may read"),
    ("send", "may also send"),
    ("sharing", "may also give others access"),
    ("blocked", "opens nothing now"),
)


def heading(access: AccessMap, index: Index, top: float, right: float) -> tuple[list[svg.Element], float]:
    """Write the title, the instant and the counts."""
    return [
        write(LEFT, top + 20, plain(access.title) or "unnamed", "title", right - LEFT),
        write(
            LEFT,
            top + 42,
            f"Who reaches which mailbox, {moment(access.at)}",
            "usual",
            right - LEFT,
            ink="muted",
        ),
        write(LEFT, top + 62, summary(index), "usual", right - LEFT, ink="muted"),
    ], top + 84


def summary(index: Index) -> str:
    """Count what there is, in words."""
    blocked = sum(bool(edge.blocked) for edge in index.ways)
    counts = [
        count(len(index.mailboxes), "mailbox", "mailboxes"),
        count(len(index.people), "person", "people"),
        count(len(index.grants), "grant", "grants"),
        count(len(index.passwords), "device password", "device passwords"),
    ]
    return " · ".join(counts) + (f"; {count(blocked, 'opens', 'open')} nothing now" if blocked else "")


def legend(top: float) -> tuple[list[svg.Element], float]:
    """Show what marks and lines mean; the same on every picture."""
    parts: list[svg.Element] = []
    x = LEFT
    for shown, meaning in LEGEND:
        line = curve(x, top, x + 26, top, ("way", f"line-{shown}"))
        parts += [line, mark(x + 30, top, shown), write(x + 40, top + 4, meaning, "small", 300)]
        x += 40 + measure(meaning, "small") + 22
    parts += [
        curve(x, top, x + 34, top, ("way", "line-send", "legacy")),
        write(x + 40, top + 4, "legacy password", "small", 300),
    ]
    x += 40 + measure("legacy password", "small") + 22
    parts += [
        box(x, top - 7, 34, 14, ("frame", "odd", "line-muted"), radius=3),
        write(x + 40, top + 4, "nobody holds it", "small", 300),
    ]
    return parts, top + 30


def reachers(index: Index, top: float, right: float) -> tuple[list[svg.Element], float]:
    """Name those who reach the most mailboxes, each with a bar."""
    people = [person for person in index.people if len(index.grants_by_person[person.id]) > 1]
    people.sort(key=lambda person: -len(index.grants_by_person[person.id]))
    people = people[:MOST_REACHERS]
    if not people:
        return [], top
    most = len(index.grants_by_person[people[0].id])
    wide = (right - LEFT) / REACHER_COLUMNS
    rows = -(-len(people) // REACHER_COLUMNS)
    parts: list[svg.Element] = [write(LEFT, top, "Reach the most mailboxes", "strong", right - LEFT)]
    for place, person in enumerate(people):
        x, y = LEFT + wide * (place // rows), top + 22 + LINE * (place % rows)
        parts.append(_bar(index, person, x, y, wide=wide, scale=BAR / most))
    return parts, top + 22 + LINE * rows + 16


def look(index: Index, top: float, right: float) -> tuple[list[svg.Element], float]:
    """List what is worth a look."""
    found = findings(index)
    if not found:
        return [], top
    parts: list[svg.Element] = [write(LEFT, top, "Worth a look", "strong", right - LEFT)]
    y = top + 22
    for finding in found:
        items = [Item(where) for where in finding.where]
        names, lines = flow(items, LEFT + NAMES, y, right, MOST_LINES)
        parts += [
            mark(LEFT + MARK, y - 4, "blocked" if finding.alarming else "read"),
            write(LEFT + 14, y, finding.heading, "usual", NAMES - 70, after=f"{finding.count:,}"),
            *names,
        ]
        y += LINE * lines + 3
    return parts, y


def _bar(index: Index, person: MapNode, x: float, y: float, *, wide: float, scale: float) -> svg.Element:
    grants = index.grants_by_person[person.id]
    kinds = Counter(kind(grant) for grant in grants)
    room = wide - BAR - 60
    parts: list[svg.Element] = [write(x, y, label(person), "usual", room)]
    at = x + room + 8
    for drawn in ("sharing", "send", "read", "blocked"):
        if kinds[drawn]:
            parts.append(box(at, y - 9, kinds[drawn] * scale, 9, (f"fill-{drawn}",)))
            at += kinds[drawn] * scale
    parts.append(write(at + 6, y, f"{len(grants):,}", "small", 40, ink="muted"))
    return group(parts, about(person))
