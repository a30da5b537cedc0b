"""What a change did to each metric: compared over what both runs have, with what they don't have said, or not compared at all."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from attrs import frozen
from numpy.typing import NDArray

from stagelang_compiler.compiler import check_file
from stagelang_runtime.execute.results import RunOptions
from stagelang_runtime.execute.runner import run
from stagelang_runtime.judge import MeasuredRun, MetricDifference, compare_runs
from stagelang_runtime.stats.amounts import about
from stagelang_runtime.store import Store

SPEC = """
from stagelang import Column, Contract, PerRow, Pipeline, Table, column, mean, metric, quantile, smooth, source, stage
from stagelang import units as u


class Rides(Contract, version="1.0"):
    ride: Column[int] = column(KEY)
    driver: Column[str] = column(GROUP)
    fare: Column[float] = column(unit=u.USD)
    minutes: Column[float] = column(gt=0, unit=u.MINUTE)


@stage
def paid(rides: Table[Rides], *, more: float = 0.0, noise: float = 0.0, least: int = 0) -> Table[Rides]:
    frame = rides.pandas
    frame["fare"] = frame["fare"] + more + noise * ((frame["ride"] * 7919 % 13) - 6)
    return rides.derive(Rides, frame[frame["ride"] >= least].sort_values("ride", ascending=ASCENDING))


@metric(unit=u.USD, better="higher", range=(None, None), aggregate=mean(), undefined="error", version="1")
def fare(rides: Table[Rides]) -> PerRow[u.USD]:
    return PerRow(rides.pandas["fare"])


@metric(unit=u.MINUTE, better="lower", range=(0, None), aggregate=mean(), undefined="error", version="1")
def duration(rides: Table[Rides]) -> PerRow[u.MINUTE]:
    return PerRow(rides.pandas["minutes"])


@metric(unit=u.USD, better="none", range=(None, None), aggregate=quantile(0.5), undefined="error", version="1")
def median_fare(rides: Table[Rides]) -> PerRow[u.USD]:
    return PerRow(rides.pandas["fare"])


rides = paid(source(Rides, "rides.csv"), more=MORE, noise=NOISE, least=LEAST)
money, time = fare(rides), duration(rides)
rate = money.per(time).named("rate")
pipeline = Pipeline("rides", seed=1, metrics=[money, time, median_fare(rides), rate], gates=[GATES])
"""
DEFAULTS = {
    "KEY": "key=True",
    "GROUP": "",
    "MORE": "0.0",
    "NOISE": "0.0",
    "LEAST": "0",
    "ASCENDING": "True",
    "GATES": "",
}
ROWS = 400


@frozen
class Bench:
    """Runs the same pipeline with something changed, all in one store."""

    folder: Path

    def run(self, name: str, replaced: Mapping[str, str] | None = None, **said: str) -> MeasuredRun:
        text = SPEC
        for word, value in {**DEFAULTS, **said}.items():
            text = text.replace(word, value)
        for old, new in (replaced or {}).items():
            assert old in text
            text = text.replace(old, new)
        root = self.folder / name
        root.mkdir()
        (root / "pipeline.py").write_text(text)
        rng = np.random.default_rng(1)
        lines = ["ride,driver,fare,minutes"]
        lines += [f"{i},d{i // 8},{10 + rng.normal():.3f},{20 + rng.normal():.3f}" for i in range(ROWS)]
        (root / "rides.csv").write_text("\n".join(lines) + "\n")
        checked = check_file(root / "pipeline.py")
        assert checked.plan is not None, checked.diagnostics
        store = Store.open_or_create(self.folder / "store")
        result = run(checked.plan, root=root, store=store, options=RunOptions(jobs=1))
        receipts = {node: each.receipt for node, each in result.nodes.items()}
        return MeasuredRun(plan=checked.plan, receipt=receipts.get, store=store, root=root)


@pytest.fixture(scope="module")
def bench(tmp_path_factory: pytest.TempPathFactory) -> Bench:
    return Bench(tmp_path_factory.mktemp("compared"))


@pytest.fixture(scope="module")
def base(bench: Bench) -> MeasuredRun:
    return bench.run("base")


def compared(base: MeasuredRun, head: MeasuredRun, **said: Any) -> dict[str, MetricDifference]:
    return {each.name: each for each in compare_runs(base, head, **said)}


def _values(run: MeasuredRun, name: str) -> NDArray[np.float64]:
    metric = run.metric(name)
    assert metric is not None
    return run.scored(metric).rows[:, 0]


def test_a_run_compared_with_itself_is_identical(base: MeasuredRun) -> None:
    found = compared(base, base)
    assert {each.verdict for each in found.values()} == {"identical"}
    assert found["fare"].base == found["fare"].head
    assert (found["fare"].difference, found["fare"].low, found["fare"].n_units) == (0.0, None, ROWS)


def test_a_change_is_judged_row_by_row(bench: Bench, base: MeasuredRun) -> None:
    head = bench.run("noisy", MORE="0.4", NOISE="0.1")
    found = compared(base, head)
    fare = found["fare"]
    pair = [_values(run, "fare") for run in (base, head)]
    moved = pair[1] - pair[0]
    reach = 1.965927295920829 * np.std(moved, ddof=1) / 20  # Student's quantile at 399 degrees of freedom
    assert (fare.low, fare.high) == pytest.approx((moved.mean() - reach, moved.mean() + reach), rel=1e-9)
    assert (fare.verdict, fare.unit, fare.better, fare.claim, fare.paired) == (
        "better",
        "USD",
        "higher",
        "artifact",
        True,
    )
    assert fare.base is not None
    assert fare.head is not None
    assert fare.difference == pytest.approx(fare.head - fare.base)
    assert fare.reason == "+0.3978, 95 % interval +0.3609 to +0.4346, over 400 rows that both runs have"
    assert found["duration"].verdict == "identical"
    assert found["median_fare"].verdict == "changed"
    json.dumps(fare.to_json(), allow_nan=False)


def test_an_expression_is_compared_unit_by_unit(bench: Bench, base: MeasuredRun) -> None:
    """A quotient's influence is that of both its parts; here only the one above the line moved."""
    head = bench.run("rated", MORE="0.4", NOISE="0.1")
    found = compared(base, head)
    rate, fare, time = found["rate"], found["fare"], found["duration"]
    assert rate.method == "delta_t"
    assert time.base is not None
    assert fare.difference is not None
    assert rate.difference == pytest.approx(fare.difference / time.base)
    assert rate.low is not None
    assert rate.high is not None
    assert fare.low is not None
    assert fare.high is not None
    assert rate.high - rate.low == pytest.approx((fare.high - fare.low) / time.base, rel=0.05)


def test_too_small_a_difference_says_how_many_rows_would_decide(bench: Bench, base: MeasuredRun) -> None:
    fare = compared(base, bench.run("small", MORE="0.02", NOISE="0.2"))["fare"]
    assert fare.verdict == "inconclusive"
    assert fare.difference is not None
    assert fare.low is not None
    assert fare.high is not None
    spread = (fare.high - fare.low) / 2 / 1.965927295920829 * 20
    needed = ((1.959963984540054 + 0.8416212335729143) * spread / fare.difference) ** 2
    assert fare.needed_n is not None
    assert fare.needed_n == pytest.approx(needed, abs=1)
    assert f"about {about(fare.needed_n)} rows would decide it" in fare.reason
    assert "no tolerance is declared" in fare.reason


@pytest.mark.parametrize(
    ("tolerance", "verdict"), [("1.0", "equivalent"), ("0.045", "not_worse"), ("0.005", "inconclusive")]
)
def test_a_declared_tolerance_decides(bench: Bench, base: MeasuredRun, tolerance: str, verdict: str) -> None:
    gate = f"money.not_worse_than('known-good', tolerance={tolerance})"
    head = bench.run(f"within{tolerance}", MORE="0.02", NOISE="0.1", GATES=gate)
    fare = compared(base, head)["fare"]
    assert (fare.verdict, fare.tolerance) == (verdict, float(tolerance))
    assert f"tolerance {float(tolerance):g}" in fare.reason


def test_lower_is_better_where_the_metric_says_so(bench: Bench, base: MeasuredRun) -> None:
    changed = {
        'frame["fare"] = ': 'frame["minutes"] = frame["minutes"] + 0.5 + frame["ride"] % 3; frame["fare"] = '
    }
    assert compared(base, bench.run("slow", changed))["duration"].verdict == "worse"


def test_rows_in_another_order_are_paired_by_their_key(bench: Bench, base: MeasuredRun) -> None:
    found = compared(base, bench.run("sorted", ASCENDING="False"))["fare"]
    assert (found.verdict, found.reason) == (
        "identical",
        "every value is the same over 400 rows that both runs have",
    )


def test_rows_of_one_run_only_are_counted_and_left_out(bench: Bench, base: MeasuredRun) -> None:
    head = bench.run("fewer", LEAST="30", MORE="0.4", NOISE="0.1")
    for one, other, left in ((base, head, (30, 0)), (head, base, (0, 30))):
        fare = compared(one, other)["fare"]
        assert (fare.base_left, fare.head_left, fare.n_unpaired) == (*left, 30)
        assert fare.n_units == ROWS - 30
    assert fare.verdict == "worse"
    assert "0 rows only in the base and 30 only in the head aren't compared: over the others " in fare.reason


def test_rows_of_one_group_are_one_unit(bench: Bench) -> None:
    grouped = bench.run("grouped", GROUP="group=True")
    fare = compared(grouped, bench.run("grouped noisy", GROUP="group=True", MORE="0.4", NOISE="0.1"))["fare"]
    assert (fare.n_units, fare.units) == (50, "values of driver")


def test_without_a_key_groups_are_paired_and_their_leftovers_counted(bench: Bench) -> None:
    head = bench.run("unnamed fewer", KEY="ge=0", GROUP="group=True", MORE="0.4", NOISE="0.1", LEAST="32")
    fare = compared(bench.run("unnamed", KEY="ge=0", GROUP="group=True"), head)["fare"]
    assert (fare.paired, fare.n_units, fare.base_left, fare.counted) == (True, 46, 4, "values of driver")
    assert fare.verdict == "better"


def test_without_any_names_the_runs_are_taken_for_independent_and_said_to_be(bench: Bench) -> None:
    nameless = bench.run("nameless", KEY="ge=0")
    fare = compared(nameless, bench.run("nameless noisy", KEY="ge=0", MORE="0.4", NOISE="0.1"))["fare"]
    assert (fare.paired, fare.method) == (False, "square_and_add")
    assert "not paired, so less certain than it could be: no key names the rows of both runs" in fare.reason
    assert fare.low is not None
    assert fare.high is not None
    assert fare.high - fare.low > 0.25


@pytest.mark.parametrize(
    ("old", "new", "reason"),
    [
        (
            'version="1")\ndef fare',
            'version="2")\ndef fare',
            "its version changed: 1 -> 2",
        ),
        (
            '@metric(unit=u.USD, better="higher"',
            '@metric(unit=u.USD, better="lower"',
            "its direction changed: better is higher -> lower",
        ),
        (
            'aggregate=mean(), undefined="error", version="1")\ndef fare',
            'aggregate=quantile(0.5), undefined="error", version="1")\ndef fare',
            "its formula changed: mean of 1 column -> quantile(0.5) of 1 column",
        ),
        (
            'version="1.0"):\n    ride: Column[int] = column(key=True)',
            'version="2.0"):\n    ride: Column[int] = column(key=True, ge=0)',
            "the contract that it reads changed: Rides 1.0 -> Rides 2.0",
        ),
    ],
    ids=["version", "direction", "formula", "contract"],
)
def test_numbers_that_mean_something_else_are_not_subtracted(
    bench: Bench, base: MeasuredRun, request: pytest.FixtureRequest, old: str, new: str, reason: str
) -> None:
    head = bench.run(f"other {request.node.callspec.id}", {old: new})
    fare = compared(base, head)["fare"]
    assert (fare.verdict, fare.reason, fare.difference) == ("not_comparable", reason, None)
    rate = compared(base, head)["rate"]
    assert rate.verdict == "not_comparable"


def test_a_metric_whose_own_code_changed_is_said_to_have(bench: Bench, base: MeasuredRun) -> None:
    scored = {
        'PerRow(rides.pandas["fare"])\n\n\n@metric(unit=u.MINUTE': 'PerRow(rides.pandas["fare"] * 1.001)\n\n\n@metric(unit=u.MINUTE'
    }
    fare = compared(base, bench.run("recoded", scored))["fare"]
    assert fare.verdict == "better"
    assert fare.reason.endswith("; the metric's own code changed too, under the same version")


def test_metrics_of_one_run_only_are_new_or_gone_unless_they_were_renamed(
    bench: Bench, base: MeasuredRun
) -> None:
    head = bench.run(
        "renamed", {"def fare(": "def income(", "fare(rides), duration": "income(rides), duration"}
    )
    found = compared(base, head)
    assert (found["income"].verdict, found["income"].reason) == ("new", "only the head has it")
    assert (found["fare"].verdict, found["fare"].reason) == ("gone", "only the base has it")
    assert found["fare"].base == found["income"].head
    again = compared(base, head, renamed={"fare": "income"})
    assert (again["income"].verdict, again["income"].base_name) == ("identical", "fare")
    assert "fare" not in again


def test_what_was_not_measured_is_not_compared(bench: Bench, base: MeasuredRun) -> None:
    missing = MeasuredRun(plan=base.plan, receipt=lambda _: None, store=base.store)
    found = compared(missing, base)["fare"]
    assert (found.verdict, found.reason) == ("not_measured", "base: there is no result of 'fare'")
    assert found.head is not None
    assert compared(base, missing)["rate"].reason == "head: there is no result of 'fare'"
