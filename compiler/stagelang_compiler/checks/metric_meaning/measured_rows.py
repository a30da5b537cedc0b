"""Which rows a metric is measured on: the source they come from, and the parts of splits they went through."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal, TypeAlias

from stagelang_compiler.graph import Edge, Graph, GraphNode

Way: TypeAlias = tuple[tuple[GraphNode, str], ...]
"""First the node that the rows come from, with its port; then each split that they went through, with the part."""
Relation: TypeAlias = Literal["same", "apart", "overlapping", "unrelated"]


def measured_rows(graph: Graph) -> Mapping[str, Way]:
    """Give, for each measured metric, the way that the rows of its first table took."""
    given: dict[tuple[int, str], Way] = {}
    found: dict[str, Way] = {}
    for node in graph.nodes:
        if node.kind == "metric":
            table = first_table(node)
            if table is not None:
                found[node.name] = _of(table, given)
            continue
        for port in node.outputs:
            given[id(node), port] = _way(node, port, given)
    return found


def first_table(node: GraphNode) -> Edge | None:
    """Give the first table that a metric reads: the one whose rows it counts."""
    tables = (edge for edge in node.inputs if edge.needed is not None and edge.needed.kind == "table")
    return next(tables, None)


def _way(node: GraphNode, port: str, given: Mapping[tuple[int, str], Way]) -> Way:
    if node.kind == "split" and node.inputs:
        edge = node.inputs[0]
        return (*_of(edge, given), (node, port))
    kept = _kept(node, port)
    return _of(kept, given) if kept is not None else ((node, port),)


def _of(edge: Edge, given: Mapping[tuple[int, str], Way]) -> Way:
    """Give the way of what an edge carries; an output that its stage doesn't have, which is told elsewhere, is new rows."""
    return given.get((id(edge.producer), edge.port), ((edge.producer, edge.port),))


def _kept(node: GraphNode, port: str) -> Edge | None:
    """Give the one input whose rows a stage's output holds, as the populations say; None where they are new rows."""
    declared = node.stage.signature.outputs.get(port) if node.stage else None
    if declared is None or declared.kind != "table":
        return None
    tables = [edge for edge in node.inputs if edge.needed is not None and edge.needed.kind == "table"]
    same = [edge for edge in tables if edge.needed and edge.needed.population == declared.population]
    return same[0] if len(same) == 1 else None


def relation(one: Way, other: Way) -> Relation:
    """Tell how the rows at the ends of two ways relate: "apart" where one split sent them into different parts."""
    if one == other:
        return "same"
    if one[0] != other[0]:
        return "unrelated"
    for (split, part), (other_split, other_part) in zip(one[1:], other[1:], strict=False):
        if split is other_split and part != other_part:
            return "apart"
        if split is not other_split:
            return "overlapping"
    return "overlapping"


def words(way: Way) -> str:
    """Write a way as a person would: "part 'test' of 'split_scans'"."""
    node, part = way[-1]
    return f"part {part!r} of {node.name!r}" if len(way) > 1 else f"all rows of {node.name!r}"
