"""SL512 and SL513: whether there can be enough seeds and rows for what is to be shown."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping

from stagelang.experiment import Seeds
from stagelang.gate import Gate
from stagelang_compiler.checks.metric_meaning.facts import Facts, Measured, facts_of
from stagelang_compiler.checks.metric_meaning.row_values import Read, Truth
from stagelang_compiler.checks.metric_meaning.rules import BOUND_OUT_OF_REACH, TOO_FEW_SEEDS
from stagelang_compiler.checks.promises import promises, rows_of
from stagelang_compiler.diagnostics import Diagnostic, Place
from stagelang_compiler.graph import Graph

_ENOUGH = 5  # Bouthillier et al. 2021: with fewer, the spread between seeds is hardly known
_Z_80 = 0.8416212335729143  # the normal's 0.8 quantile
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
    """Check that gates on shares can be passed by as many rows as the contract allows; comparisons can in 80 of 100 runs."""
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
    if gate.kind == "not_worse_than":
        claim = f"not worse than {gate.alias!r} by more than {gate.tolerance:g}"
        unless = f"if more than {gate.tolerance:g} of them change"
        action = "measure it on more rows, or tolerate more"
    else:
        claim = f"{gate.kind.replace('_', ' ')} {gate.low if gate.kind == 'at_least' else gate.high:g}"
        unless = f"even where it is {1 if gate.kind == 'at_least' else 0}"
        action = "measure it on more rows, or lower what is asked; judged_on='estimate' leaves its noise out"
    yield Diagnostic(
        rule=BOUND_OUT_OF_REACH,
        message=f"{measured.node.name!r} can't be shown to be {claim} on {rows[0]} rows, {unless}",
        places=(Place(gate.origin), rows[1]),
        subject=measured.node.name,
        expected=f"{needed} rows or more",
        found=f"{rows[0]} rows at most",
        help=action,
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
    """Count the rows on which a perfect share's bound, Wilson's n / (n + z²), reaches the gate's.

    For a comparison with tolerance Δ it is `((z + z80)·σ / Δ)²`, by which 80 of 100 comparisons of what didn't change are shown to be
    no worse, with σ² the share of rows that change: where no more than Δ do, nothing can be worse by more, so that is put at Δ.
    """
    if gate.kind == "not_worse_than":
        tolerance = gate.tolerance
        return (
            math.ceil((_Z + _Z_80) ** 2 / tolerance) if tolerance is not None and 0 < tolerance < 1 else None
        )
    bounds: Mapping[str, float | None] = {
        "at_least": gate.low,
        "at_most": None if gate.high is None else 1 - gate.high,
    }
    bound = bounds.get(gate.kind)
    if bound is None or not 0 < bound < 1:
        return None
    return math.ceil(_Z * _Z * bound / (1 - bound))
