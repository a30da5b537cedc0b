"""A stage is tried as often as it says where another attempt may help, and never after a failed gate."""

from __future__ import annotations

from pathlib import Path

import pytest

from stagelang_compiler import plan as p
from stagelang_runtime.execute.failure import Failure
from stagelang_runtime.execute.results import GATE_FAILED, RunResult
from tests.stagelang_runtime.execute.conftest import ORIGIN, Project

CODE = """
import os, sys, time
import pyarrow as pa
class Rows(Contract):
    n: Column[int] = column(ge=0)
def count(file: str) -> int:
    with open(file, "a") as log: log.write("x")
    return os.stat(file).st_size
@stage
def raises(*, file: str = "", until: int = 99) -> Value[int]:
    print(f"attempt {count(file)}")
    if os.stat(file).st_size < until: raise RuntimeError("not yet")
    return Value.of(1)
@stage
def dies(*, file: str = "", until: int = 99) -> Value[int]:
    if count(file) < until: os._exit(7)
    return Value.of(1)
@stage
def lasts(*, file: str = "", until: int = 99) -> Value[int]:
    if count(file) < until: time.sleep(1000)
    return Value.of(1)
@stage
def breaks(*, file: str = "", until: int = 99) -> Table[Rows]:
    count(file)
    return Table.of(Rows, pa.table({"n": [-1]}))
@stage
def gives_text(*, file: str = "", until: int = 99) -> Value[int]:
    count(file)
    return Value.of("five")
"""


@pytest.fixture
def written(project: Project) -> Project:
    project.code(CODE)
    column = p.Column(name="n", type="int", ge=0, origin=ORIGIN)
    project.contract("Rows", column)
    return project


def tried(
    written: Project, function: str, attempts: int, until: int, tmp_path: Path
) -> tuple[RunResult, int]:
    written.stage(
        function, resources=p.Resources(attempts=attempts, time_seconds=4.0 if function == "lasts" else None)
    )
    params = {"file": str(tmp_path / "count"), "until": until}
    if function == "breaks":
        written.node(function, gives="table", promises={"out": "Rows"}, params=params)
    else:
        written.node(function, params=params)
    result = written.run()
    return result, (tmp_path / "count").stat().st_size


def failure_of(result: RunResult) -> Failure:
    (node,) = result.nodes.values()
    assert node.failure is not None
    return node.failure


@pytest.mark.parametrize(("function", "until"), [("raises", 3), ("dies", 3), ("lasts", 2)])
def test_an_attempt_that_succeeds_is_the_last(
    function: str, until: int, written: Project, tmp_path: Path
) -> None:
    result, tries = tried(written, function, attempts=5, until=until, tmp_path=tmp_path)
    assert (result.nodes[function].state, tries) == ("ran", until)
    assert [event.kind for event in written.events] == [*["started", "again"] * (until - 1), "started", "ran"]


def test_when_all_attempts_fail_the_last_failure_says_so(written: Project, tmp_path: Path) -> None:
    result, tries = tried(written, "raises", attempts=2, until=9, tmp_path=tmp_path)
    assert tries == 2
    assert failure_of(result).message == "stage 'raises' raised RuntimeError: not yet (attempt 2 of 2)"
    assert failure_of(result).stdout == "attempt 2"


def test_without_attempts_nothing_is_tried_twice(written: Project, tmp_path: Path) -> None:
    result, tries = tried(written, "raises", attempts=1, until=2, tmp_path=tmp_path)
    assert tries == 1
    assert failure_of(result).message == "stage 'raises' raised RuntimeError: not yet"


def test_a_failed_gate_is_not_tried_again(written: Project, tmp_path: Path) -> None:
    result, tries = tried(written, "breaks", attempts=5, until=9, tmp_path=tmp_path)
    assert (failure_of(result).kind, tries, result.exit_code) == ("gate", 1, GATE_FAILED)
    assert "attempt" not in failure_of(result).message


def test_what_comes_again_by_itself_is_not_tried_again(written: Project, tmp_path: Path) -> None:
    result, tries = tried(written, "gives_text", attempts=5, until=9, tmp_path=tmp_path)
    assert (failure_of(result).kind, tries) == ("result", 1)
