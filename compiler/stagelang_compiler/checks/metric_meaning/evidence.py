"""SL512 and SL513: whether there can be enough seeds and rows for what is to be shown."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping

from stagelang.experiment import Seeds
from stagelang.gate import Gate
from stagelang_compiler.checks.metric_meaning.facts import Facts, Measured, facts_of
from stagelang_compiler.checks.metric_meaning.returned import Read, Truth
from stagelang_compiler.checks.metric_meaning.rules import BOUND_OUT_OF_REACH, TOO_FEW_SEEDS
from stagelang_compiler.checks.promises import promises, rows_of
from stagelang_compiler.diagnostics import Diagnostic, Place
from stagelang_compiler.graph import Graph

_ENOUGH = 5  # Bouthillier et al. 2021: with fewer, the spread between seeds is hardly known
_Z = 1.6448536269514722  # the normal's 0.95 quantile: gates are judged on one-sided 95 % bounds


def check_seeds(graph: Graph) -> Iterator[Diagnostic]:
    """Check that experiments over seeds can tell something about the procedure."""
    for experiment in graph.pipeline.experiments:
        count = getattr(experiment, "count", None)
        if isinstance(experiment, Seeds) and type(count) is int and 2 <= count < _ENOUGH:
            yield Diagnostic(
                rule=TOO_FEW_SEEDS,
                message=f"{count} seeds say little about how results vary between seeds",
                places=(Place(experiment.origin),),
                expected=f"{_ENOUGH} seeds or more",
                found=f"Seeds({count})",
                help=f"ask for Seeds({_ENOUGH}), or leave the experiment out and claim nothing about the procedure",
            )


def check_reach(graph: Graph) -> Iterator[Diagnostic]:
    """Check that gates on shares can be passed by as many rows as the contract allows."""
    known = facts_of(graph)
    for gate in graph.pipeline.gates:
        yield from _gate(gate, known.get(graph.metric_name(getattr(gate, "metric", None))))


def _gate(gate: Gate, facts: Facts | None) -> Iterator[Diagnostic]:
    measured = facts.leaf if facts is not None else None
    if measured is None or gate.judged_on != "interval" or not _is_share(measured):
        return
    rows, needed = _most_rows(measured), needed_rows(gate)
    if rows is None or needed is None or rows[0] >= needed:
        return
    best = "1" if gate.kind == "at_least" else "0"
    yield Diagnostic(
        rule=BOUND_OUT_OF_REACH,
        message=f"{measured.node.name!r} can't be shown to be {gate.kind.replace('_', ' ')} "
        f"{gate.low if gate.kind == 'at_least' else gate.high:g} on {rows[0]} rows, even where it is {best}",
        places=(Place(gate.origin), rows[1]),
        subject=measured.node.name,
        expected=f"{needed} rows or more",
        found=f"{rows[0]} rows at most",
        help="measure it on more rows, or lower what is asked; judged_on='estimate' leaves its noise out",
    )


def _is_share(measured: Measured) -> bool:
    """Tell whether a metric is a share of rows, so that its interval is Wilson's."""
    values, kind = measured.returned.values, measured.definition.meaning.aggregate.kind
    if kind != "mean" or len(values) != 1:
        return False
    match values[0]:
        case Truth():
            return True
        case Read(column) if measured.contract is not None and column in promises(measured.contract):
            return promises(measured.contract)[column].type == "bool"
        case _:
            return False


def _most_rows(measured: Measured) -> tuple[int, Place] | None:
    contract = measured.contract
    allowed = rows_of(contract) if contract is not None else None
    if contract is None or allowed is None or allowed[1] is None:
        return None
    return allowed[1], Place(contract.__origin__, "its rows are limited here")


def needed_rows(gate: Gate) -> int | None:
    """Count the rows on which a perfect share's bound, Wilson's n / (n + z²), reaches the gate's."""
    bounds: Mapping[str, float | None] = {
        "at_least": gate.low,
        "at_most": None if gate.high is None else 1 - gate.high,
    }
    bound = bounds.get(gate.kind)
    if bound is None or not 0 < bound < 1:
        return None
    return math.ceil(_Z * _Z * bound / (1 - bound))
