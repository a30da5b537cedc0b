"""Judges what was measured against a budget; what wasn't measured hasn't passed."""

from __future__ import annotations

from collections.abc import Iterable
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

    A run that took results from the store doesn't tell how long the whole takes, unless even that was too long.
    """
    if budget is None:
        return ()
    settled = list(nodes)
    receipts = [node.receipt for node in settled if node.receipt]
    peaks = [receipt["memory"].get("peak_bytes") for receipt in receipts]
    peak = max((each for each in peaks if each is not None), default=None)
    all_ran = all(node.state == "ran" for node in settled)
    is_known = all_ran or (budget.wall_seconds is not None and seconds > budget.wall_seconds)
    note = "" if all_ran else "not every node ran this time"
    return tuple(
        _entry("wall", entry.limit, seconds if is_known else None, note) if entry.what == "wall" else entry
        for entry in _entries(budget, seconds, peak, "the largest peak of one node's process")
    )


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
