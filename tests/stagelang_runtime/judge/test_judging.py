"""What a run comes to: metric values with intervals, and gates that pass only on evidence."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from stagelang_compiler.compiler import check_file
from stagelang_compiler.plan import Plan
from stagelang_compiler.plan_codec import digest
from stagelang_runtime.execute.results import RunOptions
from stagelang_runtime.execute.runner import run
from stagelang_runtime.judge import Outcomes, judge
from stagelang_runtime.judge.outcomes import GateOutcome, MetricOutcome, Word, outcomes_from_json
from stagelang_runtime.location import locate_store
from stagelang_runtime.session import read_outcome, run_session
from stagelang_runtime.store import Store

SPEC = """
from stagelang import Budget, Column, Contract, PerRow, Pipeline, Table, column, mean, metric, ratio, source, stage, total
from stagelang import units as u


class Rides(Contract):
    ride: Column[int] = column(key=True)
    driver: Column[str] = column(group=True)
    fare: Column[float] = column(ge=0, unit=u.USD)
    minutes: Column[float] = column(gt=0, unit=u.MINUTE)


@stage(budget=Budget(wall="5min"))
def paid(rides: Table[Rides]) -> Table[Rides]:
    return rides.derive(Rides, rides.pandas)


@metric(unit=u.USD, better="higher", range=(0, None), aggregate=mean(), undefined="error", version="1")
def fare(rides: Table[Rides]) -> PerRow[u.USD]:
    return PerRow(rides.pandas["fare"])


@metric(unit=u.MINUTE, better="lower", range=(0, None), aggregate=mean(), undefined="error", version="1")
def duration(rides: Table[Rides]) -> PerRow[u.MINUTE]:
    return PerRow(rides.pandas["minutes"])


@metric(unit=u.RATIO, better="higher", range=(0, None), aggregate=ratio(), undefined=UNDEFINED, version="1")
def tips(rides: Table[Rides]) -> PerRow[u.RATIO]:
    zero = rides.pandas["fare"] * 0
    return PerRow(zero, zero)


rides = paid(source(Rides, "rides.csv"))
money, time, tip = fare(rides), duration(rides), tips(rides)
rate = money.per(time).named("rate")
difference = (money - money).named("nothing")
pipeline = Pipeline(
    "rides", seed=1, metrics=[money, time, tip, rate, difference],
    gates=[money.at_least(5.0), money.at_least(10.4), money.at_least(30.0), rate.at_least(0.5), tip.at_least(0.1),
           money.not_worse_than("known-good", tolerance=1.0)],
)
"""
ROWS = [(ride, "abcdefghij"[ride // 6], 10.0 + ride * ride % 7 / 2, 20.0 - ride**3 % 5) for ride in range(60)]
MEAN_FARE = sum(row[2] for row in ROWS) / 60


def _compiled(folder: Path, undefined: str = '"error"', spec: str = SPEC) -> Plan:
    (folder / "pipeline.py").write_text(spec.replace("UNDEFINED", undefined))
    lines = ["ride,driver,fare,minutes", *(",".join(str(cell) for cell in row) for row in ROWS)]
    (folder / "rides.csv").write_text("\n".join(lines) + "\n")
    checked = check_file(folder / "pipeline.py")
    assert checked.plan is not None, checked.diagnostics
    return checked.plan


def _judged(folder: Path, undefined: str = '"error"', spec: str = SPEC) -> Outcomes:
    plan = _compiled(folder, undefined, spec)
    store = Store.open_or_create(folder / "store")
    result = run(plan, root=folder, store=store, options=RunOptions(jobs=2))
    return judge(plan, result, root=folder, store=store)


@pytest.fixture(scope="module")
def outcomes(tmp_path_factory: pytest.TempPathFactory) -> Outcomes:
    return _judged(tmp_path_factory.mktemp("rides"))


def _metric(outcomes: Outcomes, name: str) -> MetricOutcome:
    (found,) = [metric for metric in outcomes.metrics if metric.name == name]
    return found


def _gates(outcomes: Outcomes, subject: str, *kinds: str) -> list[tuple[str, str]]:
    wanted = kinds or ("metric",)
    return [
        (gate.name, gate.verdict)
        for gate in outcomes.gates
        if gate.subject == subject and gate.kind in wanted
    ]


def test_a_mean_is_measured_over_rows_and_its_interval_over_their_groups(outcomes: Outcomes) -> None:
    money = _metric(outcomes, "fare")
    assert money.value == pytest.approx(MEAN_FARE, abs=1e-12)
    assert (money.n_rows, money.n_units, money.cluster) == (60, 10, "driver")
    assert money.low is not None
    assert money.high is not None
    assert money.low < MEAN_FARE < money.high


def test_each_gate_on_a_metric_gets_its_own_verdict(outcomes: Outcomes) -> None:
    assert _gates(outcomes, "fare")[0] == ("fare at least 5", "pass")
    assert _gates(outcomes, "fare")[2] == ("fare at least 30", "fail")
    assert _gates(outcomes, "fare")[3] == ("fare not worse than known-good by more than 1", "not_evaluated")


def test_a_zero_denominator_is_an_error_where_the_metric_says_so(outcomes: Outcomes) -> None:
    assert _metric(outcomes, "tips").value is None
    assert _metric(outcomes, "tips").undefined == "the denominator is 0"
    assert _gates(outcomes, "tips") == [("tips at least 0.1", "error")]
    assert outcomes.verdict == "error"


def test_a_quotient_of_metrics_has_the_quotient_of_values_and_a_wider_interval(outcomes: Outcomes) -> None:
    rate, money, time = (_metric(outcomes, name) for name in ("rate", "fare", "duration"))
    assert money.value is not None
    assert time.value is not None
    assert rate.value == money.value / time.value
    assert rate.unit == "USD/min"
    assert rate.low is not None
    assert money.low is not None
    assert rate.low < money.low / time.value


def test_a_difference_of_a_metric_with_itself_is_not_taken_for_independent(outcomes: Outcomes) -> None:
    nothing, money = _metric(outcomes, "nothing"), _metric(outcomes, "fare")
    assert nothing.value == 0.0
    assert money.low is not None
    assert money.high is not None
    assert nothing.high == pytest.approx(money.high - money.low)


def test_contracts_and_budgets_are_gates_too(outcomes: Outcomes) -> None:
    assert ("rides: Rides", "pass") in _gates(outcomes, "rides", "contract")
    assert ("paid: wall", "pass") in _gates(outcomes, "paid", "budget")


def test_outcomes_read_back_as_they_were_written(outcomes: Outcomes) -> None:
    assert outcomes_from_json(json.loads(json.dumps(outcomes.to_json(), allow_nan=False))) == outcomes


@pytest.mark.parametrize(
    ("undefined", "verdict", "value"),
    [('"not_evaluated"', "not_evaluated", None), ("0.25", "inconclusive", 0.25)],
)
def test_a_metric_without_a_value_is_judged_as_it_declares(
    tmp_path: Path, undefined: str, verdict: str, value: float | None
) -> None:
    outcomes = _judged(tmp_path, undefined)
    assert _metric(outcomes, "tips").value == value
    assert _gates(outcomes, "tips") == [("tips at least 0.1", verdict)]


@pytest.mark.parametrize(
    ("undefined", "verdicts", "whole"),
    [
        ('"error"', [("tips has a value", "error")], "error"),
        ('"not_evaluated"', [], "pass"),
        ("0.25", [], "pass"),
    ],
)
def test_a_metric_without_a_value_or_a_gate_is_no_pass_unless_it_declares_so(
    tmp_path: Path, undefined: str, verdicts: list[tuple[str, str]], whole: str
) -> None:
    head, _, _ = SPEC.partition("    gates=[")
    outcomes = _judged(tmp_path, undefined, f"{head})\n")
    assert _gates(outcomes, "tips") == verdicts
    assert outcomes.verdict == whole


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ("return {}['means']", "its finaliser 'broken' raised KeyError: 'means'"),
        ("return None", "its finaliser 'broken' raised TypeError: float() argument must be "),
        ("raise SystemExit(0)", "its finaliser 'broken' called sys.exit(0)"),
    ],
)
def test_a_finaliser_that_breaks_is_the_metrics_own_failure_and_takes_no_declared_value(
    tmp_path: Path, body: str, said: str
) -> None:
    spec = SPEC.replace("aggregate=ratio()", "aggregate=smooth(broken, columns=2)").replace(
        "ratio,", "smooth,"
    )
    spec = spec.replace("\n\n\n@", f"\n\n\ndef broken(means):\n    {body}\n\n\n@", 1)
    outcomes = _judged(tmp_path, "0.25", spec)
    assert _metric(outcomes, "tips").value is None
    assert _metric(outcomes, "tips").undefined.startswith(said)
    assert _gates(outcomes, "tips") == [("tips at least 0.1", "not_evaluated")]


def test_a_pass_needs_every_gate_to_pass_and_every_node_to_finish() -> None:
    def verdict(*words: Word, finished: bool = True) -> Word:
        gates = tuple(
            GateOutcome(name="g", subject="s", kind="metric", verdict=word, reason="") for word in words
        )
        return Outcomes(metrics=(), gates=gates, finished=finished).verdict

    assert verdict("pass", "pass") == "pass"
    assert verdict("pass", "not_evaluated") == "not_evaluated"
    assert verdict("pass", "inconclusive", "not_evaluated") == "inconclusive"
    assert verdict("fail", "inconclusive") == "fail"
    assert verdict("fail", "error") == "error"
    assert verdict("pass", finished=False) == "error"


def test_broken_data_fails_the_contracts_gate_and_names_its_rows(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    plan = _compiled(tmp_path)
    with (tmp_path / "rides.csv").open("a") as file:
        file.write("60,a,-3.0,20.0\n")
    code = run_session(
        plan,
        digest=digest(plan),
        root=tmp_path,
        location=locate_store(tmp_path / "store", tmp_path),
        options=RunOptions(jobs=1),
    )
    printed = capsys.readouterr()
    assert code == 1
    assert "rides: fail" in printed.out
    assert "column 'fare'" in printed.err
    kept = read_outcome(tmp_path / "store", "rides")
    assert kept is not None
    assert kept["exit"] == 1
    assert kept["outcomes"]["verdict"] == "fail"
