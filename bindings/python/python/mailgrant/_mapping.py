"""The access map of an organisation, from what the directory answers."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mailgrant._native import OrganisationId
from mailgrant.access_map import AccessMap, MapEdge, MapNode
from mailgrant.types import Access, AccessSubject, Actor, Person, ReachingDevice, Through, UserState

if TYPE_CHECKING:
    from mailgrant.directory import Directory

ROWS = 1_000
"""How many rows are asked for at a time."""


def access_map(directory: Directory, organisation: OrganisationId, by: Actor) -> AccessMap:
    """Everyone and everything that reaches a mailbox, a thousand rows a question."""
    of = directory.organisation(organisation, by=by)
    nodes = {}
    for mailbox in directory.mailboxes(organisation, by=by, limit=ROWS):
        state = None if mailbox.state == "open" else mailbox.state.value
        nodes[str(mailbox.id)] = MapNode(str(mailbox.id), "mailbox", mailbox.address, mailbox.name, state)
    edges = []
    holders = []
    for row in directory.review(organisation, by=by, limit=ROWS):
        if not isinstance(row.subject, AccessSubject):
            continue
        access, mailbox_id = row.subject.access, str(row.subject.mailbox)
        node = _node(access)
        nodes.setdefault(node.id, node)
        edges.append(_edge(node.id, mailbox_id, access))
        if isinstance(access.who, ReachingDevice) and access.who.holder is not None:
            holders.append((str(access.who.holder), node.id))
    # A device whose holder has lost the grant is there, and its holder perhaps not.
    edges += [MapEdge(holder, device, "holds") for holder, device in holders if holder in nodes]
    return AccessMap(of.name, directory.now, tuple(nodes.values()), tuple(edges))


def _node(access: Access) -> MapNode:
    who = access.who
    if isinstance(who, Person):
        state = None if who.state is UserState.ACTIVE else who.state.value
        return MapNode(str(who.id), "person", who.name, who.login.address, state)
    protocols = ", ".join(sorted(protocol.value for protocol in who.protocols))
    detail = protocols if who.handed_to is None else f"{protocols}; {who.handed_to}"
    return MapNode(str(who.id), "device", who.label, detail)


def _edge(source: str, mailbox: str, access: Access) -> MapEdge:
    through = access.through.value
    last_used = None if access.last_used is None else access.last_used.at
    reads = () if access.through is not Through.GRANT and not _reads(access) else ("read",)
    rights = frozenset([*reads, *(right.value for right in access.rights)])
    return MapEdge(source, mailbox, through, rights, access.since, access.until, last_used, access.blocked)  # type: ignore[arg-type]


def _reads(access: Access) -> bool:
    """Whether a device may read: by any protocol but the one that only sends."""
    return isinstance(access.who, ReachingDevice) and any(protocol != "smtp" for protocol in access.who.protocols)
