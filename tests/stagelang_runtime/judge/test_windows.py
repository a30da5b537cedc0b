"""Windows of time: which rows a metric is a number of, and what is usual by those before (methods: conformal thresholds)."""

from __future__ import annotations

import datetime as dt
import random
from pathlib import Path

import pyarrow as pa
import pytest

from stagelang_compiler.compiler import check_file
from stagelang_compiler.plan import Window
from stagelang_runtime.execute.results import RunOptions
from stagelang_runtime.execute.runner import run
from stagelang_runtime.judge import Outcomes, judge
from stagelang_runtime.judge.windows import usual_bound, values_by_window, windows_of
from stagelang_runtime.stats.aggregates import mean
from stagelang_runtime.stats.lift import lift
from stagelang_runtime.store import Store

SPEC = """
import datetime as dt

from stagelang import Column, Contract, PerRow, Pipeline, Table, Window, column, mean, metric, source
from stagelang import units as u


class Calls(Contract):
    call: Column[int] = column(key=True)
    at: Column[dt.datetime] = column(time=True)
    office: Column[str]
    waited: Column[float] = column(ge=0, unit=u.SECOND)


@metric(
    unit=u.SECOND, better="BETTER", range=(0, None), aggregate=mean(), undefined="error", version="1",
    window=Window("day", zone="Europe/Vienna"), slices=[Calls.office],
)
def wait(calls: Table[Calls]) -> PerRow[u.SECOND]:
    return PerRow(calls.pandas[Calls.waited])

waits = wait(source(Calls, "calls.csv"))
pipeline = Pipeline("calls", seed=1, metrics=[waits], gates=[waits.as_usual(windows=4, alpha=0.2)])
"""
DAYS = [10.0, 14.0, 11.0, 12.0]
MIDNIGHT = dt.datetime(2026, 3, 27, 23, tzinfo=dt.UTC)
"""Of the 28th in Vienna; summer time begins a day later."""


def _judged(folder: Path, last: float, days: list[float] = DAYS, better: str = "lower") -> Outcomes:
    """Give one call at night and one in the evening, which in UTC are of two days, for each day's wait."""
    (folder / "pipeline.py").write_text(SPEC.replace("BETTER", better))
    lines = ["call,at,office,waited"]
    for number, waited in enumerate([*days, last]):
        night = MIDNIGHT + dt.timedelta(days=number, minutes=30)
        evening = night + dt.timedelta(hours=20)
        lines += [f"{2 * number},{night:%Y-%m-%dT%H:%M:%S},north,{waited - 1}"]
        lines += [f"{2 * number + 1},{evening:%Y-%m-%dT%H:%M:%S},south,{waited + 1}"]
    (folder / "calls.csv").write_text("\n".join(lines) + "\n")
    checked = check_file(folder / "pipeline.py")
    assert checked.plan is not None, checked.diagnostics
    store = Store.open_or_create(folder / "store")
    result = run(checked.plan, root=folder, store=store, options=RunOptions(jobs=1))
    return judge(checked.plan, result, root=folder, store=store)


def test_a_metric_with_a_window_is_a_number_of_the_last_one_also_in_its_slices(tmp_path: Path) -> None:
    (found,) = _judged(tmp_path, 13.0).metrics
    assert (found.value, found.n_rows, found.window) == (13.0, 2, "2026-04-01")
    assert [(each.value, each.number) for each in found.slices] == [("north", 12.0), ("south", 14.0)]


@pytest.mark.parametrize(
    ("last", "better", "verdict", "wanted"),
    [
        (14.0, "lower", "pass", "at most 14"),
        (14.5, "lower", "fail", "at most 14"),
        (2.0, "lower", "pass", "at most 14"),
        (10.0, "higher", "pass", "at least 10"),
        (9.5, "higher", "fail", "at least 10"),
        (99.0, "higher", "pass", "at least 10"),
    ],
)
def test_a_window_is_usual_where_it_is_no_worse_than_the_windows_before_allow(
    last: float, better: str, verdict: str, wanted: str, tmp_path: Path
) -> None:
    gate = next(each for each in _judged(tmp_path, last, better=better).gates if "as usual" in each.name)
    assert (gate.name, gate.verdict, gate.reason) == (
        "wait as usual in 4 windows, alpha 0.2",
        verdict,
        f"{last:g} in 2026-04-01, wanted {wanted}, as in the 4 windows before",
    )


def test_too_few_windows_say_nothing_and_pass_nothing(tmp_path: Path) -> None:
    gate = next(each for each in _judged(tmp_path, 13.0, DAYS[:3]).gates if "as usual" in each.name)
    assert (gate.verdict, gate.reason) == (
        "not_evaluated",
        "3 windows before 2026-03-31 have a number, 4 are needed",
    )


def test_only_as_many_windows_as_are_asked_for_say_what_is_usual(tmp_path: Path) -> None:
    gate = next(each for each in _judged(tmp_path, 15.0, [99.0, *DAYS]).gates if "as usual" in each.name)
    assert gate.verdict == "fail"


def _starts(every: str, zone: str, *moments: str) -> list[str]:
    times = pa.chunked_array([pa.array([dt.datetime.fromisoformat(each) for each in moments])])
    window = Window(every=every, zone=zone, by="at")  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    return list(windows_of(times, window).starts)


def test_windows_begin_where_the_calendar_of_their_zone_says() -> None:
    night = ("2026-03-29T00:30:00", "2026-03-29T21:30:00", "2026-03-29T22:30:00")
    assert _starts("day", "UTC", *night) == ["2026-03-29"]
    assert _starts("day", "Europe/Vienna", *night) == [
        "2026-03-29",
        "2026-03-30",
    ]  # summer time began that day
    assert _starts("week", "UTC", "2026-03-29T12:00:00", "2026-03-30T12:00:00") == [
        "2026-03-23",
        "2026-03-30",
    ]
    assert _starts("month", "America/New_York", "2026-04-01T03:00:00") == ["2026-03-01"]
    assert _starts("quarter", "UTC", "2026-05-05T00:00:00") == ["2026-04-01"]
    assert _starts("hour", "Asia/Kolkata", "2026-05-05T10:40:00") == ["2026-05-05 16:00"]


def test_days_without_a_time_are_taken_as_they_are() -> None:
    days = pa.chunked_array([pa.array([dt.date(2026, 3, 31), dt.date(2026, 4, 1), dt.date(2026, 3, 1)])])
    found = windows_of(days, Window(every="month", zone="", by="on"))
    assert (list(found.starts), found.of_row.tolist()) == (["2026-03-01", "2026-04-01"], [0, 1, 0])
    values = values_by_window(lift(mean(), [[1.0, 5.0, 2.0]]), mean(), found)
    assert values == [("2026-03-01", 1.5), ("2026-04-01", 5.0)]


def test_rows_without_a_time_are_in_no_window() -> None:
    times = pa.chunked_array([pa.array([dt.datetime(2026, 1, 1, tzinfo=dt.UTC), None])])
    with pytest.raises(ValueError, match=r"^1 of 2 rows have no 'at', so no window$"):
        windows_of(times, Window(every="day", zone="UTC", by="at"))


@pytest.mark.parametrize(("windows", "alpha"), [(19, 0.05), (39, 0.05), (99, 0.01), (4, 0.2), (9, 0.3)])
def test_a_window_like_the_others_fails_as_often_as_alpha_says_at_most(windows: int, alpha: float) -> None:
    """Of n + 1 exchangeable windows each is as likely the last, so the rate is counted, not sampled."""
    pick = random.Random(windows)
    for _ in range(20):
        scores = [pick.gauss(0, 1) ** 3 for _ in range(windows + 1)]
        failing = sum(
            each > usual_bound([other for at, other in enumerate(scores) if at != last], alpha)
            for last, each in enumerate(scores)
        )
        assert failing / (windows + 1) <= alpha + 1e-12
        assert failing >= 1


@pytest.mark.parametrize(("windows", "alpha"), [(18, 0.05), (98, 0.01), (3, 0.2)])
def test_fewer_windows_have_no_bound(windows: int, alpha: float) -> None:
    with pytest.raises(ValueError, match=rf"^{windows} windows say nothing at α = {alpha:g}$"):
        usual_bound([0.0] * windows, alpha)
