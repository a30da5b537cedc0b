"""Puts the notes of nodes that were carried out one by one together, as if they had been one run's."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from typing import TypeAlias

from stagelang_compiler.plan import Node, Plan
from stagelang_runtime.execute.budget import judge_node, judge_run
from stagelang_runtime.execute.key import Artifact, Read, components
from stagelang_runtime.execute.notes import Note, Notes
from stagelang_runtime.execute.results import NodeResult, Receipt, RunResult, State, artifacts_of

Sources: TypeAlias = Callable[[Node], Mapping[str, str] | None]
"""Gives the digests of the files that a source reads now, by path; None where it can't be read."""


def noted_result(
    plan: Plan, notes: Notes, *, elsewhere: bool = False, sources: Sources | None = None
) -> RunResult:
    """Tell what the notes of a plan's nodes come to.

    A note counts only where its key is the one that the node has now, for what its producers' notes say was made. So no engine's
    mistake in the order of things can pass for a run.

    Args:
        plan: what was carried out.
        notes: what became of its nodes.
        elsewhere: they were carried out on other machines: what is installed there, and the variables there, are taken as they
            were recorded, since a secret isn't known here.
        sources: looks at the sources' files; without it they are taken as they were read.
    """
    results: dict[str, NodeResult] = {}
    artifacts: dict[tuple[str, str], Artifact] = {}
    for node in plan.nodes:
        note = notes.get(node.name)
        if note is not None and _is_current(plan, node, note.receipt, artifacts, elsewhere, sources):
            artifacts |= {(each.node, each.port): each for each in artifacts_of(node.name, note.receipt)}
            results[node.name] = _done(plan, node, note)
        else:
            results[node.name] = _not_done(node, notes, results)
    budget = judge_run(plan.budget, 0.0, results.values())
    return RunResult(plan_name=plan.name, nodes=results, seconds=0.0, budget=budget)


def _is_current(
    plan: Plan,
    node: Node,
    receipt: Receipt,
    artifacts: Mapping[tuple[str, str], Artifact],
    elsewhere: bool,
    sources: Sources | None,
) -> bool:
    ends = [(bound, artifacts.get((bound.node, bound.output))) for bound in node.inputs]
    reads = [Read(input=bound, artifact=artifact) for bound, artifact in ends if artifact is not None]
    if len(reads) < len(node.inputs):
        return False
    if receipt["state"] != "done":
        return False
    recorded: dict[str, str] = dict(receipt["components"])
    files: Mapping[str, str] | None = {
        name.removeprefix(_FILE): digest for name, digest in recorded.items() if name.startswith(_FILE)
    }
    if sources is not None and node.source is not None:
        files = sources(node)
    if files is None:
        return False
    found = components(plan, node, reads, source_files=files, variables=os.environ)
    if "run" in found:  # a word of its own for each run
        found["run"] = recorded.get("run", "")
    if elsewhere:
        return {**found, **_around(recorded)} == {**_around(found), **recorded}
    return found == recorded


def _around(components: Mapping[str, str]) -> dict[str, str]:
    """Give those components that are of the machine and not of the plan."""
    return {name: value for name, value in components.items() if name.startswith(_AROUND)}


_AROUND = ("python", "distribution ", "variable ")


_FILE = "source file "


def _done(plan: Plan, node: Node, note: Note) -> NodeResult:
    stage = plan.stages.get(node.stage)
    receipt = note.receipt
    return NodeResult(
        node=node.name,
        state="hit",
        key=receipt["key"],
        reason=note.reason,
        receipt=receipt,
        budget=judge_node(stage.budget if stage else None, receipt),
    )


def _not_done(node: Node, notes: Notes, results: Mapping[str, NodeResult]) -> NodeResult:
    failure = notes.failure(node.name)
    if failure is not None:
        return NodeResult(node=node.name, state="failed", failure=failure)
    blockers: dict[str, None] = {}
    for bound in node.inputs:
        producer = results[bound.node]
        blockers |= dict.fromkeys([bound.node] if producer.state == "failed" else producer.blocked_by)
    state: State = "blocked" if blockers else "not started"
    return NodeResult(node=node.name, state=state, blocked_by=tuple(blockers))
