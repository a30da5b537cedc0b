"""SL5, of what metrics mean: inferred from units, scales, aggregations, rows and the source of each metric's function."""

from __future__ import annotations

from collections.abc import Iterator

from stagelang_compiler.checks.metric_meaning.apart import check_apart, check_apart_gates
from stagelang_compiler.checks.metric_meaning.claims import check_claims
from stagelang_compiler.checks.metric_meaning.columns import columns_judged
from stagelang_compiler.checks.metric_meaning.evidence import check_reach, check_seeds
from stagelang_compiler.checks.metric_meaning.expressions import expressions_judged
from stagelang_compiler.checks.metric_meaning.facts import Measured, facts_of
from stagelang_compiler.checks.metric_meaning.lineage import (
    Owners,
    dependence_judged,
    fan_out_judged,
    groups_before,
)
from stagelang_compiler.checks.metric_meaning.rules import RULES
from stagelang_compiler.checks.metric_meaning.tuned import check_tuned_settings
from stagelang_compiler.diagnostics import Diagnostic
from stagelang_compiler.graph import Graph


def _measured(graph: Graph) -> Iterator[Measured]:
    return (each.leaf for each in facts_of(graph).values() if each.leaf is not None)


def check_metric_columns(graph: Graph) -> Iterator[Diagnostic]:
    """Check what each definition does to the columns that its function returns."""
    definitions = {measured.definition: measured for measured in _measured(graph)}
    for measured in definitions.values():
        yield from columns_judged(measured)


def check_repeated_values(graph: Graph) -> Iterator[Diagnostic]:
    """Check that no metric sums over rows what a join repeated in them."""
    known: Owners = {}
    for measured in _measured(graph):
        yield from fan_out_judged(measured, known)


def check_dependence(graph: Graph) -> Iterator[Diagnostic]:
    """Check that no metric counts rows of one group as independent."""
    groups = groups_before(graph)
    for measured in _measured(graph):
        yield from dependence_judged(measured, groups)


def check_metric_expressions(graph: Graph) -> Iterator[Diagnostic]:
    """Check which metrics are added, compared, multiplied and divided."""
    yield from expressions_judged(facts_of(graph))


CHECKS = (
    check_metric_columns,
    check_repeated_values,
    check_dependence,
    check_metric_expressions,
    check_claims,
    check_seeds,
    check_reach,
    check_apart,
    check_apart_gates,
    check_tuned_settings,
)

__all__ = ["CHECKS", "RULES"]
