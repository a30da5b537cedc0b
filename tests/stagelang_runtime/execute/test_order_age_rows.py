"""What a pipeline promises of order, age and numbers of rows is judged in its run, and no promise passes unseen."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import pandas as pd
import pytest
from attrs import evolve

from stagelang_compiler.compiler import check_file
from stagelang_compiler.plan import Plan
from stagelang_runtime.execute.known import known_results
from stagelang_runtime.execute.results import RunOptions, RunResult
from stagelang_runtime.execute.runner import run
from stagelang_runtime.judge import judge
from stagelang_runtime.location import locate_store

SPEC = """
import datetime as dt

from stagelang import Column, Contract, Pipeline, S, Table, column, source, split, stage


class Arrivals(Contract, sorted_by="at", max_age=dt.timedelta(hours=6)):
    flight: Column[int] = column(key=True)
    at: Column[dt.datetime] = column(time=True)
    late: Column[float]


class Late(Contract):
    flight: Column[int] = column(key=True)
    late: Column[float]


@stage({declared})
def late(arrivals: Table[Arrivals, S]) -> Table[Late, S]:
    frame = arrivals.pandas
    return arrivals.derive(Late, {body})


arrivals = source(Arrivals, "arrivals.parquet")
parts = split(arrivals, by=Arrivals.flight, test=0.25)
pipeline = Pipeline("flights", seed=1, outputs=[late(arrivals), late(parts.test)])
"""
FILTER = "frame[frame['late'] > 0]"


def plan_of(folder: Path, declared: str = "rows='filter'", body: str = FILTER) -> Plan:
    (folder / "pipeline.py").write_text(SPEC.format(declared=declared, body=body), encoding="utf-8")
    checked = check_file(folder / "pipeline.py")
    assert checked.plan is not None, checked.diagnostics
    return checked.plan


def write(folder: Path, hours: float, *, ordered: bool = True) -> None:
    """Write arrivals of which the newest is so many hours old; the one for the test part is a day old."""
    newest = dt.datetime.now(dt.UTC).replace(tzinfo=None) - dt.timedelta(hours=hours)
    at = [newest - dt.timedelta(hours=age) for age in range(40)]
    frame = pd.DataFrame({"flight": range(40), "at": at, "late": [float(number % 3) for number in range(40)]})
    frame = frame.sort_values("at") if ordered else frame
    frame.astype({"at": "datetime64[us]"}).to_parquet(folder / "arrivals.parquet", index=False)


def carried_out(folder: Path, plan: Plan) -> RunResult:
    store = locate_store("", folder / ".stagelang").open()
    return run(plan, root=folder, store=store, options=RunOptions(jobs=1))


def failure(result: RunResult, node: str) -> str:
    found = result.nodes[node].failure
    return "" if found is None else found.message


def test_new_rows_in_order_pass_and_the_receipt_holds_each_answer(tmp_path: Path) -> None:
    write(tmp_path, 1)
    result = carried_out(tmp_path, plan_of(tmp_path))
    assert {node.state for node in result.nodes.values()} == {"ran"}

    def answers(node: str) -> list[tuple[str, str]]:
        receipt = result.nodes[node].receipt
        assert receipt is not None
        wanted = ("sorted_by", "max_age", "rows")
        results = [each for gate in receipt["gates"]["exit"] for each in gate["report"]["results"]]
        return [(each["name"], each["verdict"]) for each in results if each["name"] in wanted]

    assert answers("arrivals") == [("sorted_by", "pass"), ("max_age", "pass")]
    assert answers("split_arrivals") == [("sorted_by", "pass"), ("sorted_by", "pass")], (
        "a part is as new as all"
    )
    assert answers("late.test") == [("rows", "pass"), ("rows", "pass")]


def test_old_rows_fail_where_they_are_read_in(tmp_path: Path) -> None:
    write(tmp_path, 7)
    result = carried_out(tmp_path, plan_of(tmp_path))
    assert "column 'at': expected a newest row that is at most 6 h old, found 2" in failure(
        result, "arrivals"
    )
    assert failure(result, "arrivals").endswith("which is 7 h old")


def test_rows_that_grew_old_since_the_last_run_fail_though_nothing_changed(tmp_path: Path) -> None:
    write(tmp_path, 1)
    plan = plan_of(tmp_path)
    carried_out(tmp_path, plan)
    again = carried_out(tmp_path, plan)
    states = {name: node.state for name, node in again.nodes.items()}
    assert states == {"arrivals": "ran", "split_arrivals": "hit", "late": "hit", "late.test": "hit"}
    # As if an hour had passed: its digest says the same, so that every key stays as it was.
    stricter = evolve(plan.contracts["Arrivals"], max_age_seconds=3600.0)
    later = evolve(plan, contracts={**plan.contracts, "Arrivals": stricter})
    assert "which is 1 h old" in failure(carried_out(tmp_path, later), "arrivals")


def test_the_last_results_are_found_though_the_next_run_judges_the_age_anew(tmp_path: Path) -> None:
    write(tmp_path, 1)
    plan = plan_of(tmp_path)
    store = locate_store("", tmp_path / ".stagelang").open()
    assert [*known_results(plan, ["late"], root=tmp_path, store=store).missing] == ["arrivals", "late"]
    result = carried_out(tmp_path, plan)
    found = known_results(plan, ["late"], root=tmp_path, store=store)
    assert not found.missing
    assert {name: receipt["key"] for name, receipt in found.receipts.items()} == {
        name: result.nodes[name].key for name in ("arrivals", "late")
    }
    write(tmp_path, 2)
    assert [*known_results(plan, ["late"], root=tmp_path, store=store).missing] == ["arrivals", "late"]


def test_rows_out_of_order_fail(tmp_path: Path) -> None:
    write(tmp_path, 1, ordered=False)
    result = carried_out(tmp_path, plan_of(tmp_path))
    assert (
        "table: expected rows sorted by 'at', found 39 of 40 rows that come after a greater one"
        in failure(result, "arrivals")
    )


@pytest.mark.parametrize(
    ("declared", "body", "said"),
    [
        ("rows='one-to-one'", FILTER, "table: expected as many rows as 'arrivals' has, found 26 rows of 40"),
        ("rows='expand'", FILTER, "table: expected no fewer rows than 'arrivals' has, found 26 rows of 40"),
        (
            "rows='filter'",
            "frame.assign(flight=frame['flight'] + 1)",
            "column 'flight': expected values that are in 'arrivals', found 1 that aren't there, such as 40",
        ),
    ],
)
def test_rows_that_are_not_what_the_stage_says_fail(
    tmp_path: Path, declared: str, body: str, said: str
) -> None:
    write(tmp_path, 1)
    result = carried_out(tmp_path, plan_of(tmp_path, declared, body))
    wanted = declared.replace("rows=", "isn't rows=")
    assert failure(result, "late") == f"what 'late' made {wanted} of 'arrivals': {said}"


def test_the_verdict_lists_the_relation_as_a_gate_of_its_own(tmp_path: Path) -> None:
    write(tmp_path, 1)
    plan = plan_of(tmp_path)
    result = carried_out(tmp_path, plan)
    store = locate_store("", tmp_path / ".stagelang").open()
    names = [gate.name for gate in judge(plan, result, root=tmp_path, store=store).gates]
    assert "late: rows filter of arrivals" in names


def test_a_relation_is_part_of_what_a_node_is_and_its_absence_changes_nothing(tmp_path: Path) -> None:
    without, with_rows, other = (plan_of(tmp_path, said) for said in ("", "rows='filter'", "rows='expand'"))
    ids = [{node.name: node.id for node in plan.nodes} for plan in (without, with_rows, other)]
    assert len({each["late"] for each in ids}) == 3
    assert len({each["arrivals"] for each in ids}) == 1
