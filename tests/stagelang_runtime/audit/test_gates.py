"""The audit of rows says of a run what the judged rows have in common with those that were learnt from."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

from stagelang_compiler.compiler import check_file
from stagelang_runtime.audit import audit, audit_rows
from stagelang_runtime.execute.results import RunOptions
from stagelang_runtime.store import Store
from tests.corpus.leakage.language import Program
from tests.corpus.leakage.oracle import data
from tests.corpus.leakage.outside import FOLDS

_SPLIT = "halves = split(meals, by=Meals.household, test=0.25)\noff = error(guess(fit(halves.train), halves.test))\n"
_NONE = "no value of 'household' of the test rows of 'split_meals' is among those that were learnt from"
_FEATURES = "not measured: features: nothing that is fitted reads a column with role='label'"
_TIMED = """
class Labelled(Contract):
    household: Column[int] = column(key=True)
    street: Column[str] = column(group=True)
    day: Column[dt.datetime] = column(time=True)
    income: Column[float] = column(role="feature")
    food: Column[float] = column(role="label")


class Told(Contract):
    household: Column[int] = column(key=True)
    street: Column[str] = column(group=True)
    off: Column[float]


@stage
def tell(model: Model[float], rows: Table[Labelled, S]) -> Table[Told, S]:
    frame = rows.pandas
    return rows.derive(Told, frame.assign(off=(frame["income"] * model.value - frame["food"]).abs()))


@metric(
    unit=u.USD, better="lower", range=(0, None), aggregate=mean(), undefined="error", version="1", cluster=Told.street
)
def miss(told: Table[Told]) -> PerRow[u.USD]:
    return PerRow(told.pandas["off"])
"""


def _audited(folder: Path, wiring: str, stages: str = "", **tables: pd.DataFrame) -> list[str]:
    for name, table in {**data(), **{f"{name}.csv": table for name, table in tables.items()}}.items():
        table.to_csv(folder / name, index=False)
    program = Program(kind="", name="", codes=(), stages=stages, wiring=wiring)
    (folder / "pipeline.py").write_text(program.text, encoding="utf-8")
    checked = check_file(folder / "pipeline.py")
    assert checked.plan is not None, checked.diagnostics
    store = Store.open_or_create(folder / ".stagelang" / "store")
    options = RunOptions(jobs=1)
    answers = audit(checked.plan, root=folder, store=store, options=options)
    assert {each.answer for each in answers} == {"independent"}
    return [str(each) for each in audit_rows(checked.plan, root=folder, store=store, options=options)]


def test_a_clean_run_passes_what_can_be_measured(tmp_path: Path) -> None:
    assert _audited(tmp_path, _SPLIT) == [
        f"pass: keys: {_NONE}",
        "pass: copies: 0 of 70 of the test rows of 'split_meals' (0 %) equal a row to learn from in all but keys",
        "pass: near copies: 0 of 70 of the test rows of 'split_meals' (0 %) almost equal a row to learn from",
        "pass: population: the test rows of 'split_meals' are distributed as the rows to learn from are: most moved 'income' (0.50)",
        _FEATURES,
    ]


def test_rows_that_another_source_holds_as_well_are_counted_by_their_key(tmp_path: Path) -> None:
    wiring = "off = error(guess(fit(others), meals))\n"
    overlapping = data()["meals.csv"].tail(40)
    found = _audited(tmp_path, wiring, others=overlapping)
    assert found == [
        "fail: keys: values of 'household' of the rows of 'meals' are among those that were learnt from: 'fit' (40)",
        "pass: population: the rows of 'meals' are distributed as the rows to learn from are: most moved 'food' (0.31)",
        _FEATURES,
    ]


def test_copies_under_another_key_are_counted(tmp_path: Path) -> None:
    meals = data()["meals.csv"]
    doubled = pd.concat([meals, meals.assign(household=meals["household"] + 10_000)])
    found = _audited(tmp_path, _SPLIT, meals=doubled)
    assert found[0] == f"pass: keys: {_NONE}"
    assert [each.partition(" of the test")[0] for each in found[1:3]] == [
        "fail: copies: 94 of 138",
        "fail: near copies: 94 of 138",
    ]


def test_groups_times_and_single_features_are_looked_at_where_they_are_declared(tmp_path: Path) -> None:
    wiring = """
labelled = source(Labelled, "meals.csv", name="labelled")
parts = split_by_time(labelled, by=Labelled.day, test_from=dt.date(2026, 4, 1))
off = miss(tell(fit(parts.train), parts.test))
"""
    found = _audited(tmp_path, wiring, _TIMED)
    assert found == [
        "pass: keys: no value of 'household' of the test rows of 'split_labelled' is among those that were learnt from",
        "fail: groups: values of 'street' of the test rows of 'split_labelled' are among those that were learnt from: 'fit' (24)",
        "pass: times: the last train row of 'split_labelled' is of 2026-03-31 00:00:00, and 0 test rows are before its end",
        "pass: copies: 0 of 60 of the test rows of 'split_labelled' (0 %) equal a row to learn from in all but keys",
        "pass: near copies: 0 of 60 of the test rows of 'split_labelled' (0 %) almost equal a row to learn from",
        "fail: features: a single feature tells 'food', which 'fit' learns, almost perfectly: 'income' (0.963)",
        (
            "pass: feature jumps: features of 'split_labelled' tell 'food' as well among the test rows of 'split_labelled': "
            "most lost 'income' (0.963 and 0.985)"
        ),
        "pass: past alone: 'tell' gives the same rows up to each of 9 moments without what came later",
    ]


def test_rows_without_the_key_are_not_measured(tmp_path: Path) -> None:
    stages = """
class Bare(Contract):
    income: Column[float]
    food: Column[float]


@stage
def bare(*rows: Table[Meals, Train]) -> Table[Bare, Train]:
    return Table.of(Bare, pd.concat([each.pandas for each in rows])[["income", "food"]], Train)
"""
    wiring = _SPLIT.replace("fit(halves.train)", "fit(bare(halves.train, more.train))").replace(
        "off =", "more = split(others, by=Meals.household, test=0.5, name='more')\noff ="
    )
    said = "'fit' learnt from rows without the column 'household' of the test rows of 'split_meals'"
    assert _audited(tmp_path, wiring, stages)[0] == f"not measured: keys: {said}"


def test_a_run_that_fails_measures_nothing(tmp_path: Path) -> None:
    program = Program(kind="", name="", codes=(), stages="", wiring=_SPLIT)
    (tmp_path / "pipeline.py").write_text(program.text, encoding="utf-8")
    plan = check_file(tmp_path / "pipeline.py").plan
    assert plan is not None
    store = Store.open_or_create(tmp_path / ".stagelang" / "store")
    found = audit_rows(plan, root=tmp_path, store=store, options=RunOptions(jobs=1))
    assert [str(each) for each in found] == ["not measured: keys: 'meals' failed"]


@pytest.mark.parametrize("name", ["all folds pooled, each by a model of the others"])
def test_each_fold_is_asked_about_its_own_model(tmp_path: Path, name: str) -> None:
    (program,) = (each for each in FOLDS.programs if each.name == name)
    found = _audited(tmp_path, program.wiring, program.stages)
    keys = [each for each in found if ": keys: " in each]
    assert keys == [
        f"pass: keys: no value of 'household' of the test rows of 'folds_meals_{number}' is among those that were learnt from"
        for number in (1, 2, 3)
    ]
