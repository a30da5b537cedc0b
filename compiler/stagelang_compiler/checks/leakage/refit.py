"""SL611: a model that was fitted to all rows, those that judge included: to be given out, and never to be measured on them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from stagelang_compiler.checks.leakage.follow import Event, Followed
from stagelang_compiler.checks.leakage.roles import declared_role
from stagelang_compiler.checks.leakage.rules import REFIT_TO_JUDGED_ROWS
from stagelang_compiler.checks.leakage.told import is_told
from stagelang_compiler.checks.leakage.ways import Rows
from stagelang_compiler.diagnostics import Diagnostic, Place
from stagelang_compiler.graph import Graph, GraphNode


def measured_refit(metric: GraphNode, event: Event) -> Diagnostic:
    """Say of a metric that it measures, on rows that were learnt from, what is only to be deployed."""
    return Diagnostic(
        rule=REFIT_TO_JUDGED_ROWS,
        message=f"metric {metric.base!r} is measured on rows that {event.node.name!r}, which is to be deployed, has learnt from",
        places=(Place(metric.origin, "measured here"), Place(event.node.origin, "fitted to all rows here")),
        subject=metric.name,
        help="measure the model that was fitted to the train part; the deployed one has no rows left to judge it by",
    )


def refits(
    graph: Graph, followed: Followed, judged: Sequence[tuple[GraphNode, Rows]]
) -> Iterator[Diagnostic]:
    """Find models among the pipeline's outputs that have learnt from rows by which another fit is judged.

    `judged` are the metrics of something fitted, each with all rows that may be among those it is measured on.
    """
    models = [
        followed.flows[id(made[0]), made[1]].events
        for made in map(graph.node_of, graph.pipeline.outputs)
        if made is not None and (shape := made[0].outputs.get(made[1])) and shape.kind == "model"
    ]
    if not models:
        return
    measured = followed.ways.union(rows for _, rows in judged)
    before_metrics = followed.ways.union(followed.all(metric.inputs).events for metric, _ in judged)
    told: set[int] = set()
    for events in models:
        for bit, event in _unsaid(followed, events):
            is_elsewhere = bool(bit & before_metrics) or bit in told or is_told(event.node)
            if event.rows & measured and not is_elsewhere:
                told.add(bit)
                metric = next(metric for metric, rows in judged if event.rows & rows)
                yield _given_out(event, metric)


def _unsaid(followed: Followed, events: int) -> Iterator[tuple[int, Event]]:
    """Give the fits behind an output, but for those that are, or lie before, a fit that says it is to be deployed."""
    happened = followed.happened(events & followed.kinds.get("fit", 0))
    said = 0
    for bit, event in happened:
        if declared_role(event.node) == "deploy":
            said |= bit | event.before
    yield from ((bit, event) for bit, event in happened if not bit & said)


def _given_out(event: Event, metric: GraphNode) -> Diagnostic:
    name = event.node.name
    return Diagnostic(
        rule=REFIT_TO_JUDGED_ROWS,
        message=f"{name!r} learns from rows that metric {metric.base!r} is measured on, and is given out as an output",
        places=(Place(event.node.origin, "fitted here"), Place(metric.origin, "measured here")),
        subject=name,
        expected='a fit of role="deploy", which is never measured on the rows that it has learnt from',
        help=f'if {name!r} is to be fitted to all rows and used, declare role="deploy"; else fit it to the train part',
    )
