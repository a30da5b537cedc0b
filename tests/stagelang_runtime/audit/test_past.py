"""Stages of rows in time are asked whether they look ahead: ten that do, and ten that don't."""

from __future__ import annotations

from pathlib import Path

import pytest

from stagelang_compiler.checks.leakage.row_wise import row_wise
from stagelang_compiler.compiler import check_file
from stagelang_runtime.audit import audit_rows
from stagelang_runtime.audit.measured import Measured
from stagelang_runtime.execute.results import RunOptions
from stagelang_runtime.store import Store
from tests.corpus.leakage.language import Program
from tests.corpus.leakage.oracle import data

_SET = "frame.assign(income={})"
AHEAD = {
    "the next value": _SET.format("frame['income'].shift(-1).fillna(0.0)"),
    "a window around each row": _SET.format("frame['income'].rolling(5, center=True, min_periods=1).mean()"),
    "filled from behind": _SET.format("frame['income'].where(frame['income'] > 60).bfill().fillna(0.0)"),
    "interpolated": _SET.format("frame['income'].where(frame['income'] > 60).interpolate().fillna(0.0)"),
    "the mean of all times": _SET.format("(frame['income'] - frame['income'].mean()).abs()"),
    "a rank": _SET.format("frame['income'].rank()"),
    "the last value of the street": _SET.format("frame.groupby('street')['income'].transform('last')"),
    "the last row of each street": "frame.drop_duplicates('street', keep='last')",
    "smoothed both ways": _SET.format("frame['income'][::-1].ewm(alpha=0.5).mean()[::-1]"),
    "the largest yet to come": _SET.format("frame['income'][::-1].cummax()[::-1]"),
}
BACK = {
    "the value before": _SET.format("frame['income'].shift(1).fillna(0.0)"),
    "a window behind each row": _SET.format("frame['income'].rolling(5, min_periods=1).mean()"),
    "filled from before": _SET.format("frame['income'].where(frame['income'] > 60).ffill().fillna(0.0)"),
    "a difference to the row before": _SET.format("frame['income'].diff().abs().fillna(0.0)"),
    "the mean so far": _SET.format("frame['income'].expanding().mean()"),
    "smoothed": _SET.format("frame['income'].ewm(alpha=0.5).mean()"),
    "the first value of the street": _SET.format("frame.groupby('street')['income'].transform('first')"),
    "the first row of each street": "frame.drop_duplicates('street')",
    "the largest so far": _SET.format("frame['income'].cummax()"),
    "each row by itself": _SET.format("frame['income'] / 2"),
}
_STAGE = """
@stage(role="map")
def {name}(table: Table[Days, S]) -> Table[Days, S]:
    frame = table.pandas.sort_values(["day", "household"])
    return table.derive(Days, {body})

"""
_SPLIT = """
halves = split_by_time({prepared}, by=Days.day, test_from=dt.date(2026, 4, 1))
off = error(guess(fit(halves.train), halves.test))
"""


def _audited(folder: Path, stages: str, wiring: str) -> list[Measured]:
    for name, table in data().items():
        table.to_csv(folder / name, index=False)
    text = Program(kind="", name="", codes=(), stages=stages, wiring=wiring).text
    (folder / "pipeline.py").write_text(text, encoding="utf-8")
    checked = check_file(folder / "pipeline.py")
    assert checked.graph is not None and checked.plan is not None, checked.diagnostics
    store = Store.open_or_create(folder / ".stagelang" / "store")
    options, taken = RunOptions(jobs=2), row_wise(checked.graph)
    found = audit_rows(checked.plan, root=folder, store=store, options=options, row_wise=taken)
    return [each for each in found if each.what == "past alone"]


def _verdicts(folder: Path, bodies: dict[str, str]) -> dict[str, str]:
    names = {f"do_{number}": what for number, what in enumerate(bodies)}
    stages = "".join(_STAGE.format(name=name, body=bodies[what]) for name, what in names.items())
    made = ", ".join(f"{name}(days)" for name in names)
    wiring = f'{_SPLIT.format(prepared="days")}pipeline = Pipeline("food", seed=1, metrics=[off], outputs=[{made}])\n'
    return {names[each.said.split("'")[1]]: each.verdict for each in _audited(folder, stages, wiring)}


def test_ten_stages_that_look_ahead_are_found_out(tmp_path: Path) -> None:
    assert len(AHEAD) == 10
    assert _verdicts(tmp_path, AHEAD) == dict.fromkeys(AHEAD, "fail")


def test_ten_stages_that_look_back_are_not(tmp_path: Path) -> None:
    assert len(BACK) == 10
    assert _verdicts(tmp_path, BACK) == dict.fromkeys(BACK, "pass")


_JOIN = """
@stage(role="join")
def prep(rows: Table[Days, S], known: Table[Days]) -> Table[Days, S]:
    frame, beside = (each.pandas.sort_values(["day", "household"]) for each in (rows, known))
    beside = beside[beside["day"].dt.day % 5 == 0][["day", "food"]]
    joined = pd.merge_asof(frame.drop(columns=["food"]), beside, on="day", direction={how!r})
    return rows.derive(Days, joined.fillna({{"food": 0.0}}))
"""


@pytest.mark.parametrize(
    ("how", "said"),
    [
        (
            "backward",
            "pass: past alone: 'prep' gives the same rows up to each of 9 moments without what came later",
        ),
        (
            "forward",
            "fail: past alone: 'prep' gives other rows for 6 of 26 up to 2026-01-13 00:00:00 when it doesn't see what came later",
        ),
    ],
)
def test_a_join_is_asked_what_was_known_by_then(tmp_path: Path, how: str, said: str) -> None:
    wiring = 'timed = source(Days, "others.csv", name="timed")\n' + _SPLIT.format(
        prepared="prep(days, timed)"
    )
    (found,) = _audited(tmp_path, _JOIN.format(how=how), wiring)
    assert str(found) == said
