"""The map by mailbox and by person, as every drawing needs it."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, TypeAlias

from .words import day, level, plain, rights_in_words, words

if TYPE_CHECKING:
    from collections.abc import Iterable

    from .model import AccessMap, MapEdge, MapNode

Kind: TypeAlias = Literal["blocked", "sharing", "send", "read"]

# From how many people on with exactly the same access one drawing of them is clearer than several.
ENOUGH_TO_MERGE = 3


@dataclass(frozen=True, slots=True)
class Bunch:
    """People with exactly the same access, mostly one person alone, and the grants of the first of them."""

    people: tuple[MapNode, ...]
    grants: tuple[MapEdge, ...]

    @property
    def name(self) -> str:
        """The one person's name, or how many they are."""
        return label(self.people[0]) if len(self.people) == 1 else f"{len(self.people)} people"

    @property
    def names(self) -> str:
        """Everybody's name."""
        return ", ".join(label(person) for person in self.people)

    @property
    def who(self) -> str:
        """Everybody's name, and how many they are where they are several."""
        return self.names if len(self.people) == 1 else f"{self.name}: {self.names}"


class Index:
    """The nodes of a map by id and kind, and its edges by what they lead to and from."""

    def __init__(self, access: AccessMap) -> None:
        """Look through all nodes and edges once."""
        self.nodes = {node.id: node for node in access.nodes}
        self.people = [node for node in access.nodes if node.kind == "person"]
        self.mailboxes = [node for node in access.nodes if node.kind == "mailbox"]
        self.devices = [node for node in access.nodes if node.kind == "device"]
        self.domain = _shared_domain(self.mailboxes)
        self.ways = [edge for edge in access.edges if edge.through != "holds"]
        self.grants = [edge for edge in self.ways if edge.through == "grant"]
        self.passwords = [edge for edge in self.ways if edge.through != "grant"]
        self.grants_by_person = _by((edge.source, edge) for edge in self.grants)
        self.grants_by_mailbox = _by((edge.target, edge) for edge in self.grants)
        self.passwords_by_device = _by((edge.source, edge) for edge in self.passwords)
        self.passwords_by_mailbox = _by((edge.target, edge) for edge in self._by_label(self.passwords))
        self.holders = _by((edge.target, edge) for edge in access.edges if edge.through == "holds")

    def at_domain(self, heading: str) -> str:
        """Add the domain to a heading where all mailboxes share it."""
        return f"{heading} at {self.domain}" if self.domain else heading

    def short(self, node: MapNode) -> str:
        """Name a node, an address such as `contact@` without the domain where that is the same for all."""
        name = label(node)
        return name.removesuffix(self.domain) if node.kind == "mailbox" else name

    def bunches(self, mailboxes: Iterable[MapNode]) -> list[Bunch]:
        """Put people together who reach these mailboxes in exactly the same way, where it is worth it."""
        wanted = {mailbox.id for mailbox in mailboxes}
        alike: dict[object, list[Bunch]] = defaultdict(list)
        for person in self.people:
            grants = tuple(edge for edge in self.grants_by_person[person.id] if edge.target in wanted)
            if grants:
                same = frozenset((edge.target, edge.rights, edge.blocked) for edge in grants)
                alike[person.state, same].append(Bunch((person,), grants))
        return [bunch for bunches in alike.values() for bunch in _merged(bunches)]

    def holder(self, device: MapNode) -> str | None:
        """Say who holds a device."""
        names = [label(self.nodes[edge.source]) for edge in self.holders[device.id]]
        return ", ".join(names) or None

    def opens(self, mailbox: MapNode) -> bool:
        """Say whether anybody or anything gets into a mailbox now."""
        ways = self.grants_by_mailbox[mailbox.id] + self.passwords_by_mailbox[mailbox.id]
        return any(not edge.blocked for edge in ways)

    def trouble(self, mailbox: MapNode) -> str | None:
        """Say in a word what is wrong with a mailbox, if anything is."""
        return mailbox.state or (None if self.opens(mailbox) else "nobody gets in")

    def about(self, edge: MapEdge) -> str:
        """Say everything about one way to a mailbox, a fact a line."""
        device = self.nodes[edge.source] if edge.through != "grant" else None
        facts = [
            f"{label(self.nodes[edge.source])} → {label(self.nodes[edge.target])}",
            f"{words(edge.through)}: {rights_in_words(edge.rights)}",
            plain(device.detail or "") if device else "",
            f"held by {self.holder(device) or 'nobody'}" if device else "",
            f"since {day(edge.since)}" if edge.since else "",
            f"until {day(edge.until)}" if edge.until else "",
            f"last used {day(edge.last_used)}" if edge.last_used else "",
            f"opens nothing now: {words(edge.blocked)}" if edge.blocked else "",
        ]
        return "\n".join(fact for fact in facts if fact)

    def _by_label(self, edges: list[MapEdge]) -> list[MapEdge]:
        places = {identity: place for place, identity in enumerate(self.nodes)}
        return sorted(edges, key=lambda edge: places[edge.source])


def label(node: MapNode) -> str:
    """Write what a node is called on one line."""
    return plain(node.label) or "unnamed"


def kind(edge: MapEdge) -> Kind:
    """Say how a way into a mailbox is drawn: by how far it goes, or as one that opens nothing."""
    if edge.blocked:
        return "blocked"
    # A program carries its holder's rights, but gives nobody access.
    return level(edge.rights if edge.through == "grant" else edge.rights - {"sharing"})


def about(node: MapNode) -> str:
    """Say everything about one node, a fact a line."""
    facts = (label(node), plain(node.detail or ""), plain(node.state or ""))
    return "\n".join(fact for fact in facts if fact)


def _shared_domain(mailboxes: list[MapNode]) -> str:
    parts = {label(mailbox).rpartition("@")[1:] for mailbox in mailboxes}
    at, domain = parts.pop() if len(parts) == 1 else ("", "")
    return domain if at else ""


def _by(pairs: Iterable[tuple[str, MapEdge]]) -> defaultdict[str, list[MapEdge]]:
    found: defaultdict[str, list[MapEdge]] = defaultdict(list)
    for key, edge in pairs:
        found[key].append(edge)
    return found


def _merged(bunches: list[Bunch]) -> list[Bunch]:
    if len(bunches) < ENOUGH_TO_MERGE:
        return bunches
    return [Bunch(tuple(bunch.people[0] for bunch in bunches), bunches[0].grants)]
