"""A column that depends on what it says it isn't made of is found out, and so is one whose code was read wrong."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

from stagelang_compiler.compiler import check_file
from stagelang_compiler.plan import Plan
from stagelang_runtime.audit import audit_columns
from stagelang_runtime.audit.columns import permuted
from stagelang_runtime.execute.results import RunOptions
from stagelang_runtime.execute.runner import run
from stagelang_runtime.location import locate_store

SPEC = """
import sys

import numpy as np

from stagelang import Column, Contract, Pipeline, S, Table, column, source, split, stage


class Scans(Contract):
    scan: Column[int] = column(key=True)
    ink: Column[float]
    width: Column[float]
    same: Column[float]


class Made(Contract):
    scan: Column[int] = column({key})
    x: Column[float]{declared}
    y: Column[float]


@stage
def make(scans: Table[Scans, S]) -> Table[Made, S]:
    frame = scans.pandas
    return scans.derive(Made, {body})


scans = source(Scans, "scans.parquet")
parts = split(scans, by=Scans.scan, test=0.25)
pipeline = Pipeline("p", seed=1, outputs=[make({read})])
"""


def plan_of(
    folder: Path, body: str, declared: str = "", key: str = "key=True", read: str = "scans", rows: int = 40
) -> Plan:
    chance = np.random.default_rng(1)
    ink, width = chance.random(rows), chance.random(rows)
    frame = pd.DataFrame({"scan": range(rows), "ink": ink, "width": width, "same": 1.0})
    frame.to_parquet(folder / "scans.parquet", index=False)
    text = SPEC.format(body=body, declared=declared, key=key, read=read)
    (folder / "pipeline.py").write_text(text, encoding="utf-8")
    checked = check_file(folder / "pipeline.py")
    assert checked.plan is not None, checked.diagnostics
    return checked.plan


def answers(plan: Plan, folder: Path) -> dict[str, str]:
    store = locate_store("", folder / ".stagelang").open()
    found = audit_columns(plan, root=folder, store=store, options=RunOptions(jobs=1))
    return {each.column: str(each) for each in found}


def test_columns_that_are_made_of_what_they_say_are_independent_of_the_rest(tmp_path: Path) -> None:
    plan = plan_of(tmp_path, "frame.assign(x=frame['ink'] * 2, y=frame['ink'] + frame['width'])")
    assert answers(plan, tmp_path) == {
        "scan": "independent: 'scan' of 'make' didn't change when 2 columns were permuted of which it isn't made (read)",
        "x": "independent: 'x' of 'make' didn't change when 1 column was permuted of which it isn't made (read)",
        "y": "nothing to permute: 'y' of 'make' is made of all that its stage reads, but for keys and what doesn't vary",
    }


def test_a_false_declaration_is_found_out_and_what_changed_it_is_named(tmp_path: Path) -> None:
    plan = plan_of(
        tmp_path,
        "frame.assign(x=list(frame['ink'] + frame['width']), y=0.0)",
        " = column(made_of=[Scans.ink])",
    )
    assert answers(plan, tmp_path)["x"] == (
        "depends: 'x' of 'make' changed when only 'width' of 'scans' was permuted, of which it says that it isn't made"
    )


def test_a_body_that_was_read_wrong_is_found_out(tmp_path: Path) -> None:
    plan = plan_of(tmp_path, "frame.assign(x=sys._getframe().f_locals['frame']['width'], y=0.0)")
    assert answers(plan, tmp_path)["x"].startswith(
        "depends: 'x' of 'make' changed when only 'width' of 'scans'"
    )


def test_rows_that_a_filter_drops_are_matched_by_their_key(tmp_path: Path) -> None:
    plan = plan_of(tmp_path, "frame[frame['width'] > 0.5].assign(x=frame['ink'], y=0.0)")
    assert answers(plan, tmp_path)["x"].startswith("independent: 'x' of 'make' didn't change when 1 column")


def test_without_a_key_rows_are_matched_by_their_places_or_not_at_all(tmp_path: Path) -> None:
    plan = plan_of(tmp_path, "frame.assign(x=frame['ink'], y=0.0)", key="")
    assert answers(plan, tmp_path)["x"].startswith("independent: ")
    plan = plan_of(tmp_path, "frame[frame['width'] > frame['ink']].assign(x=frame['ink'], y=0.0)", key="")
    assert answers(plan, tmp_path)["x"] == (
        "not measured: 'x' of 'make': no key matches its rows when 'width' of 'scans' was permuted"
    )


def test_what_is_not_the_same_twice_is_not_measured(tmp_path: Path) -> None:
    plan = plan_of(tmp_path, "frame.assign(x=getattr(np.random, 'default_' + 'rng')().random(), y=0.0)")
    assert answers(plan, tmp_path)["x"] == (
        "not measured: 'x' of 'make': it isn't the same when the stage is carried out again"
    )


def test_a_part_of_a_split_is_audited_and_the_runs_of_the_pipeline_are_left_alone(tmp_path: Path) -> None:
    plan = plan_of(tmp_path, "frame.assign(x=frame['ink'], y=0.0)", read="parts.test")
    store = locate_store("", tmp_path / ".stagelang").open()
    before = run(plan, root=tmp_path, store=store, options=RunOptions(jobs=1))
    assert answers(plan, tmp_path)["x"].startswith("independent: ")
    again = run(plan, root=tmp_path, store=store, options=RunOptions(jobs=1))
    assert {node.state for node in again.nodes.values()} == {"hit"}
    assert [node.key for node in again.nodes.values()] == [node.key for node in before.nodes.values()]


def test_a_stage_that_fails_is_not_measured(tmp_path: Path) -> None:
    plan = plan_of(
        tmp_path, "frame.assign(x=list(frame['ink'] / frame['nothing']), y=0.0)", " = column(made_of=[])"
    )
    assert set(answers(plan, tmp_path).values()) == {"not measured: 'x' of 'make': 'make' failed"} | {
        f"not measured: {name!r} of 'make': 'make' failed" for name in ("scan", "y")
    }


@pytest.mark.parametrize("column", ["a", "b"])
def test_permuting_changes_the_order_of_one_column_and_nothing_else(column: str) -> None:
    table = pa.table({"a": range(20), "b": range(20)})
    found = permuted(table, column, 1)
    other = "b" if column == "a" else "a"
    assert found.column(other).equals(table.column(other))
    assert found.column(column).to_pylist() != table.column(column).to_pylist()
    assert sorted(found.column(column).to_pylist()) == table.column(column).to_pylist()
