"""The map itself: nodes, edges, and the ways out of it."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

from . import dot, graph, mermaid
from .words import in_order

if TYPE_CHECKING:
    from datetime import datetime

    import networkx

NodeKind: TypeAlias = Literal["person", "mailbox", "device"]
EdgeThrough: TypeAlias = Literal["grant", "device_password", "legacy_password", "holds"]

# What each kind of edge leads from and to.
ENDS: dict[str, tuple[NodeKind, NodeKind]] = {
    "grant": ("person", "mailbox"),
    "device_password": ("device", "mailbox"),
    "legacy_password": ("device", "mailbox"),
    "holds": ("person", "device"),
}


@dataclass(frozen=True, slots=True)
class MapNode:
    """A person, a mailbox or a device.

    Attributes:
        id: Its id, such as `usr_…`, `mbx_…` or `dev_…`.
        kind: Which of the three it is.
        label: The person's name, the mailbox's address, the device's label.
        detail: The person's login, the mailbox's display name, the device's protocols or who has it in words.
        state: `None` when all is well, else a word such as `suspended` or `closed`.
    """

    id: str
    kind: NodeKind
    label: str
    detail: str | None = None
    state: str | None = None


@dataclass(frozen=True, slots=True)
class MapEdge:
    """One way from a person or a device to a mailbox, or from a person to a device they hold.

    Attributes:
        source: The id of the node it leads from.
        target: The id of the node it leads to.
        through: `grant` (person to mailbox), `device_password` or `legacy_password` (device to mailbox), or
            `holds` (person to device).
        rights: What it gives, in words such as `read` and `send`.
        since: Since when, where known.
        until: Until when, where it ends.
        last_used: When it was last used, where known.
        blocked: Why it opens nothing now, such as `user_suspended`; `None` where it works.
    """

    source: str
    target: str
    through: EdgeThrough
    rights: frozenset[str] = frozenset()
    since: datetime | None = None
    until: datetime | None = None
    last_used: datetime | None = None
    blocked: str | None = None


@dataclass(frozen=True, slots=True, repr=False)
class AccessMap:
    """Who reaches which mailbox of an organisation at one instant, and through what.

    Nodes and edges are kept in one order, whatever order they came in: maps of the same state are equal and
    give the same bytes in every format, so that two dates can be compared.

    Attributes:
        title: What the map is of: the organisation's name.
        at: The instant it shows.
        nodes: The people, mailboxes and devices.
        edges: What leads from one to the other.

    Raises:
        ValueError: Where two nodes have one id, or an edge leads from or to what it cannot.
    """

    title: str
    at: datetime
    nodes: tuple[MapNode, ...] = ()
    edges: tuple[MapEdge, ...] = ()

    def __post_init__(self) -> None:
        """Bring nodes and edges into their order and refuse what does not fit together."""
        object.__setattr__(self, "nodes", tuple(sorted(self.nodes, key=_node_order)))
        object.__setattr__(self, "edges", tuple(sorted(self.edges, key=_edge_order)))
        _check(self)

    def to_svg(self) -> str:
        """Draw the map as an SVG document; a small one with lines, a large one as a table of mailboxes."""
        # svg.py takes longer to import than all the rest of mailgrant.
        from .picture import draw  # noqa: PLC0415

        return draw(self)

    def _repr_svg_(self) -> str:
        return self.to_svg()

    def to_mermaid(self) -> str:
        """Write the map as a Mermaid flowchart, one node a thing and one link an edge.

        Mermaid's own limits are 500 links and 50,000 characters (`maxEdges`, `maxTextSize`); a site that
        shows larger maps has to raise them.
        """
        return mermaid.write(self)

    def to_dot(self) -> str:
        """Write the map in DOT, the language of Graphviz."""
        return dot.write(self)

    def to_networkx(self) -> networkx.MultiDiGraph[str]:
        """Give the map as a networkx graph: ids as nodes, `through` as edge keys, the rest as attributes.

        Raises:
            ImportError: Where networkx is not installed.
        """
        return graph.build(self)

    def to_dict(self) -> dict[str, Any]:
        """Give the map in plain values that JSON knows: instants in ISO 8601, rights as lists."""
        return {
            "title": self.title,
            "at": self.at.isoformat(),
            "nodes": [asdict(node) for node in self.nodes],
            "edges": [_edge_dict(edge) for edge in self.edges],
        }

    def to_json(self) -> str:
        """Write `to_dict` as indented JSON."""
        return json.dumps(self.to_dict(), indent=2, ensure_ascii=False)

    def __repr__(self) -> str:
        """Say how much there is, not all of it."""
        kinds = [node.kind for node in self.nodes]
        return (
            f"AccessMap({self.title!r}, {self.at.isoformat()}: {kinds.count('person')} people, "
            f"{kinds.count('mailbox')} mailboxes, {kinds.count('device')} devices, {len(self.edges)} edges)"
        )


def _node_order(node: MapNode) -> tuple[str, ...]:
    return (node.kind, node.label.casefold(), node.label, node.id)


def _edge_order(edge: MapEdge) -> tuple[str, ...]:
    times = (_iso(edge.since), _iso(edge.until), _iso(edge.last_used))
    return (
        edge.source,
        edge.target,
        edge.through,
        *(time or "" for time in times),
        edge.blocked or "",
        *sorted(edge.rights),
    )


def _edge_dict(edge: MapEdge) -> dict[str, Any]:
    return {
        "source": edge.source,
        "target": edge.target,
        "through": str(edge.through),
        "rights": in_order(edge.rights),
        "since": _iso(edge.since),
        "until": _iso(edge.until),
        "last_used": _iso(edge.last_used),
        "blocked": edge.blocked,
    }


def _iso(time: datetime | None) -> str | None:
    return time.isoformat() if time else None


def _check(access: AccessMap) -> None:
    kinds = {node.id: node.kind for node in access.nodes}
    if len(kinds) < len(access.nodes):
        raise ValueError("two nodes have the same id")
    for edge in access.edges:
        found = (kinds.get(edge.source), kinds.get(edge.target))
        if found != ENDS[edge.through]:
            expected = " to ".join(ENDS[edge.through])
            raise ValueError(f"{edge.through} leads from {expected}, not {edge.source!r} to {edge.target!r}")
