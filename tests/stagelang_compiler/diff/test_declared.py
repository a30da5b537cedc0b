"""Gates and contracts, where several things are alike."""

from __future__ import annotations

from attrs import evolve

from stagelang_compiler.diff import diff
from stagelang_compiler.plan import Gate
from tests.stagelang_compiler.diff.edits import plan_of
from tests.stagelang_compiler.diff.synthetic import AT, model


def _least(low: float) -> Gate:
    return Gate(
        name=f"metric0 at least {low:g}",
        metric="metric0",
        kind="at_least",
        low=low,
        judged_on="interval",
        origin=AT,
    )


def _most(high: float) -> Gate:
    return Gate(
        name=f"metric0 at most {high:g}",
        metric="metric0",
        kind="at_most",
        high=high,
        judged_on="interval",
        origin=AT,
    )


def test_of_several_gates_of_a_metric_each_is_compared_with_its_own_kind() -> None:
    plan = evolve(model(5).plan(), gates=(_least(0.5), _most(0.9)))
    found = diff(plan, evolve(plan, gates=(_most(0.8), _least(0.4))))
    assert [(change.kind, change.old, change.new) for change in found.gates] == [
        ("changed", "metric0 at most 0.9", "metric0 at most 0.8"),
        ("changed", "metric0 at least 0.5", "metric0 at least 0.4"),
    ]


def test_a_gate_beside_an_equal_one_is_added_and_not_the_equal_one_changed() -> None:
    plan = evolve(model(5).plan(), gates=(_least(0.5),))
    found = diff(plan, evolve(plan, gates=(_least(0.6), _least(0.5))))
    assert [(change.kind, change.old, change.new) for change in found.gates] == [
        ("added", "", "metric0 at least 0.6")
    ]


def test_a_reader_of_a_changed_contract_names_the_input() -> None:
    found = diff(plan_of("flight_delays"), plan_of("flight_delays", "a_contract"))
    reasons = {
        change.new: [(reason.what, reason.old, reason.new) for reason in change.reasons]
        for change in found.nodes
    }
    assert reasons["punctuality/warn"] == [
        ("contract Warnings", "", ""),
        ("contract of output out", "Warnings 1.0", "Warnings 2.0"),
    ]
    assert reasons["punctuality/cost_per_flight"] == [
        ("contract Warnings", "", ""),
        ("contract of input warnings", "Warnings 1.0", "Warnings 2.0"),
    ]
