"""The drawing of a small map: people, mailboxes and devices in three columns, with lines between them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from .index import about, kind, label
from .layout import DEVICES, LINE, MAILBOXES, PADDING, PEOPLE, lay_out, name_lines
from .ordering import arrange
from .pen import badge, box, curve, group, mark, write
from .words import plain, words

if TYPE_CHECKING:
    from collections.abc import Sequence

    import svg

    from .index import Bunch, Index
    from .layout import Column, Layout, Place, Slot
    from .model import MapEdge, MapNode

# Above these, eyes lose the lines.
MOST_MAILBOXES = 24
MOST_DEVICES = 40
MOST_LINES = 70
MOST_CROSSINGS_A_LINE = 3


@dataclass(frozen=True, slots=True)
class Plan:
    """People and mailboxes in the order of their columns."""

    bunches: tuple[Bunch, ...]
    mailboxes: tuple[MapNode, ...]


def plan(index: Index) -> Plan | None:
    """Order people and mailboxes so that lines cross little; `None` where they could not be followed."""
    if len(index.mailboxes) > MOST_MAILBOXES or len(index.passwords) > MOST_DEVICES:
        return None
    bunches = sorted(index.bunches(index.mailboxes), key=lambda bunch: (-len(bunch.grants), bunch.names))
    places = {mailbox.id: place for place, mailbox in enumerate(index.mailboxes)}
    lines = [(one, places[grant.target]) for one, bunch in enumerate(bunches) for grant in bunch.grants]
    if len(lines) > MOST_LINES:
        return None
    lefts, rights, crossings = arrange(len(bunches), len(places), lines)
    if crossings > MOST_CROSSINGS_A_LINE * len(lines):
        return None
    return Plan(tuple(bunches[one] for one in lefts), tuple(index.mailboxes[one] for one in rights))


def draw(index: Index, plan: Plan, top: float) -> tuple[list[svg.Element], float]:
    """Draw the three columns from `top` on; give them and where they end."""
    layout = lay_out(index, plan.bunches, plan.mailboxes, top + 14)
    columns = (("People", PEOPLE), (index.at_domain("Mailboxes"), MAILBOXES), ("Devices", DEVICES))
    return [
        *(write(column.x, top, heading, "small", column.wide, ink="muted") for heading, column in columns),
        *_lines(index, plan, layout),
        *(_person(bunch, slot) for bunch, slot in zip(plan.bunches, layout.people, strict=True)),
        *(_mailbox(index, place) for place in layout.places),
        *(_device(index, edge, slot) for place in layout.places for edge, slot in place.devices),
    ], max(layout.bottom, top + 14)


def _lines(index: Index, plan: Plan, layout: Layout) -> list[svg.Element]:
    """Draw the ways into the mailboxes."""
    drawn: list[svg.Element] = []
    leaving = [0] * len(plan.bunches)
    for place in layout.places:
        for port, (person, grant) in enumerate(place.grants):
            bunch = plan.bunches[person]
            # Mailboxes come from top to bottom, and so do the lines that leave for them.
            start = layout.people[person].port(leaving[person], len(bunch.grants))
            leaving[person] += 1
            end = place.slot.port(port, len(place.grants))
            line = _line(grant, (PEOPLE.right, start), (MAILBOXES.x - 6, end))
            drawn.append(group(line, f"{bunch.who}\n{index.about(grant)}"))
        for port, (edge, slot) in enumerate(place.devices):
            end = place.slot.port(port, len(place.devices))
            line = _line(edge, (DEVICES.x, slot.middle), (MAILBOXES.right + 6, end))
            drawn.append(group(line, index.about(edge)))
    return drawn


def _line(edge: MapEdge, start: tuple[float, float], end: tuple[float, float]) -> list[svg.Element]:
    legacy = ["legacy"] if edge.through == "legacy_password" else []
    return [curve(*start, *end, ["way", f"line-{kind(edge)}", *legacy]), mark(*end, kind(edge))]


@dataclass(frozen=True, slots=True)
class Card:
    """What a card says: its name in bold, lines below it, what is wrong if anything, and a tip."""

    name: str
    lines: Sequence[str]
    tip: str
    wrong: str | None
    held: bool = True


def _person(bunch: Bunch, slot: Slot) -> svg.Element:
    person = bunch.people[0]
    if len(bunch.people) > 1:
        return _card(PEOPLE, slot, Card(bunch.name, name_lines(bunch), bunch.who, person.state))
    return _card(PEOPLE, slot, Card(label(person), [plain(person.detail or "")], about(person), person.state))


def _mailbox(index: Index, place: Place) -> svg.Element:
    mailbox = place.mailbox
    details = [plain(mailbox.detail or "")]
    return _card(MAILBOXES, place.slot, Card(index.short(mailbox), details, about(mailbox), index.trouble(mailbox)))


def _device(index: Index, edge: MapEdge, slot: Slot) -> svg.Element:
    device = index.nodes[edge.source]
    holder = index.holder(device)
    details = [holder or "nobody holds it", plain(device.detail or "")]
    line = ", ".join(detail for detail in details if detail)
    wrong = device.state or edge.blocked
    return _card(DEVICES, slot, Card(label(device), [line], index.about(edge), wrong, held=bool(holder)))


def _card(column: Column, slot: Slot, card: Card) -> svg.Element:
    x, room = column.x + PADDING, column.wide - 2 * PADDING
    lines = [line for line in card.lines if line]
    y = slot.middle - max(len(lines), bool(card.wrong)) * LINE / 2 + 4
    warning, taken = badge(column.right - PADDING, y + LINE, words(card.wrong)) if card.wrong else ([], 0)
    parts: list[svg.Element] = [
        box(column.x, slot.top, column.wide, slot.high, _frame(card), radius=6),
        write(x, y, card.name, "strong", room),
    ]
    for place, line in enumerate(lines, start=1):
        beside = taken + 8 if taken and place == 1 else 0
        parts.append(write(x, y + LINE * place, line, "small", room - beside, ink="muted"))
    return group([*parts, *warning], card.tip)


def _frame(card: Card) -> list[str]:
    if card.wrong:
        return ["frame", "fill-card", "odd", "line-blocked"]
    return ["frame", "fill-card", "line-hair"] if card.held else ["frame", "fill-card", "odd", "line-muted"]
