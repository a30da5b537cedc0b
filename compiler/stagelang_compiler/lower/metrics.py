"""Lowers metrics and gates: what a number means, and what it must satisfy.

before  accuracy.at_least(0.95)
after   Metric(name="accuracy", node="accuracy", unit=..., better="higher"), Gate(name="accuracy at least 0.95", metric="accuracy")
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from attrs import evolve

from stagelang.aggregate import Aggregate
from stagelang.contract import column_types, columns_of, logical_type
from stagelang.metric import Expression, MetricDefinition
from stagelang.window import Window
from stagelang_compiler import plan
from stagelang_compiler.fingerprint import Fingerprinter
from stagelang_compiler.graph import Graph, GraphNode, bound_of
from stagelang_compiler.lower.contracts import lower_unit
from stagelang_compiler.lower.stages import lower_code
from stagelang_compiler.metric_algebra import combine, finite


def lower_metrics(graph: Graph, root: Path, fingerprinter: Fingerprinter) -> tuple[plan.Metric, ...]:
    """Lower measured metrics first, then expressions after the metrics that they are made of."""
    reported = {graph.metric_name(metric) for metric in graph.pipeline.metrics}
    lowered: dict[str, plan.Metric] = {}
    for name, metric in graph.metrics.items():
        made = (
            _measured(metric, root, fingerprinter)
            if isinstance(metric, GraphNode)
            else _expression(name, metric, graph, lowered, root)
        )
        lowered[name] = evolve(made, reported=name in reported)
    return tuple(lowered.values())


def _measured(node: GraphNode, root: Path, fingerprinter: Fingerprinter) -> plan.Metric:
    definition = node.stage
    assert isinstance(definition, MetricDefinition)
    meaning = definition.meaning
    return plan.Metric(
        name=node.name,
        node=node.name,
        unit=lower_unit(meaning.unit),
        better=meaning.better,
        low=finite(meaning.range[0]),
        high=finite(meaning.range[1]),
        aggregate=_aggregate(meaning.aggregate, root, fingerprinter),
        undefined=meaning.undefined,
        version=meaning.version,
        cluster=meaning.cluster or cluster_column(node),
        population=node.population.__name__,
        owner=meaning.owner,
        description=(definition.function.__doc__ or "").strip(),
        reported=False,
        slices=tuple(dict.fromkeys(meaning.slices)),
        window=lower_window(node, meaning.window),
        origin=definition.origin.relative_to(root),
    )


def lower_window(node: GraphNode, window: Window | None) -> plan.Window | None:
    """Lower a metric's window, with the time column of its first table; dates are days of no zone."""
    if window is None:
        return None
    by, is_date = time_column(node) or ("", False)  # which a check has told of
    return plan.Window(every=window.every, zone="" if is_date else window.zone, by=by)


def time_column(node: GraphNode) -> tuple[str, bool] | None:
    """Give the time column of the first table that a metric reads, and whether it holds dates; None where there isn't one."""
    for edge in node.inputs:
        if edge.needed is not None and edge.needed.kind == "table" and edge.needed.contract is not None:
            types = column_types(edge.needed.contract)
            names = [name for name, each in columns_of(edge.needed.contract).items() if each.limits.time]
            return (names[0], logical_type(types.get(names[0])) == "date") if len(names) == 1 else None
    return None


def cluster_column(node: GraphNode) -> str:
    """Give the group column of the first table that a metric reads: rows that share it are no independent observations."""
    for edge in node.inputs:
        if edge.needed is not None and edge.needed.kind == "table" and edge.needed.contract is not None:
            groups = [
                name for name, column in columns_of(edge.needed.contract).items() if column.limits.group
            ]
            return groups[0] if groups else ""
    return ""


def _aggregate(aggregate: Aggregate, root: Path, fingerprinter: Fingerprinter) -> plan.Aggregate:
    finalise = None if aggregate.finalise is None else lower_code(aggregate.finalise, root, fingerprinter)
    return plan.Aggregate(
        kind=aggregate.kind,
        columns=aggregate.columns,
        parameter=_number(aggregate.parameter),
        finalise=finalise,
    )


def _expression(
    name: str, expression: Expression, graph: Graph, lowered: Mapping[str, plan.Metric], root: Path
) -> plan.Metric:
    operands: list[str | float] = [
        graph.metric_name(operand) if bound_of(operand) else float(operand) for operand in expression.operands
    ]
    parts = [lowered[each] if isinstance(each, str) else each for each in operands]
    unit = lower_unit(expression.unit) if expression.unit is not None else None
    meaning = combine(expression.operation, parts, unit)
    measured = [part for part in parts if isinstance(part, plan.Metric)]
    return plan.Metric(
        name=name,
        expression=plan.Expression(operation=expression.operation, operands=tuple(operands)),
        unit=meaning.unit,
        better=meaning.better,
        low=meaning.low,
        high=meaning.high,
        aggregate=None,
        undefined="error",
        version="+".join(sorted({part.version for part in measured})),
        cluster=measured[0].cluster if len({part.cluster for part in measured}) == 1 else "",
        population=measured[0].population if len({part.population for part in measured}) == 1 else "",
        owner="",
        description="",
        reported=False,
        slices=tuple(
            name for name in measured[0].slices if all(name in each.slices for each in measured[1:])
        ),
        window=measured[0].window if all(each.window == measured[0].window for each in measured) else None,
        origin=expression.origin.relative_to(root),
    )


def _number(value: Any) -> float | None:
    return None if value is None else float(value)


def lower_gates(graph: Graph, root: Path) -> tuple[plan.Gate, ...]:
    """Lower the gates in the order in which they were written."""
    lowered: list[plan.Gate] = []
    for gate in graph.pipeline.gates:
        metric = graph.metric_name(gate.metric)
        lowered.append(
            plan.Gate(
                name=f"{metric} {_condition(gate)}",
                metric=metric,
                kind=gate.kind,
                low=_number(gate.low),
                high=_number(gate.high),
                alias=gate.alias,
                tolerance=_number(gate.tolerance),
                judged_on=gate.judged_on,
                in_each=gate.in_each,
                windows=gate.windows,
                alpha=_number(gate.alpha),
                origin=gate.origin.relative_to(root),
            )
        )
    return tuple(lowered)


def _condition(gate: Any) -> str:
    return _bound(gate) + (f" in each {gate.in_each}" if gate.in_each else "")


def _bound(gate: Any) -> str:
    match gate.kind:
        case "at_least":
            return f"at least {gate.low:g}"
        case "at_most":
            return f"at most {gate.high:g}"
        case "between":
            return f"between {gate.low:g} and {gate.high:g}"
        case "as_usual":
            return f"as usual in {gate.windows} windows, alpha {gate.alpha:g}"
        case _:
            return f"not worse than {gate.alias} by more than {gate.tolerance:g}"
