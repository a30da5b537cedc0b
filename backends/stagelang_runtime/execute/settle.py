"""Brings an engine's notes up to date before it plans: what the store already holds is noted, and what no longer counts is forgotten.

An engine that looks at files only can't see that a variable, a library or a source's content has changed, nor that a result is in the
store from before. After this, a node has to be carried out just where its note is missing.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from stagelang_compiler.plan import Node, Plan
from stagelang_runtime.execute.failure import NodeFailed
from stagelang_runtime.execute.key import Artifact, components, label
from stagelang_runtime.execute.notes import Notes
from stagelang_runtime.execute.prepare import Preparation
from stagelang_runtime.execute.present import outputs_present
from stagelang_runtime.execute.results import NodeResult, Receipt, artifacts_of
from stagelang_runtime.store import Store


def settle(
    plan: Plan, *, root: Path, store: Store, notes: Notes, keep_waiting: bool = False
) -> tuple[str, ...]:
    """Note the nodes whose results are in the store, forget the notes of all others, and give the others' names in the plan's order.

    Args:
        plan: the whole plan.
        root: the pipeline's folder.
        store: where results are kept.
        notes: what is known of the nodes so far.
        keep_waiting: keep the notes of nodes that would be up to date if what they read were made again as it was, for engines
            that compare contents before they carry out a node.

    Raises:
        StoreError: the store can't be used.
        OSError: a note can't be written.
    """
    preparation = Preparation(plan=plan, root=root.absolute(), store=store)
    artifacts: dict[tuple[str, str], Artifact] = {}
    settled: set[str] = set()
    for node in plan.nodes:
        found = _receipt(node, preparation, artifacts, settled)
        if found is None:
            if not (keep_waiting and _would_do(node, preparation, notes)):
                notes.forget(node.name)
            continue
        key, receipt = found
        settled.add(node.name)
        artifacts |= {(each.node, each.port): each for each in artifacts_of(node.name, receipt)}
        note = notes.get(node.name)
        if note is None or note.receipt != receipt:
            notes.put(NodeResult(node=node.name, state="hit", key=key, receipt=receipt))
    return tuple(node.name for node in plan.nodes if node.name not in settled)


def _receipt(
    node: Node, preparation: Preparation, artifacts: Mapping[tuple[str, str], Artifact], settled: set[str]
) -> tuple[str, Receipt] | None:
    if any(bound.node not in settled for bound in node.inputs):
        return None
    try:
        job = preparation.job(node, lambda name, port: artifacts[name, port], {})
    except NodeFailed:
        return None  # carried out, it says what is wrong
    receipt = preparation.hit(job)
    return None if receipt is None else (job.key, receipt)


def _would_do(node: Node, preparation: Preparation, notes: Notes) -> bool:
    """Tell whether a node's note is of what it is now, of what its producers made last, and of results that are still there."""
    note = notes.get(node.name)
    if note is None or not node.inputs:
        return False
    recorded: dict[str, str] = dict(note.receipt["components"])
    plan = preparation.plan
    found = components(plan, node, (), source_files={}, variables=preparation.variables)
    for bound in node.inputs:
        found[f"input {label(bound)}"] = notes.contents(bound.node).get(bound.output, "")
    return found == recorded and outputs_present(preparation.store, note.receipt)
