"""The map as a Mermaid flowchart (https://mermaid.js.org/syntax/flowchart.html)."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from .index import Index, kind, label
from .words import fit, moment, plain, rights_in_words, words

if TYPE_CHECKING:
    from .model import AccessMap, MapEdge, MapNode

SHAPES = {"person": ('(["', '"])'), "mailbox": ('["', '"]'), "device": ('[["', '"]]')}
COLOURS = {
    "sharing": "#7a3fc4",
    "send": "#1f6feb",
    "read": "#76828e",
    "holds": "#b4bcc4",
    "blocked": "#cf222e",
}
# How wide a line of a label may be, in ems.
WIDEST = 40
# What stays as it is: letters, digits, and what means nothing to Mermaid or Markdown where it stands.
HARMLESS = re.compile(r"[^\W_]|[ ,@]|[.\-](?=[^\W_])")


def write(access: AccessMap) -> str:
    """Write the whole map."""
    index = Index(access)
    # Names of our own: what Mermaid takes for a keyword depends on where it stands.
    names = {identity: f"n{place}" for place, identity in enumerate(index.nodes)}
    return "\n".join(
        [
            "flowchart LR",
            # A box around everything is the one place where Mermaid shows a title with any character in it.
            f'subgraph map["{_text(f"{plain(access.title)}, {moment(access.at)}")}"]',
            "direction LR",
            *(f"{names[node.id]}{_node(node)}" for node in access.nodes),
            *(f"{names[edge.source]} {_link(edge)} {names[edge.target]}" for edge in access.edges),
            "end",
            "style map fill:none,stroke:none",
            *(f"linkStyle {place} stroke:{_colour(edge)}" for place, edge in enumerate(access.edges)),
            f"classDef odd stroke:{COLOURS['blocked']},stroke-dasharray:4 3",
            "",
        ]
    )


def _node(node: MapNode) -> str:
    opening, closing = SHAPES[node.kind]
    odd = ":::odd" if node.state else ""
    parts = [label(node), plain(node.detail or ""), plain(node.state or "")]
    return f"{opening}{'<br/>'.join(_text(fit(part, 1, WIDEST)) for part in parts if part)}{closing}{odd}"


def _link(edge: MapEdge) -> str:
    if edge.blocked:
        return f'-. "{_text(fit(words(edge.blocked), 1, WIDEST))}" .->'
    if edge.through == "holds":
        return "---"
    passed = "legacy password: " if edge.through == "legacy_password" else ""
    return f'-- "{_text(passed + rights_in_words(edge.rights))}" -->'


def _colour(edge: MapEdge) -> str:
    return COLOURS["holds" if edge.through == "holds" else kind(edge)]


def _text(text: str) -> str:
    """Write each character that could mean something as its number, which Mermaid turns back when drawing."""
    return "".join(
        character if HARMLESS.match(text, place) else f"#{ord(character)};" for place, character in enumerate(text)
    )
