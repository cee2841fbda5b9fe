"""A picture of who reaches which mailbox, and through what.

An `AccessMap` holds the people, mailboxes and devices of one organisation at one instant, and what leads
from one to the other. It draws itself (`to_svg`, and in Jupyter by itself) and goes to other tools as
Mermaid, DOT, networkx or JSON.

    from datetime import UTC, datetime
    from mailgrant.access_map import AccessMap, MapEdge, MapNode

    ada = MapNode("usr_1", "person", "Ada Lind", detail="ada@home.example")
    contact = MapNode("mbx_1", "mailbox", "contact@bakery.example")
    grant = MapEdge("usr_1", "mbx_1", "grant", rights=frozenset({"read", "send"}))
    bakery = AccessMap("Bakery", datetime(2026, 3, 3, tzinfo=UTC), nodes=(ada, contact), edges=(grant,))
    picture = bakery.to_svg()
"""

from .model import AccessMap, MapEdge, MapNode

__all__ = ["AccessMap", "MapEdge", "MapNode"]
