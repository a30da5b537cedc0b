"""Metrics measured apart by slices: the published kidney stones, gates in each slice, and differences that turn around."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from stagelang.origin import Origin
from stagelang_compiler import plan
from stagelang_compiler.compiler import check_file
from stagelang_runtime.execute.results import RunOptions
from stagelang_runtime.execute.runner import run
from stagelang_runtime.judge import GateOutcome, MetricOutcome, Outcomes, judge
from stagelang_runtime.judge.outcomes import outcomes_from_json
from stagelang_runtime.judge.slices import reversal_of
from stagelang_runtime.stats.interval import Estimate
from stagelang_runtime.store import Store

# Charig, Webb, Payne & Wickham 1986, BMJ 292:879: healed of treated, by the size of the stones.
OPENED = {"small": (81, 87), "large": (192, 263)}
KEYHOLE = {"small": (234, 270), "large": (55, 80)}
SPEC = """
from stagelang import Column, Contract, PerRow, Pipeline, Table, column, mean, metric, scope, source
from stagelang import units as u


class Patients(Contract):
    patient: Column[int] = column(key=True)
    size: Column[str] = column(nullable=True)
    ward: Column[int]
    healed: Column[bool]


@metric(unit=u.RATIO, better="higher", range=(0, 1), aggregate=mean(), undefined="error", version="1", slices=[Patients.size])
def healed(patients: Table[Patients]) -> PerRow[u.RATIO]:
    return PerRow(patients.pandas[Patients.healed])

@metric(unit=u.RATIO, better="higher", range=(0, 1), aggregate=mean(), undefined="error", version="1", slices=[Patients.ward])
def healed_by_ward(patients: Table[Patients]) -> PerRow[u.RATIO]:
    return PerRow(patients.pandas[Patients.healed])

with scope("opened"):
    opened = healed(source(Patients, "opened.csv"))
with scope("keyhole"):
    keyhole = healed(source(Patients, "keyhole.csv"))
    wards = healed_by_ward(source(Patients, "keyhole.csv"))
gain = (keyhole - opened).named("gain")
points = gain.to(u.PERCENTAGE_POINT).named("points")
pipeline = Pipeline(
    "stones", seed=1986, metrics=[opened, keyhole, gain, points, wards],
    gates=[
        gain.at_least(0, judged_on="estimate"), gain.at_least(-0.2, judged_on="estimate"), points.at_least(0, judged_on="estimate"),
        gain.at_least(0, judged_on="estimate", in_each=Patients.size), opened.at_least(0.5, in_each=Patients.size),
        opened.at_least(0.7, in_each=Patients.size), wards.at_least(0, in_each=Patients.ward),
    ],
)
"""


def _patients(healed: Mapping[str, tuple[int, int]]) -> Iterator[str]:
    yield "patient,size,ward,healed"
    number = 0
    for size, (well, all_of_them) in healed.items():
        for each in range(all_of_them):
            number += 1
            yield f"{number},{size},{number},{str(each < well).lower()}"


def _judged(
    folder: Path, opened: Mapping[str, tuple[int, int]], keyhole: Mapping[str, tuple[int, int]]
) -> Outcomes:
    (folder / "pipeline.py").write_text(SPEC)
    (folder / "opened.csv").write_text("\n".join(_patients(opened)) + "\n")
    (folder / "keyhole.csv").write_text("\n".join(_patients(keyhole)) + "\n")
    checked = check_file(folder / "pipeline.py")
    assert checked.plan is not None, checked.diagnostics
    store = Store.open_or_create(folder / "store")
    result = run(checked.plan, root=folder, store=store, options=RunOptions(jobs=2))
    return judge(checked.plan, result, root=folder, store=store)


@pytest.fixture(scope="module")
def stones(tmp_path_factory: pytest.TempPathFactory) -> Outcomes:
    return _judged(tmp_path_factory.mktemp("stones"), OPENED, KEYHOLE)


def _metric(outcomes: Outcomes, name: str) -> MetricOutcome:
    (found,) = [metric for metric in outcomes.metrics if metric.name == name]
    return found


def _gate(outcomes: Outcomes, name: str) -> GateOutcome:
    (found,) = [gate for gate in outcomes.gates if gate.name == name]
    return found


TURNED = (
    "gain is 0.826 - 0.780 = 0.046 over all rows, but turns around by size: "
    "large 0.688 - 0.730 = -0.043, small 0.867 - 0.931 = -0.064; -0.054 where both sides have equal shares of each size"
)


def test_a_sliced_metric_has_a_number_an_interval_and_its_rows_in_each_slice(stones: Outcomes) -> None:
    small, large = reversed(_metric(stones, "opened/healed").slices)
    assert (small.column, small.value, small.n_rows, small.number) == ("size", "small", 87, 81 / 87)
    assert (large.value, large.n_rows, large.number) == ("large", 263, 192 / 263)
    assert small.low is not None
    assert small.high is not None
    assert small.low < 81 / 87 < small.high


def test_the_kidney_stones_are_told_with_all_their_published_numbers(stones: Outcomes) -> None:
    assert _metric(stones, "gain").reversal == TURNED
    assert _metric(stones, "gain").value == pytest.approx(289 / 350 - 273 / 350, abs=1e-15)
    assert [each.number for each in _metric(stones, "gain").slices] == pytest.approx(
        [55 / 80 - 192 / 263, 234 / 270 - 81 / 87], abs=1e-15
    )


def test_a_gate_that_all_rows_pass_and_no_slice_does_is_inconclusive_and_shows_both(stones: Outcomes) -> None:
    gate = _gate(stones, "gain at least 0")
    assert gate.verdict == "inconclusive"
    assert gate.reason == f"0.0457143 (its noise not considered), wanted at least 0; {TURNED}"


def test_a_gate_that_holds_either_way_passes_and_shows_both(stones: Outcomes) -> None:
    gate = _gate(stones, "gain at least -0.2")
    assert (gate.verdict, gate.reason.endswith(TURNED)) == ("pass", True)


def test_a_conversion_turns_around_with_what_it_converts(stones: Outcomes) -> None:
    assert _gate(stones, "points at least 0").verdict == "inconclusive"
    assert _metric(stones, "points").reversal == TURNED


def test_a_gate_in_each_slice_is_as_good_as_its_worst_slice(stones: Outcomes) -> None:
    assert _gate(stones, "gain at least 0 in each size").verdict == "fail"
    assert _gate(stones, "opened/healed at least 0.5 in each size").verdict == "pass"
    gate = _gate(stones, "opened/healed at least 0.7 in each size")
    assert (gate.verdict, gate.reason.split(";")[0]) == ("inconclusive", "1 of 2 slices pass")
    assert "large: [" in gate.reason


def test_a_column_of_too_many_values_is_none_to_slice_by(stones: Outcomes) -> None:
    (only,) = _metric(stones, "keyhole/healed_by_ward").slices
    assert (only.number, only.undefined) == (None, "ward has 350 values, which are too many to be slices")
    gate = _gate(stones, "keyhole/healed_by_ward at least 0 in each ward")
    assert (gate.verdict, gate.reason) == (
        "not_evaluated",
        "0 of 1 slices pass; ward has 350 values, which are too many to be slices",
    )


def test_outcomes_with_slices_are_kept_as_plain_data(stones: Outcomes) -> None:
    data = stones.to_json()
    data.pop("verdict")
    assert outcomes_from_json(data) == stones


def test_a_missing_value_is_a_slice_and_one_that_a_side_lacks_compares_nothing(tmp_path: Path) -> None:
    outcomes = _judged(tmp_path, {**OPENED, "": (9, 10)}, KEYHOLE)
    assert [each.value for each in _metric(outcomes, "opened/healed").slices] == [
        "large",
        "small",
        "(missing)",
    ]
    gain = _metric(outcomes, "gain")
    assert (gain.reversal, gain.slices[-1].undefined) == ("", "keyhole/healed has no rows there")


def test_equal_shares_of_each_slice_turn_nothing_around(tmp_path: Path) -> None:
    shares = {"small": (80, 100), "large": (30, 100)}
    outcomes = _judged(tmp_path, shares, {"small": (70, 100), "large": (45, 100)})
    assert _metric(outcomes, "gain").reversal == ""
    assert _gate(outcomes, "gain at least 0").verdict == "pass"


def _measured(name: str, expression: plan.Expression | None = None) -> plan.Metric:
    return plan.Metric(
        name=name,
        node="" if expression else name,
        expression=expression,
        unit=plan.Unit(text="1", factor=1.0, powers={}),
        better="higher",
        low=0.0,
        high=1.0,
        aggregate=None,
        undefined="error",
        version="1",
        cluster="",
        population="",
        owner="",
        description="",
        reported=True,
        slices=("size",),
        origin=Origin("pipeline.py", 1),
    )


def _estimate(value: float, rows: int) -> Estimate:
    return Estimate(aggregate="mean", value=value, level=0.95, n_rows=rows, n_units=rows)


_slices = st.lists(
    st.tuples(st.integers(1, 50), st.integers(0, 8), st.integers(0, 8)), min_size=1, max_size=5
)


@given(_slices)
def test_means_over_the_same_rows_never_turn_around(slices: list[tuple[int, int, int]]) -> None:
    """With equal shares the difference of all rows is the slices' mean, so only a difference in shares can be found."""
    total = sum(rows for rows, _, _ in slices)
    sides = [sum(each[0] * each[side] for each in slices) / total for side in (1, 2)]
    difference = _measured("gain", plan.Expression(operation="-", operands=("one", "other")))
    metrics = {"one": _measured("one"), "other": _measured("other"), "gain": difference}
    known: dict[str, Estimate | str] = {
        "one": _estimate(sides[0], total),
        "other": _estimate(sides[1], total),
        "gain": _estimate(sides[0] - sides[1], total),
    }
    found = {
        "one": {"size": {str(at): _estimate(one, rows) for at, (rows, one, _) in enumerate(slices)}},
        "other": {"size": {str(at): _estimate(other, rows) for at, (rows, _, other) in enumerate(slices)}},
        "gain": {
            "size": {str(at): _estimate(one - other, rows) for at, (rows, one, other) in enumerate(slices)}
        },
    }
    weighted = sum(rows * (one - other) for rows, one, other in slices)
    if weighted:  # of nothing there is no sign, and rounding may give one
        assert reversal_of(difference, metrics, known, found) is None
    unsliced = attrs.evolve(difference, slices=())
    assert reversal_of(unsliced, metrics, known, found) is None
