"""The audit changes the judged rows and nothing else; what was fitted tells whether they had a part in it."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from stagelang_compiler.compiler import check_file
from stagelang_compiler.plan import Plan
from stagelang_runtime.audit import audit
from stagelang_runtime.audit.change import HOWS, How, change
from stagelang_runtime.audit.judged import fitted, judged_rows
from stagelang_runtime.execute.results import RunOptions
from stagelang_runtime.execute.runner import run
from stagelang_runtime.store import Store
from tests.corpus.leakage.language import Program
from tests.corpus.leakage.oracle import data

_HONEST = """
@stage
def change(table: Table[Meals, S]) -> Table[Meals, S]:
    return table.derive(Meals, table.pandas.assign(income=table.pandas["income"] / 1000))
"""
_DISHONEST = """
@stage(role="map")
def change(table: Table[Meals, S]) -> Table[Meals, S]:
    return table.derive(Meals, table.pandas.assign(income=table.pandas["income"] / table.pandas["income"].{}()))
"""
_RENAMED = """
class Renamed(Contract):
    number: Column[int] = column(key=True)
    household: Column[int]
    income: Column[float]
    food: Column[float]


@stage
def change(table: Table[Meals, S]) -> Table[Renamed, S]:
    return table.derive(Renamed, table.pandas.assign(number=table.pandas["household"]))
"""
_WIRING = """
table = change(meals)
halves = split(table, by={}.{}, test=0.25)
off = error(guess(fit(halves.train), halves.test))
"""


def _plan(folder: Path, stages: str, wiring: str = _WIRING.format("Meals", "household")) -> Plan:
    for name, table in data().items():
        table.to_csv(folder / name, index=False)
    program = Program(kind="", name="", codes=(), stages=stages, wiring=wiring)
    (folder / "pipeline.py").write_text(program.text, encoding="utf-8")
    checked = check_file(folder / "pipeline.py")
    assert checked.plan is not None, checked.diagnostics
    return checked.plan


def _answers(plan: Plan, folder: Path) -> list[str]:
    store = Store.open_or_create(folder / ".stagelang" / "store")
    return [str(each) for each in audit(plan, root=folder, store=store, options=RunOptions(jobs=1))]


@pytest.mark.parametrize("word", ["mean", "max"])
def test_a_stage_that_lies_about_its_role_is_found_out(tmp_path: Path, word: str) -> None:
    plan = _plan(tmp_path, _DISHONEST.format(word))
    said = ["interferes: 'fit' changed when only the test rows of 'split_change' did"]
    assert _answers(plan, tmp_path) == said
    assert _answers(plan, tmp_path) == said, "asked again it says the same, from the store"


def test_an_honest_pipeline_is_independent_and_the_audit_leaves_its_runs_alone(tmp_path: Path) -> None:
    plan = _plan(tmp_path, _HONEST)
    store = Store.open_or_create(tmp_path / ".stagelang" / "store")
    before = run(plan, root=tmp_path, store=store, options=RunOptions(jobs=1))
    said = ["independent: nothing that was fitted changed when the test rows of 'split_change' did"]
    assert _answers(plan, tmp_path) == said
    again = run(plan, root=tmp_path, store=store, options=RunOptions(jobs=1))
    assert {node.state for node in again.nodes.values()} == {"hit"}
    assert [node.key for node in again.nodes.values()] == [node.key for node in before.nodes.values()]


def test_rows_that_no_source_tells_apart_are_not_measured(tmp_path: Path) -> None:
    plan = _plan(tmp_path, _RENAMED, _WIRING.format("Renamed", "number"))
    why = "no source holds the column 'number', by which its rows are known"
    assert _answers(plan, tmp_path) == [f"not measured: the test rows of 'split_change': {why}"]


def test_a_run_that_fails_measures_nothing(tmp_path: Path) -> None:
    plan = _plan(tmp_path, _HONEST)
    (tmp_path / "meals.csv").unlink()
    assert _answers(plan, tmp_path) == ["not measured: the test rows of 'split_change': 'meals' failed"]


def test_the_judged_rows_are_those_that_metrics_read_and_what_is_fitted_lies_before_them(
    tmp_path: Path,
) -> None:
    wiring = """
parts = split(meals, by=Meals.household, test=0.25, validation=0.25)
model = fit(parts.train)
seen = error(guess(model, parts.validation))
off = error(guess(model, parts.test))
unused = fit.named("refit").options(role="deploy")(meals)
pipeline = Pipeline("food", seed=1, metrics=[seen, off], outputs=[unused])
"""
    plan = _plan(tmp_path, "", wiring)
    assert [str(each) for each in judged_rows(plan)] == [
        "the test rows of 'split_meals'",
        "the validation rows of 'split_meals'",
    ]
    assert [node.name for node in fitted(plan)] == ["fit"]


@given(
    rows=st.lists(st.tuples(st.integers(), st.floats(0, 1), st.booleans()), min_size=1, max_size=20),
    how=st.sampled_from(HOWS),
    seed=st.integers(0, 9),
)
@settings(max_examples=60, deadline=None)
def test_a_change_touches_the_chosen_rows_and_columns_only_and_brings_in_no_new_value(
    rows: list[tuple[int, float, bool]], how: How, seed: int
) -> None:
    keys = [number for number, _ in enumerate(rows)]
    table = pa.table({"key": keys, "x": [x for _, x, _ in rows], "n": [str(n) for n, *_ in rows]})
    chosen = np.array([each for *_, each in rows], dtype=np.bool_)
    changed = change(table, chosen, {"key"}, how, seed)
    assert changed.schema == table.schema
    assert changed["key"] == table["key"]
    assert changed.filter(pa.array(~chosen)) == table.filter(pa.array(~chosen))
    for name in ("x", "n"):
        before = set(table.filter(pa.array(chosen))[name].to_pylist())
        after = changed.filter(pa.array(chosen))[name].to_pylist()
        assert set(after) <= before
        assert how == "drawn" or len(set(after)) <= 1
    assert changed == change(table, chosen, {"key"}, how, seed)
