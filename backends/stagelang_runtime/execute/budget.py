"""Judges what was measured against a budget; what wasn't measured hasn't passed."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, Literal

from stagelang_compiler.plan import Budget
from stagelang_runtime.execute.results import BudgetEntry, NodeResult, Receipt


def judge_node(budget: Budget | None, receipt: Receipt) -> tuple[BudgetEntry, ...]:
    """Judge one node by its receipt, which holds what was measured when it ran."""
    if budget is None:
        return ()
    memory: Any = receipt["memory"]
    return _entries(budget, receipt["seconds"], memory.get("peak_bytes"), memory.get("measured", ""))


def judge_run(budget: Budget | None, seconds: float, nodes: Iterable[NodeResult]) -> tuple[BudgetEntry, ...]:
    """Judge a whole run: its elapsed time, and the largest peak of any node's process.

    Where some nodes were up to date, the whole is judged by the sum of all nodes' recorded times, which is never less
    than a whole run takes, but for starting; beyond the limit it says nothing, since nodes may run side by side.
    """
    if budget is None:
        return ()
    settled = list(nodes)
    receipts = [node.receipt for node in settled if node.receipt]
    peaks = [receipt["memory"].get("peak_bytes") for receipt in receipts]
    peak = max((each for each in peaks if each is not None), default=None)
    measured, note = _whole(budget, seconds, settled)
    return tuple(
        _entry("wall", entry.limit, measured, note) if entry.what == "wall" else entry
        for entry in _entries(budget, seconds, peak, "the largest peak of one node's process")
    )


def _whole(budget: Budget, seconds: float, nodes: Sequence[NodeResult]) -> tuple[float | None, str]:
    limit = budget.wall_seconds
    if limit is None or seconds > limit or all(node.state == "ran" for node in nodes):
        return seconds, ""
    recorded = sum(node.seconds for node in nodes)
    if recorded <= limit and all(node.receipt for node in nodes):
        return recorded, "all nodes' recorded times together"
    return None, "not every node ran this time"


def _entries(budget: Budget, seconds: float, peak: int | None, note: str) -> tuple[BudgetEntry, ...]:
    found: list[BudgetEntry] = []
    if budget.wall_seconds is not None:
        found.append(_entry("wall", budget.wall_seconds, seconds, ""))
    if budget.memory_bytes is not None:
        found.append(_entry("memory", budget.memory_bytes, peak, note))
    return tuple(found)


def _entry(what: Literal["wall", "memory"], limit: float, measured: float | None, note: str) -> BudgetEntry:
    answer: Literal["pass", "fail", "not evaluated"] = (
        "not evaluated" if measured is None else "pass" if measured <= limit else "fail"
    )
    return BudgetEntry(what=what, limit=limit, measured=measured, answer=answer, note=note)
