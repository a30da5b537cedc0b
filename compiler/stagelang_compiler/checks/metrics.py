"""SL5: what metrics mean, and gates on them (methods: Stevens 1946; Gray et al. 1997)."""

from __future__ import annotations

import typing
from collections.abc import Iterator
from typing import Any

from stagelang.contract import columns_of
from stagelang.gate import Gate
from stagelang.metric import Expression, MetricDefinition
from stagelang_compiler import plan
from stagelang_compiler.checks import metric_meaning
from stagelang_compiler.checks.metric_meaning.facts import facts_of
from stagelang_compiler.checks.metric_meaning.row_ranges import attainable
from stagelang_compiler.checks.metric_meaning.rules import BOUND_OUT_OF_RANGE, UNIT_MISMATCH
from stagelang_compiler.diagnostics import Diagnostic, Place, Rule, Severity, did_you_mean
from stagelang_compiler.graph import Graph, GraphNode, bound_of
from stagelang_compiler.lower.contracts import lower_unit
from stagelang_compiler.metric_algebra import Meaning, combine, finite
from stagelang_compiler.plan_text import unit_words


def _rule(code: str, name: str, summary: str) -> Rule:
    return Rule(code=code, name=name, severity=Severity.ERROR, summary=summary)


GATE_AGAINST_DIRECTION = _rule(
    "SL503", "gate-against-direction", "a gate bounds a metric on the side that its direction doesn't ask for"
)
BAD_TOLERANCE = _rule(
    "SL514", "bad-tolerance", "a comparison whose tolerance isn't a positive number, or can't be exceeded"
)
EMPTY_RANGE = _rule("SL530", "empty-range", "a metric or gate whose lower bound isn't below its upper bound")
BAD_AGGREGATE = _rule("SL531", "bad-aggregate", "an aggregation with a parameter that it can't have")
UNKNOWN_CLUSTER = _rule(
    "SL532", "unknown-cluster", "a metric's unit of independence is no column of the table it reads"
)

RULES = (
    *metric_meaning.RULES,
    GATE_AGAINST_DIRECTION,
    BAD_TOLERANCE,
    EMPTY_RANGE,
    BAD_AGGREGATE,
    UNKNOWN_CLUSTER,
)


def check_definitions(graph: Graph) -> Iterator[Diagnostic]:
    """Check what each metric's definition says."""
    seen: set[Any] = set()
    for node in graph.nodes:
        definition = node.stage
        if isinstance(definition, MetricDefinition) and definition not in seen:
            seen.add(definition)
            yield from _definition(definition, node)


def _definition(definition: MetricDefinition[Any, Any], node: GraphNode) -> Iterator[Diagnostic]:
    meaning, place, name = definition.meaning, (Place(definition.origin),), definition.name
    low, high = meaning.range
    if low is not None and high is not None and low >= high:
        yield Diagnostic(
            rule=EMPTY_RANGE,
            message=f"the range of metric {name!r} is empty",
            places=place,
            subject=name,
            found=f"({low:g}, {high:g})",
            help="write the least and the greatest value that it can take, None for no bound",
        )
    yield from _returned_unit(definition)
    aggregate = meaning.aggregate
    if aggregate.kind == "quantile" and not 0 < (aggregate.parameter or 0) < 1:
        yield _bad_aggregate(
            definition, f"quantile({aggregate.parameter})", "a quantile between 0 and 1, both excluded"
        )
    if aggregate.kind == "calibration_error" and not (aggregate.parameter or 0) >= 2:
        yield _bad_aggregate(definition, f"calibration_error(bins={aggregate.parameter})", "two bins or more")
    if aggregate.columns < 1:
        yield _bad_aggregate(
            definition, f"{aggregate.kind} of {aggregate.columns} columns", "one column or more"
        )
    tables = [
        edge.needed.contract
        for edge in node.inputs
        if edge.needed and edge.needed.kind == "table" and edge.needed.contract
    ]
    if meaning.cluster and tables and meaning.cluster not in columns_of(tables[0]):
        known = columns_of(tables[0])
        meant = did_you_mean(meaning.cluster, known)
        yield Diagnostic(
            rule=UNKNOWN_CLUSTER,
            message=f"metric {name!r} counts rows by {meaning.cluster!r}, which isn't a column of {tables[0].__name__!r}",
            places=(*place, Place(tables[0].__origin__, "its table is declared here")),
            subject=name,
            expected=", ".join(known),
            help=f"did you mean {meant!r}?"
            if meant
            else "name a column of the first table that the metric reads",
        )


def _returned_unit(definition: MetricDefinition[Any, Any]) -> Iterator[Diagnostic]:
    """Compare the unit of the values that the function says it returns with the metric's own."""
    (returned,) = typing.get_args(definition.signature.result) or (None,)
    try:
        declared, given = lower_unit(definition.meaning.unit), lower_unit(returned)
    except TypeError:  # no unit at all, which is told of the setting or of the signature
        return
    if (given.factor, dict(given.powers)) != (declared.factor, dict(declared.powers)):
        yield Diagnostic(
            rule=UNIT_MISMATCH,
            message=f"metric {definition.name!r} is in {unit_words(declared)}, but its function returns {unit_words(given)}",
            places=(Place(definition.origin),),
            subject=definition.name,
            expected=f"PerRow of {unit_words(declared)}",
            found=f"PerRow of {unit_words(given)}",
            help="declare the unit that the values have; to show another, convert the metric with .to(...)",
        )


def _bad_aggregate(definition: MetricDefinition[Any, Any], found: str, expected: str) -> Diagnostic:
    return Diagnostic(
        rule=BAD_AGGREGATE,
        message=f"metric {definition.name!r} is aggregated by {found}",
        places=(Place(definition.origin),),
        subject=definition.name,
        expected=expected,
        help="correct the aggregation's parameter",
    )


def meanings(graph: Graph) -> dict[str, Meaning]:
    """Infer unit, direction and range of every metric and expression, in the order in which they stand in the graph.

    A range is what can be reached: a declared one is cut to what the bounds of the metric's columns allow.
    """
    found: dict[str, Meaning] = {}
    for name, metric in graph.metrics.items():
        found[name] = _inferred(metric, graph, found)
    return found


def _inferred(metric: GraphNode | Expression, graph: Graph, known: dict[str, Meaning]) -> Meaning:
    if isinstance(metric, GraphNode):
        assert isinstance(metric.stage, MetricDefinition)
        said = metric.stage.meaning
        leaf = facts_of(graph)[metric.name].leaf
        low, high = map(finite, said.range if leaf is None else attainable(leaf))
        return Meaning(unit=lower_unit(said.unit), better=said.better, low=low, high=high)
    parts = [_part(operand, graph, known) for operand in metric.operands]
    return combine(metric.operation, parts, lower_unit(metric.unit) if metric.unit is not None else None)


def _part(operand: Any, graph: Graph, known: dict[str, Meaning]) -> Meaning | float:
    return known[graph.metric_name(operand)] if bound_of(operand) else float(operand)


def check_expressions(graph: Graph) -> Iterator[Diagnostic]:
    """Check that units agree in sums, differences and conversions."""
    known = meanings(graph)
    for name, metric in graph.metrics.items():
        if not isinstance(metric, Expression) or metric.operation not in ("+", "-", "convert"):
            continue
        first = known[graph.metric_name(metric.operands[0])].unit
        second = (
            known[name].unit
            if metric.operation == "convert"
            else known[graph.metric_name(metric.operands[1])].unit
        )
        same = dict(first.powers) == dict(second.powers)
        if same and (metric.operation == "convert" or first.factor == second.factor):
            continue
        verb, word = _VERBS[metric.operation]
        if metric.operation == "convert":
            action = "convert into a unit of the same dimension, or use .per(...)"
        elif same:
            action = "convert one with .to(...) first"
        else:
            action = "combine metrics of one unit only, or use .per(...) or .times(...)"
        yield Diagnostic(
            rule=UNIT_MISMATCH,
            message=f"expression {name!r} {verb} {unit_words(first)} {word} {unit_words(second)}",
            places=(Place(metric.origin),),
            subject=name,
            expected=unit_words(first),
            found=unit_words(second),
            help=action,
        )


_VERBS = {"+": ("adds", "and"), "-": ("subtracts", "and"), "convert": ("converts", "into")}


def check_gates(graph: Graph) -> Iterator[Diagnostic]:
    """Check each gate's bounds against its metric's range and direction."""
    known = meanings(graph)
    for gate in graph.pipeline.gates:
        name = graph.metric_name(getattr(gate, "metric", None))
        if name in known:
            yield from _gate(gate, name, known[name], _ends(gate, graph.metrics[name]))


def _ends(gate: Gate, metric: GraphNode | Expression) -> tuple[Place, ...]:
    """Give both ends of a gate's claim: where it is made, and where its metric is declared."""
    is_measured = isinstance(metric, GraphNode) and metric.stage is not None
    declared = metric.stage.origin if isinstance(metric, GraphNode) and metric.stage else metric.origin
    end = Place(declared, "its metric is declared here" if is_measured else "its metric is made here")
    return (Place(gate.origin),) if declared == gate.origin else (Place(gate.origin), end)


def _gate(gate: Gate, name: str, meaning: Meaning, place: tuple[Place, ...]) -> Iterator[Diagnostic]:
    wrong = {"at_least": "lower", "at_most": "higher"}.get(gate.kind)
    if meaning.better == wrong:
        side, action = ("at least", "at_most") if wrong == "lower" else ("at most", "at_least")
        yield Diagnostic(
            rule=GATE_AGAINST_DIRECTION,
            message=f"{name!r} must be {side} a bound, though {meaning.better} is better",
            places=place,
            subject=name,
            help=f"use .{action}(...), or .between(...) to bound both sides",
        )
    if gate.kind == "as_usual" and meaning.better == "none":
        yield _no_direction(name, place)
    if gate.kind == "not_worse_than":
        yield from _comparison(gate, name, meaning, place)
    for bound in (gate.low, gate.high):
        if bound is not None and not _inside(bound, meaning):
            yield Diagnostic(
                rule=BOUND_OUT_OF_RANGE,
                message=f"a gate bounds {name!r} at {bound:g}, which it can't reach",
                places=place,
                subject=name,
                expected=f"within {range_text(meaning)}",
                found=f"{bound:g}",
                help=f"write the bound in the metric's unit, {unit_words(meaning.unit)}",
            )
    if gate.low is not None and gate.high is not None and not gate.low < gate.high:
        yield Diagnostic(
            rule=EMPTY_RANGE,
            message=f"no value of {name!r} lies between {gate.low:g} and {gate.high:g}",
            places=place,
            subject=name,
            help="write the lower bound first",
        )


def _no_direction(name: str, place: tuple[Place, ...]) -> Diagnostic:
    return Diagnostic(
        rule=GATE_AGAINST_DIRECTION,
        message=f"{name!r} can't be worse: its direction is 'none'",
        places=place,
        subject=name,
        help="give the metric a direction, or gate it with .between(...)",
    )


def _comparison(gate: Gate, name: str, meaning: Meaning, place: tuple[Place, ...]) -> Iterator[Diagnostic]:
    if meaning.better == "none":
        yield _no_direction(name, place)
    if gate.tolerance is None or not gate.tolerance > 0:
        yield Diagnostic(
            rule=BAD_TOLERANCE,
            message=f"{name!r} is compared with a tolerance of {gate.tolerance}",
            places=place,
            subject=name,
            expected="a positive number",
            help=f"say how much worse is still good, in the metric's unit, {unit_words(meaning.unit)}",
        )
    elif (
        meaning.low is not None and meaning.high is not None and gate.tolerance >= meaning.high - meaning.low
    ):
        yield Diagnostic(
            rule=BAD_TOLERANCE,
            message=f"{name!r} is compared with a tolerance of {gate.tolerance:g}, which nothing can exceed",
            places=place,
            subject=name,
            expected=f"a positive number below {meaning.high - meaning.low:g}, the width of its range",
            found=f"{gate.tolerance:g}",
            help=f"say how much worse is still good, in the metric's unit, {unit_words(meaning.unit)}",
        )


def _inside(bound: float, meaning: Meaning) -> bool:
    return (meaning.low is None or bound >= meaning.low) and (meaning.high is None or bound <= meaning.high)


def range_text(meaning: Meaning | plan.Metric) -> str:
    """Write a range as [0, 1] or [0, ∞)."""
    low = "(-∞" if meaning.low is None else f"[{meaning.low:g}"
    high = "∞)" if meaning.high is None else f"{meaning.high:g}]"
    return f"{low}, {high}"


CHECKS = (check_definitions, check_expressions, check_gates, *metric_meaning.CHECKS)
