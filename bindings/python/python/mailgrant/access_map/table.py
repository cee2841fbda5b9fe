"""The drawing of a large map: a table with one row a mailbox, in short blocks.

Lines between hundreds of things are a hairball, and a matrix of them is almost empty and far from its
headings. Here each mailbox names its people and devices; only those people who reach much of a block have a
column in it, so that teams show as streaks. Rows stand in alphabetical order: they are found, and two dates
can be compared.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from .flow import LINE, Item, flow
from .index import about, kind, label
from .pen import badge, group, mark, measure, rule, write
from .words import words

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    import svg

    from .index import Bunch, Index
    from .model import MapEdge, MapNode

LEFT, RIGHT = 32.0, 1248.0
MAILBOX = 280.0
PEOPLE = LEFT + MAILBOX + 18
DEVICES = 804.0
BETWEEN = 24.0
ROWS_A_BLOCK = 24
COLUMN = 18.0
MOST_COLUMNS = 12
HEADING = 150.0
PADDING = 5.0
BADGE_GAP = 8.0
# How many lines of names a row shows before it says how many more there are.
MOST_LINES = 5
URGENCY = ("blocked", "sharing", "send", "read")


@dataclass(frozen=True, slots=True)
class Columns:
    """Who has a column of their own in a block."""

    bunches: Sequence[Bunch]

    @property
    def right(self) -> float:
        """Where they end and the names begin."""
        return PEOPLE + COLUMN * len(self.bunches) + (10 if self.bunches else 0)

    @property
    def people(self) -> set[str]:
        """The ids of everybody in them."""
        return {person.id for bunch in self.bunches for person in bunch.people}

    @staticmethod
    def x(place: int) -> float:
        """Say where the middle of a column is."""
        return PEOPLE + COLUMN * (place + 0.5)


def draw(index: Index, top: float) -> tuple[list[svg.Element], float]:
    """Draw all blocks from `top` on; give them and where they end."""
    parts: list[svg.Element] = []
    for start in range(0, len(index.mailboxes), ROWS_A_BLOCK):
        block, bottom = _block(index, index.mailboxes[start : start + ROWS_A_BLOCK], top)
        parts += block
        top = bottom + BETWEEN
    return parts, top


def _block(index: Index, mailboxes: Sequence[MapNode], top: float) -> tuple[list[svg.Element], float]:
    columns = _columns(index, mailboxes)
    parts, start = _headings(index, columns, top)
    y = start
    for mailbox in mailboxes:
        row, high = _row(index, mailbox, columns, y)
        parts += row
        y += high
        parts.append(rule(LEFT, y, RIGHT, y, ("rule", "line-hair")))
    guides = (columns.x(place) for place in range(len(columns.bunches)))
    return [*(rule(x, start, x, y, ("rule", "line-hair")) for x in guides), *parts], y


def _columns(index: Index, mailboxes: Sequence[MapNode]) -> Columns:
    """Choose who gets a column: those who reach a sixth of the block, and three mailboxes at least."""
    enough = max(3, len(mailboxes) / 6)
    bunches = [bunch for bunch in index.bunches(mailboxes) if len(bunch.grants) >= enough]
    bunches.sort(key=lambda bunch: (-len(bunch.grants), -len(bunch.people), bunch.names))
    return Columns(bunches[:MOST_COLUMNS])


def _headings(index: Index, columns: Columns, top: float) -> tuple[list[svg.Element], float]:
    texts = [_heading(bunch) for bunch in columns.bunches]
    longest = max((min(measure(text, "small"), HEADING) for text in texts), default=0)
    # At half a right angle.
    base = top + longest * 0.71 + 12
    parts: list[svg.Element] = [
        write(LEFT, base, index.at_domain("Mailbox"), "small", MAILBOX, ink="muted"),
        write(DEVICES, base, "Devices", "small", RIGHT - DEVICES, ink="muted"),
        rule(LEFT, base + 8, RIGHT, base + 8, ("rule", "line-muted")),
    ]
    if not texts:
        parts.append(write(PEOPLE, base, "People", "small", DEVICES - PEOPLE, ink="muted"))
    for place, (text, bunch) in enumerate(zip(texts, columns.bunches, strict=True)):
        heading = write(columns.x(place) + 3, base + 2, text, "small", HEADING, turn=-45)
        parts.append(group([heading], bunch.who))
    return parts, base + 8


def _heading(bunch: Bunch) -> str:
    return bunch.names if len(bunch.people) == 1 else f"{len(bunch.people)}: {bunch.names}"


def _row(index: Index, mailbox: MapNode, columns: Columns, top: float) -> tuple[list[svg.Element], float]:
    y = top + PADDING + 13
    others = [each for each in index.grants_by_mailbox[mailbox.id] if each.source not in columns.people]
    people, people_lines = flow(_people(index, others), columns.right, y, DEVICES - BETWEEN, MOST_LINES)
    devices, device_lines = flow(_devices(index, mailbox), DEVICES, y, RIGHT, MOST_LINES)
    cells = [
        group([mark(columns.x(place), y - 4, kind(grant))], f"{bunch.who}\n{index.about(grant)}")
        for place, bunch in enumerate(columns.bunches)
        for grant in bunch.grants
        if grant.target == mailbox.id
    ]
    address, address_lines = _mailbox(index, mailbox, y)
    high = max(address_lines, people_lines, device_lines) * LINE + 2 * PADDING
    return [address, *cells, *people, *devices], high


def _mailbox(index: Index, mailbox: MapNode, y: float) -> tuple[svg.Element, int]:
    """Write an address, over two lines where it is long, and what is wrong with it; count the lines."""
    room = MAILBOX - BADGE_GAP
    names = _broken(index.short(mailbox), room)
    lines = len(names)
    parts: list[svg.Element] = [write(LEFT, y + LINE * place, name, "strong", room) for place, name in enumerate(names)]
    wrong = index.trouble(mailbox)
    if wrong:
        warning, taken = badge(LEFT + MAILBOX, y, words(wrong))
        if measure(names[0], "strong") + taken > room:
            lines += 1
            warning, _ = badge(LEFT + MAILBOX, y + LINE * (lines - 1), words(wrong))
        parts += warning
    return group(parts, about(mailbox)), lines


def _broken(name: str, room: float) -> list[str]:
    """Break a name that is too long in two, after the last sign between words that there is room for."""
    kept = len(name)
    while kept > 1 and measure(name[:kept], "strong") > room:
        kept = max(name.rfind(sign, 0, kept - 1) for sign in "-._@") + 1
    return [name[:kept], name[kept:]] if 1 < kept < len(name) else [name]


def _people(index: Index, grants: Iterable[MapEdge]) -> list[Item]:
    """Name people, those who do not get in first, and how many mailboxes each reaches if more than one."""
    items = []
    for grant in sorted(grants, key=lambda grant: _urgency(index, grant)):
        reached = len(index.grants_by_person[grant.source])
        after = str(reached) if reached > 1 else ""
        items.append(Item(label(index.nodes[grant.source]), kind(grant), after, index.about(grant)))
    return items


def _devices(index: Index, mailbox: MapNode) -> list[Item]:
    """Name devices, those that do not get in first, and who holds each."""
    items = []
    for edge in sorted(index.passwords_by_mailbox[mailbox.id], key=lambda edge: _urgency(index, edge)):
        device = index.nodes[edge.source]
        after = "legacy password" if edge.through == "legacy_password" else index.holder(device) or "nobody's"
        items.append(Item(label(device), kind(edge), after, index.about(edge)))
    return items


def _urgency(index: Index, edge: MapEdge) -> tuple[int, str, str]:
    return (URGENCY.index(kind(edge)), label(index.nodes[edge.source]).casefold(), edge.source)
