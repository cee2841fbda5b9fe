"""Where the cards of a small map stand: people, mailboxes and devices in three columns."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from .index import label
from .ordering import settle
from .pen import measure

if TYPE_CHECKING:
    from collections.abc import Sequence

    from .index import Bunch, Index
    from .model import MapEdge, MapNode

CARD = 44.0
GAP = 14.0
DEVICE_GAP = 6.0
# How far apart lines arrive at a card, where it has room: marks must not touch.
PORT = 11.0
PADDING = 12.0
LINE = 16.0
# How many lines of names one card shows before it says how many more there are.
MOST_NAME_LINES = 5


@dataclass(frozen=True, slots=True)
class Column:
    """Where a column stands."""

    x: float
    wide: float

    @property
    def right(self) -> float:
        """Where it ends."""
        return self.x + self.wide


PEOPLE = Column(32, 250)
MAILBOXES = Column(462, 290)
DEVICES = Column(852, 270)


@dataclass(frozen=True, slots=True)
class Slot:
    """The height that a card takes in its column."""

    top: float
    high: float

    @property
    def middle(self) -> float:
        """Half-way down."""
        return self.top + self.high / 2

    @property
    def bottom(self) -> float:
        """Where it ends."""
        return self.top + self.high

    def port(self, place: int, ports: int) -> float:
        """Say how far down the one of several lines arrives."""
        step = min(PORT, (self.high - PADDING) / ports)
        return self.middle + (place - (ports - 1) / 2) * step

    def centred(self, high: float) -> Slot:
        """Give the slot of this height in the middle of this one."""
        return Slot(self.middle - high / 2, high)


@dataclass(frozen=True, slots=True)
class Place:
    """A mailbox in its slot, its grants from the top with the places of their people, and its devices."""

    mailbox: MapNode
    slot: Slot
    grants: tuple[tuple[int, MapEdge], ...]
    devices: tuple[tuple[MapEdge, Slot], ...]
    bottom: float


@dataclass(frozen=True, slots=True)
class Layout:
    """The slots of the people, in order, and the places of the mailboxes."""

    people: tuple[Slot, ...]
    places: tuple[Place, ...]

    @property
    def bottom(self) -> float:
        """Where the drawing ends."""
        return max([*(slot.bottom for slot in self.people), *(place.bottom for place in self.places)], default=0)


def lay_out(index: Index, bunches: Sequence[Bunch], mailboxes: Sequence[MapNode], top: float) -> Layout:
    """Stack the mailboxes, each as high as its lines and devices need; set people beside what they reach."""
    people = [_bunch_height(bunch) for bunch in bunches]
    grants = {mailbox.id: _grants(bunches, mailbox) for mailbox in mailboxes}
    heights = [max(_card_height(grants[each.id]), _stack_height(index, each)) for each in mailboxes]
    # People who need more height than the mailboxes push these apart.
    spare = sum(people) + GAP * len(people) - sum(heights) - GAP * len(heights)
    share = max(spare, 0) / max(len(heights), 1)
    places = []
    y = top
    for mailbox, high in zip(mailboxes, heights, strict=True):
        places.append(_place(index, mailbox, grants[mailbox.id], Slot(y, high + share)))
        y += high + share + GAP
    tops = settle([wanted - top for wanted in _wanted(len(bunches), places)], people, GAP)
    return Layout(tuple(Slot(top + y, high) for y, high in zip(tops, people, strict=True)), tuple(places))


def name_lines(bunch: Bunch) -> list[str]:
    """Lay the names of several people out in lines, and count those for whom there is no room."""
    lines = [label(bunch.people[0])]
    for place, person in enumerate(bunch.people[1:], start=1):
        longer = f"{lines[-1]}, {label(person)}"
        if measure(longer, "small") <= PEOPLE.wide - 2 * PADDING:
            lines[-1] = longer
        elif len(lines) < MOST_NAME_LINES:
            lines.append(label(person))
        else:
            return [*lines, f"and {len(bunch.people) - place} more"]
    return lines


def _place(index: Index, mailbox: MapNode, grants: list[tuple[int, MapEdge]], block: Slot) -> Place:
    edges = index.passwords_by_mailbox[mailbox.id]
    top = block.centred(_stack_height(index, mailbox)).top
    devices = [(edge, Slot(top + place * (CARD + DEVICE_GAP), CARD)) for place, edge in enumerate(edges)]
    return Place(mailbox, block.centred(_card_height(grants)), tuple(grants), tuple(devices), block.bottom)


def _grants(bunches: Sequence[Bunch], mailbox: MapNode) -> list[tuple[int, MapEdge]]:
    return [
        (place, grant) for place, bunch in enumerate(bunches) for grant in bunch.grants if grant.target == mailbox.id
    ]


def _wanted(people: int, places: Sequence[Place]) -> list[float]:
    """Say where people would stand best: at the mean height of the far ends of their lines."""
    ends: list[list[float]] = [[] for _ in range(people)]
    for place in places:
        for port, (person, _) in enumerate(place.grants):
            ends[person].append(place.slot.port(port, len(place.grants)))
    return [sum(heights) / len(heights) for heights in ends]


def _bunch_height(bunch: Bunch) -> float:
    return CARD if len(bunch.people) == 1 else CARD + LINE * (len(name_lines(bunch)) - 1)


def _card_height(grants: Sequence[tuple[int, MapEdge]]) -> float:
    return max(CARD, PADDING + PORT * len(grants))


def _stack_height(index: Index, mailbox: MapNode) -> float:
    devices = len(index.passwords_by_mailbox[mailbox.id])
    return devices * CARD + max(devices - 1, 0) * DEVICE_GAP
