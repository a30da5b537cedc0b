"""SL524: a metric whose own setting, such as a threshold, was tuned on the rows that it is measured on."""

from __future__ import annotations

from collections.abc import Iterator

from stagelang_compiler.checks.leakage.follow import Event, follow
from stagelang_compiler.checks.leakage.judged import by_settings
from stagelang_compiler.checks.leakage.roles import kind_of
from stagelang_compiler.checks.leakage.told import is_told, is_training
from stagelang_compiler.checks.metric_meaning.rules import TUNED_ON_JUDGED_ROWS
from stagelang_compiler.diagnostics import Diagnostic, Place
from stagelang_compiler.graph import Graph, GraphNode


def check_tuned_settings(graph: Graph) -> Iterator[Diagnostic]:
    """Check where the values come from that metrics read beside their tables."""
    nodes = [node for node in graph.nodes if node.kind == "metric"]
    asked = [node for node in nodes if any(kind_of(edge) == "value" for edge in node.inputs)]
    if not asked:
        return
    followed = follow(graph)
    for node in asked:
        judged = followed.ways.union(
            followed.read(edge).rows for edge in node.inputs if not is_training(edge)
        )
        near = followed.ways.sharing(judged)
        for _, event in followed.happened(by_settings(followed, node)):
            if event.kind in ("fit", "select") and event.rows & near and not is_told(event.node):
                yield _tuned(node, event)


def _tuned(node: GraphNode, event: Event) -> Diagnostic:
    arguments = [edge.argument for edge in node.inputs if kind_of(edge) == "value"]
    return Diagnostic(
        rule=TUNED_ON_JUDGED_ROWS,
        message=f"metric {node.base!r} is measured on rows on which {event.node.name!r} has tuned its setting "
        f"{', '.join(map(repr, arguments))}",
        places=(Place(node.origin, "measured here"), Place(event.node.origin, "tuned here")),
        subject=node.name,
        expected="a setting from other rows than the metric's",
        found=f"{event.node.name!r} has read rows that the metric judges",
        help="tune it on the validation part of a split(..., validation=...), and measure on its test part",
    )
