"""SL601: which rows a fitted object has learnt from, followed through the graph to the metrics that judge it.

Rows are told by where they come from: a source, then the parts of the splits that they went through. Two such ways lead to different
rows only where one split sent them into different parts; rows of two splits of one table may be the same. A stage that gives a model
or a value has learnt from the tables that it reads; a table that it gives holds the rows of the inputs of the same population.
What a stage does inside is not seen: that a stage from tables to tables treats each row by itself is taken on trust here.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TypeAlias

from stagelang_compiler.diagnostics import Diagnostic, Place, Rule, Severity
from stagelang_compiler.graph import Edge, Graph, GraphNode

JUDGED_BY_LEARNT_ROWS = Rule(
    code="SL601",
    name="judged-by-learnt-rows",
    severity=Severity.ERROR,
    summary="a metric is measured on rows that a fitted object before it has learnt from",
)

RULES = (JUDGED_BY_LEARNT_ROWS,)

Way: TypeAlias = tuple[tuple[int, str], ...]
Rows: TypeAlias = frozenset[Way]
Learnt: TypeAlias = Mapping[Way, GraphNode]


def check_row_flow(graph: Graph) -> Iterator[Diagnostic]:
    """Check that no metric is measured on rows that something before it was fitted to."""
    rows: dict[tuple[int, str], Rows] = {}
    learnt: dict[int, Learnt] = {}
    for node in graph.nodes:
        read = {id(edge): rows.get((id(edge.producer), edge.port), frozenset()) for edge in node.inputs}
        known: dict[Way, GraphNode] = {}
        for edge in node.inputs:
            known.update(learnt[id(edge.producer)])
        if node.kind == "metric":
            yield from _judged(node, read, known)
        elif any(shape.kind in ("model", "value") for shape in node.outputs.values()):
            known.update({way: node for each in read.values() for way in each})
        learnt[id(node)] = known
        for port in node.outputs:
            rows[id(node), port] = _given(node, port, read)


def _given(node: GraphNode, port: str, read: Mapping[int, Rows]) -> Rows:
    """Tell which rows a table that a node gives holds."""
    if node.kind == "source":
        return frozenset({((id(node), ""),)})
    if node.kind == "split":
        return frozenset((*way, (id(node), port)) for each in read.values() for way in each)
    declared = node.stage.signature.outputs.get(port) if node.stage else None
    tables = [edge for edge in node.inputs if edge.needed is not None and edge.needed.kind == "table"]
    same = [
        edge for edge in tables if edge.needed and declared and edge.needed.population == declared.population
    ]
    return frozenset(way for edge in same or tables for way in read[id(edge)])


def _judged(node: GraphNode, read: Mapping[int, Rows], learnt: Learnt) -> Iterator[Diagnostic]:
    judged = {way for edge in node.inputs if not _is_training(edge) for way in read[id(edge)]}
    fitted = {
        id(by): by
        for way, by in learnt.items()
        if any(_may_share(way, other) for other in judged) and not _is_told(by)
    }
    for by in fitted.values():
        yield Diagnostic(
            rule=JUDGED_BY_LEARNT_ROWS,
            message=f"metric {node.base!r} is measured on rows that {by.name!r} has learnt from",
            places=(Place(node.origin, "measured here"), Place(by.origin, "learnt here")),
            subject=node.name,
            help="fit on the train part of a split and measure on its test part; annotate what fits with Table[..., Train]",
        )


def _may_share(one: Way, other: Way) -> bool:
    """Tell whether two ways may lead to the same rows: not where one split sent them into different parts."""
    for (split, part), (other_split, other_part) in zip(one, other, strict=False):
        if (split, part) != (other_split, other_part):
            return split != other_split and part != "" and other_part != ""
    return True


def _is_training(edge: Edge) -> bool:
    """Tell whether a metric says itself that it is one of training rows, or another rule says that it is."""
    shapes = (edge.needed, edge.given)
    return any(shape is not None and getattr(shape.population, "__name__", "") == "Train" for shape in shapes)


def _is_told(node: GraphNode) -> bool:
    """Tell whether another rule says already that a stage is given rows of a wrong population."""
    return any(
        edge.given is not None
        and edge.needed is not None
        and isinstance(edge.given.population, type)
        and isinstance(edge.needed.population, type)
        and not issubclass(edge.given.population, edge.needed.population)
        for edge in node.inputs
    )


CHECKS = (check_row_flow,)
