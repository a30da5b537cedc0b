"""Carries out parts of a plan for the audit, beside what is remembered of the pipeline's own runs."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, final

import pyarrow as pa
from attrs import evolve

from stagelang_compiler.plan import Plan
from stagelang_runtime.audit.judged import upstream
from stagelang_runtime.execute.artifacts import get_table
from stagelang_runtime.execute.history import History
from stagelang_runtime.execute.results import NodeResult, RunOptions, RunResult
from stagelang_runtime.execute.runner import run_part
from stagelang_runtime.store import Store

FOLDER = Path(".stagelang") / "audit"
"""Where changed and sampled rows are written, below the pipeline's folder."""


def part_of(plan: Plan, names: set[str]) -> Plan:
    """Give the plan of these nodes and what they depend on."""
    needed = upstream(plan, names)
    nodes = tuple(node for node in plan.nodes if node.name in needed)
    return evolve(plan, nodes=nodes, metrics=(), gates=(), outputs=(), experiments=(), budget=None)


def carry_out(
    plan: Plan, root: Path, store: Store, options: RunOptions, given: Mapping[str, Any]
) -> RunResult:
    """Carry out what isn't up to date or given."""
    history = History(store, root / FOLDER)
    return run_part(plan, root=root, store=store, history=history, given=given, options=options)


def why_not(base: RunResult) -> str:
    """Say why nothing can be asked about a run; nothing where it went through."""
    failed = base.of_state("failed")
    return f"{failed[0].node!r} failed" if failed else "it was interrupted" if base.interrupted else ""


def table_of(store: Store, result: NodeResult, output: str) -> pa.Table:
    """Read a table that a node made."""
    (artifact,) = (each for each in result.outputs if each.port == output)
    return get_table(store, artifact)


@final
class RunTables(Mapping[tuple[str, str], pa.Table]):
    """The tables that a run has made, by node and output; each is read when it is asked for, and not kept."""

    def __init__(self, plan: Plan, result: RunResult, store: Store) -> None:
        self._result = result
        self._store = store
        self._names = {
            (node.name, output.name): None
            for node in plan.nodes
            for output in node.outputs
            if output.kind == "table"
        }

    def __getitem__(self, name: tuple[str, str]) -> pa.Table:
        if name not in self._names:
            raise KeyError(name)
        return table_of(self._store, self._result.nodes[name[0]], name[1])

    def __contains__(self, name: object) -> bool:
        return name in self._names

    def __iter__(self) -> Iterator[tuple[str, str]]:
        return iter(self._names)

    def __len__(self) -> int:
        return len(self._names)
