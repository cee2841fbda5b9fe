"""What on a map is worth a look: what opens nothing, belongs to nobody or leads nowhere."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING

from .index import label
from .words import isolated, words

if TYPE_CHECKING:
    from collections.abc import Sequence

    from .index import Index
    from .model import MapEdge


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing worth a look, how often it was found, and where."""

    heading: str
    count: int
    where: tuple[str, ...]
    alarming: bool


def findings(index: Index) -> list[Finding]:
    """List what is worth a look, the gravest first."""
    unreached = [mailbox for mailbox in index.mailboxes if not mailbox.state and not index.opens(mailbox)]
    legacy = [edge for edge in index.passwords if edge.through == "legacy_password"]
    loose = [edge for edge in index.passwords if not index.holders[edge.source] and edge not in legacy]
    stray = [device for device in index.devices if not index.passwords_by_device[device.id]]
    idle = [person for person in index.people if not index.grants_by_person[person.id]]
    found = [
        *_blocked(index),
        *_states(index),
        _at("Legacy password", [_way(index, edge) for edge in legacy], alarming=True),
        _at("Nobody gets in", [index.short(mailbox) for mailbox in unreached], alarming=True),
        _at("Device that nobody holds", [_way(index, edge) for edge in loose], alarming=False),
        _at("Device that opens nothing", [label(device) for device in stray], alarming=False),
        _at("Person without a mailbox", [label(person) for person in idle], alarming=False),
    ]
    return [finding for finding in found if finding.count]


def _at(heading: str, where: Sequence[str], *, alarming: bool) -> Finding:
    return Finding(heading, len(where), tuple(where), alarming)


def _way(index: Index, edge: MapEdge) -> str:
    source, target = (isolated(index.short(index.nodes[end])) for end in (edge.source, edge.target))
    return f"{source} → {target}"


def _summed(index: Index, heading: str, edges: Sequence[MapEdge]) -> Finding:
    """Say where, by whose ways they are or by what they lead into: whichever is shorter."""
    owners: dict[str, list[MapEdge]] = defaultdict(list)
    targets: dict[str, list[MapEdge]] = defaultdict(list)
    for edge in edges:
        holders = index.holders[edge.source]
        owners[holders[0].source if holders else edge.source].append(edge)
        targets[edge.target].append(edge)
    shorter, joint = (owners, "of") if len(owners) <= len(targets) else (targets, "into")
    where = [
        _way(index, ways[0]) if len(ways) == 1 else f"{len(ways)} ways {joint} {index.short(index.nodes[end])}"
        for end, ways in sorted(shorter.items(), key=lambda item: (-len(item[1]), item[0]))
    ]
    return Finding(heading, len(edges), tuple(where), alarming=True)


def _blocked(index: Index) -> list[Finding]:
    reasons: dict[str, list[MapEdge]] = defaultdict(list)
    for edge in index.ways:
        if edge.blocked:
            reasons[edge.blocked].append(edge)
    return [_summed(index, words(reason).capitalize(), edges) for reason, edges in sorted(reasons.items())]


def _states(index: Index) -> list[Finding]:
    # Where a state stops something, the blocked way says so already.
    told = {end for edge in index.ways if edge.blocked for end in (edge.source, edge.target)}
    states: dict[str, list[str]] = defaultdict(list)
    for node in index.nodes.values():
        if node.state and node.id not in told:
            states[f"{node.kind} {words(node.state)}".capitalize()].append(index.short(node))
    return [_at(heading, where, alarming=True) for heading, where in sorted(states.items())]
