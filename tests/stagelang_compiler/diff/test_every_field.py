"""Each word of a contract, a column, a metric and a gate in the Plan is graded when it changes, or is named here as no promise.

A word that is added to the Plan fails here until it is graded.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import attrs
import pytest
from attrs import evolve

from stagelang.origin import Origin
from stagelang_compiler.diff import diff
from stagelang_compiler.diff.grades import worst
from stagelang_compiler.lower.contracts import promise_digest
from stagelang_compiler.plan import (
    Aggregate,
    Code,
    Column,
    Contract,
    Expression,
    Gate,
    Metric,
    Plan,
    Unit,
    Window,
)
from tests.stagelang_compiler.diff.synthetic import model

PLAN = model(5).plan()
METRIC, GATE = PLAN.metrics[0], PLAN.gates[0]
ELSEWHERE = Origin("other.py", 9)
NOTHING, SAFE, BREAKING = "", "safe", "breaking"
PRODUCERS, CONSUMERS = "breaking for producers", "breaking for consumers"
USD, EUR = (Unit(text=text, factor=1.0, powers={text: 1}) for text in ("USD", "EUR"))
DAY = Window(every="day", zone="UTC", by="at")

COLUMN = Column(name="x", type="int", origin=Origin("pipeline.py", 1))
TEXT, LIST = evolve(COLUMN, type="str"), evolve(COLUMN, type="list<float>")
COLUMNS: Mapping[str, tuple[Column, Any, Any, str]] = {
    "name": (COLUMN, "x", "y", BREAKING),
    "type": (COLUMN, "int", "str", BREAKING),
    "nullable": (COLUMN, False, True, CONSUMERS),
    "unique": (COLUMN, False, True, PRODUCERS),
    "key": (evolve(COLUMN, unique=True, nullable=True), False, True, PRODUCERS),
    "group": (COLUMN, False, True, PRODUCERS),
    "time": (evolve(COLUMN, type="datetime"), False, True, PRODUCERS),
    "ge": (COLUMN, None, 0, PRODUCERS),
    "gt": (COLUMN, 0, None, CONSUMERS),
    "le": (COLUMN, 9, 10, CONSUMERS),
    "lt": (COLUMN, 10, 9, PRODUCERS),
    "isin": (COLUMN, (1, 2), (2, 3), BREAKING),
    "pattern": (TEXT, None, "[a-z]+", PRODUCERS),
    "length": (LIST, 8, None, CONSUMERS),
    "unit": (COLUMN, USD, EUR, BREAKING),
    "scale": (COLUMN, "interval", "ordinal", CONSUMERS),
    "adds": (COLUMN, "not_over_time", "always", PRODUCERS),
    "role": (COLUMN, "label", "feature", BREAKING),
    "known_after_seconds": (COLUMN, 60.0, 3600.0, CONSUMERS),
    "made_of": (COLUMN, ("a",), ("a", "b"), CONSUMERS),
    "description": (COLUMN, "", "words", NOTHING),
    "origin": (COLUMN, COLUMN.origin, ELSEWHERE, NOTHING),
}
"""Of each field: the column around it, its value before and after, and the grade."""


def graded(before: Plan, after: Plan) -> str:
    """Say what the change is; nothing where nothing was graded."""
    found = [each.grade for each in diff(before, after).graded]
    return worst(found).words() if found else NOTHING


def contract(*columns: Column, **said: Any) -> Contract:
    made = Contract(
        name="Rides",
        version="1.0",
        owner="",
        description="",
        closed=False,
        min_rows=1,
        max_rows=None,
        columns=columns,
        digest="",
        origin=Origin("pipeline.py", 1),
    )
    made = evolve(made, **said)
    return evolve(made, digest=promise_digest(made))


def under(made: Contract) -> Plan:
    return evolve(PLAN, contracts={made.name: made})


@pytest.mark.parametrize("name", [each.name for each in attrs.fields(Column)])
def test_each_field_of_a_column_is_graded(name: str) -> None:
    around, old, new, grade = COLUMNS[name]
    before, after = (under(contract(evolve(around, **{name: value}))) for value in (old, new))
    assert graded(before, after) == grade


KEY = Column(name="id", type="int", key=True, unique=True, origin=COLUMN.origin)
CONTRACTS: Mapping[str, tuple[Any, Any, str]] = {
    "name": ("Rides", "Trips", BREAKING),
    "version": ("1.0", "2.0", SAFE),
    "owner": ("", "others", NOTHING),
    "description": ("", "words", NOTHING),
    "closed": (False, True, PRODUCERS),
    "min_rows": (1, 10, PRODUCERS),
    "max_rows": (9, None, CONSUMERS),
    "sorted_by": ((), ("id",), PRODUCERS),
    "max_age_seconds": (60.0, 90.0, CONSUMERS),
    "columns": ((KEY,), (KEY, COLUMN), PRODUCERS),
    "origin": (COLUMN.origin, ELSEWHERE, NOTHING),
}


@pytest.mark.parametrize("name", [each.name for each in attrs.fields(Contract) if each.name != "digest"])
def test_each_field_of_a_contract_is_graded(name: str) -> None:
    old, new, grade = CONTRACTS[name]
    before, after = (under(contract(KEY, **{name: value})) for value in (old, new))
    assert graded(before, after) == grade


MEAN = Aggregate(kind="mean", columns=1)
SUM = Expression(operation="+", operands=("metric1", "metric2"))
METRICS: Mapping[str, tuple[Mapping[str, Any], Any, Any, str]] = {
    "name": ({"node": "", "expression": SUM}, "a", "b", CONSUMERS),
    "expression": ({"node": ""}, SUM, evolve(SUM, operation="-"), BREAKING),
    "unit": ({}, USD, EUR, BREAKING),
    "better": ({}, "higher", "lower", BREAKING),
    "low": ({}, 0.0, 0.5, PRODUCERS),
    "high": ({}, 1.0, None, CONSUMERS),
    "aggregate": ({}, MEAN, evolve(MEAN, kind="total"), BREAKING),
    "undefined": ({}, "error", 0.0, BREAKING),
    "version": ({}, "1", "2", SAFE),
    "cluster": ({}, "", "day", BREAKING),
    "population": ({}, "Test", "Validation", BREAKING),
    "owner": ({}, "", "others", NOTHING),
    "description": ({}, "", "words", NOTHING),
    "reported": ({}, True, False, CONSUMERS),
    "slices": ({}, ("size",), ("ward",), CONSUMERS),
    "window": ({}, DAY, evolve(DAY, zone="Europe/Vienna"), BREAKING),
    "origin": ({}, METRIC.origin, ELSEWHERE, NOTHING),
}


def with_metric(made: Metric) -> Plan:
    gates = tuple(gate for gate in PLAN.gates if gate.metric != METRIC.name)
    return evolve(PLAN, metrics=(made, *PLAN.metrics[1:]), gates=gates)


# a measured metric bears its node's name; another artifact to measure on is in 'test_grades'
@pytest.mark.parametrize("name", [each.name for each in attrs.fields(Metric) if each.name != "node"])
def test_each_field_of_a_metric_is_graded(name: str) -> None:
    around, old, new, grade = METRICS[name]
    before, after = (with_metric(evolve(METRIC, **around, **{name: value})) for value in (old, new))
    assert graded(before, after) == grade


FINALISER = Code(module="pipeline", qualname="root", file="pipeline.py", digest="sha256:1")
AGGREGATES: Mapping[str, tuple[Aggregate, Any, Any]] = {
    "kind": (MEAN, "mean", "total"),
    "columns": (evolve(MEAN, kind="smooth"), 1, 2),
    "parameter": (evolve(MEAN, kind="quantile"), 0.5, 0.9),
    "finalise": (evolve(MEAN, kind="smooth"), FINALISER, evolve(FINALISER, digest="sha256:2")),
}


@pytest.mark.parametrize("name", [each.name for each in attrs.fields(Aggregate)])
def test_each_field_of_an_aggregate_is_graded(name: str) -> None:
    around, old, new = AGGREGATES[name]
    before, after = (
        with_metric(evolve(METRIC, aggregate=evolve(around, **{name: value}))) for value in (old, new)
    )
    assert graded(before, after) == BREAKING


@pytest.mark.parametrize("name", [each.name for each in attrs.fields(Window)])
def test_each_field_of_a_window_is_graded(name: str) -> None:
    before = with_metric(evolve(METRIC, window=DAY))
    another: Any = {name: "month" if name == "every" else "other"}
    after = with_metric(evolve(METRIC, window=evolve(DAY, **another)))
    assert graded(before, after) == BREAKING


@pytest.mark.parametrize("name", [each.name for each in attrs.fields(Unit)])
def test_each_field_of_a_unit_that_is_another_measure_is_graded(name: str) -> None:
    another: Any = {name: {"text": "dollars", "factor": 0.5, "powers": {"USD": 2}}[name]}
    before, after = (with_metric(evolve(METRIC, unit=unit)) for unit in (USD, evolve(USD, **another)))
    assert graded(before, after) == BREAKING


BETWEEN = evolve(GATE, kind="between", low=0.1, high=0.9)
NOT_WORSE = evolve(GATE, kind="not_worse_than", low=None, alias="good", tolerance=0.1)
AS_USUAL = evolve(GATE, kind="as_usual", low=None, windows=20, alpha=0.1)
GATES: Mapping[str, tuple[Gate, Any, Any, str]] = {
    "metric": (GATE, GATE.metric, "metric1", BREAKING),
    "kind": (evolve(NOT_WORSE, low=0.5), "not_worse_than", "at_least", BREAKING),
    "low": (GATE, 0.5, 0.6, PRODUCERS),
    "high": (BETWEEN, 0.8, 0.9, CONSUMERS),
    "alias": (NOT_WORSE, "good", "better", BREAKING),
    "tolerance": (NOT_WORSE, 0.1, 0.2, CONSUMERS),
    "judged_on": (GATE, "estimate", "interval", PRODUCERS),
    "in_each": (GATE, "", "size", BREAKING),
    "windows": (AS_USUAL, 20, 30, BREAKING),
    "alpha": (AS_USUAL, 0.1, 0.2, PRODUCERS),
    "origin": (GATE, GATE.origin, ELSEWHERE, NOTHING),
}


@pytest.mark.parametrize("name", [each.name for each in attrs.fields(Gate) if each.name != "name"])
def test_each_field_of_a_gate_is_graded(name: str) -> None:
    around, old, new, grade = GATES[name]
    before, after = (
        evolve(PLAN, gates=(evolve(around, **{name: value}), *PLAN.gates[1:])) for value in (old, new)
    )
    assert graded(before, after) == grade
