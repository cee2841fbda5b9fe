"""The map as a networkx graph."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import networkx

    from .model import AccessMap


def build(access: AccessMap) -> networkx.MultiDiGraph[str]:
    """Build the graph; see `AccessMap.to_networkx`."""
    try:
        # An extra: the package does without.
        import networkx  # noqa: PLC0415
    except ImportError as missing:
        raise ImportError("to_networkx needs networkx: pip install 'mailgrant[networkx]'") from missing

    graph: networkx.MultiDiGraph[str] = networkx.MultiDiGraph(title=access.title, at=access.at)
    for node in access.nodes:
        fields = asdict(node)
        graph.add_node(fields.pop("id"), **fields)
    for edge in access.edges:
        fields = asdict(edge)
        graph.add_edge(fields.pop("source"), fields.pop("target"), key=str(edge.through), **fields)
    return graph
