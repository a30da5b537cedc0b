"""What was measured is judged against its budget; what was not measured has not passed."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from stagelang_compiler import plan as p
from stagelang_runtime.execute.budget import judge_run
from stagelang_runtime.execute.results import NodeResult, State

if TYPE_CHECKING:
    from stagelang_runtime.execute.results import BudgetEntry
    from tests.stagelang_runtime.execute.conftest import Project

CODE = """
import time
import numpy as np
@stage
def rests() -> Value[int]:
    time.sleep(0.05)
    return Value.of(1)
@stage
def takes_memory() -> Value[int]:
    return Value.of(int(np.ones(40_000_000 // 8).sum()))
@stage
def small(x: Value[int]) -> Value[int]: return x
"""

MEGABYTE = 1_000_000


def answers(entries: tuple[BudgetEntry, ...]) -> list[tuple[str, str]]:
    return [(entry.what, entry.answer) for entry in entries]


@pytest.mark.parametrize(
    ("wall", "memory", "expected", "code"),
    [
        (60.0, 10**10, [("wall", "pass"), ("memory", "pass")], 0),
        (0.01, 10**10, [("wall", "fail"), ("memory", "pass")], 1),
        (None, 1000, [("memory", "fail")], 1),
    ],
)
def test_a_stages_budget_is_judged_also_when_its_result_was_there(
    project: Project, wall: float | None, memory: int, expected: list[tuple[str, str]], code: int
) -> None:
    project.code(CODE)
    project.stage("rests", budget=p.Budget(wall_seconds=wall, memory_bytes=memory))
    project.node("rests")
    for state in ("ran", "hit"):
        result = project.run()
        assert result.nodes["rests"].state == state
        assert answers(result.nodes["rests"].budget) == expected
        assert result.exit_code == code


def whole(limit: float, elapsed: float, **nodes: tuple[State, float]) -> tuple[str, float | None]:
    results = [
        NodeResult(
            node=name,
            state=state,
            receipt={"seconds": seconds, "memory": {"peak_bytes": None}, "outputs": []},
        )
        for name, (state, seconds) in nodes.items()
    ]
    budget = p.Budget(wall_seconds=limit, memory_bytes=None)
    (entry,) = judge_run(budget, elapsed, results)
    return entry.answer, entry.measured


def test_a_pipelines_time_is_what_elapsed_when_every_node_ran() -> None:
    assert whole(10.0, 7.0, a=("ran", 6.0), b=("ran", 6.0)) == ("pass", 7.0)
    assert whole(5.0, 7.0, a=("ran", 3.0), b=("ran", 3.0)) == ("fail", 7.0)


def test_a_pipelines_time_is_the_sum_of_its_nodes_where_some_were_up_to_date() -> None:
    assert whole(10.0, 7.0, a=("ran", 6.0), b=("hit", 3.0)) == ("pass", 9.0)
    assert whole(10.0, 7.0, a=("ran", 6.0), b=("hit", 6.0)) == ("not evaluated", None)
    assert whole(5.0, 7.0, a=("ran", 6.0), b=("hit", 6.0)) == ("fail", 7.0)


def test_memory_that_was_not_measured_has_not_passed(project: Project) -> None:
    node = NodeResult(
        node="a", state="ran", receipt={"seconds": 1, "memory": {"peak_bytes": None}, "outputs": []}
    )
    budget = p.Budget(wall_seconds=None, memory_bytes=1)
    assert answers(judge_run(budget, 1.0, [node])) == [("memory", "not evaluated")]


def test_the_peak_of_memory_is_the_nodes_own(project: Project) -> None:
    project.code(CODE)
    project.node("takes_memory")
    project.node("small", reads={"x": "takes_memory"})
    result = project.run()
    peaks = {
        name: node.receipt["memory"]["peak_bytes"] for name, node in result.nodes.items() if node.receipt
    }
    assert peaks["takes_memory"] - peaks["small"] > 30 * MEGABYTE
