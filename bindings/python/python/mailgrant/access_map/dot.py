"""The map in DOT (https://graphviz.org/doc/info/lang.html)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .index import Index, about, kind, label
from .words import fit, moment, plain

if TYPE_CHECKING:
    from .model import AccessMap, MapEdge, MapNode

COLOURS = {"sharing": "#7a3fc4", "send": "#1f6feb", "read": "#76828e", "blocked": "#cf222e"}
# How wide a label may be, in ems.
WIDEST = 40
SHAPES = {"person": "oval", "mailbox": "box", "device": "component"}


def write(access: AccessMap) -> str:
    """Write the whole map."""
    index = Index(access)
    title = f"{plain(access.title)}, {moment(access.at)}"
    return "\n".join(
        [
            "digraph access {",
            f"  graph [rankdir=LR, label={_quoted(title)}, labelloc=t, fontname=Helvetica];",
            "  node [fontname=Helvetica, fontsize=11];",
            *(f"  {_quoted(node.id)} [{_attributes(_node(node))}];" for node in access.nodes),
            *(
                f"  {_quoted(edge.source)} -> {_quoted(edge.target)} [{_attributes(_edge(index, edge))}];"
                for edge in access.edges
            ),
            "}",
            "",
        ]
    )


def _node(node: MapNode) -> dict[str, str]:
    attributes = {"label": fit(label(node), 1, WIDEST), "tooltip": about(node), "shape": SHAPES[node.kind]}
    return attributes | ({"color": COLOURS["blocked"], "style": "dashed"} if node.state else {})


def _edge(index: Index, edge: MapEdge) -> dict[str, str]:
    if edge.through == "holds":
        return {"tooltip": "holds", "color": "#b4bcc4", "arrowhead": "none"}
    attributes = {"tooltip": index.about(edge), "color": COLOURS[kind(edge)]}
    if edge.through == "legacy_password":
        attributes["style"] = "bold"
    return attributes | ({"style": "dashed"} if edge.blocked else {})


def _attributes(attributes: dict[str, str]) -> str:
    return ", ".join(f"{name}={_quoted(value)}" for name, value in attributes.items())


def _quoted(text: str) -> str:
    lines = (plain(line).replace("\\", "\\\\").replace('"', '\\"') for line in text.split("\n"))
    # Graphviz reads HTML's character references in quoted strings too.
    return '"' + "\\n".join(lines).replace("&", "&amp;") + '"'
