"""Carries out chosen nodes of a plan in a process of their own: what a Makefile, a CI job or a batch system calls.

The caller decides the order and keeps the notes of the nodes that are done, from which a node learns what it reads.
A producer whose note is missing, or whose outputs are lost, is carried out too: an engine that errs costs time, and nothing else.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from pathlib import Path

from attrs import evolve

from stagelang_compiler.plan import Node, Plan
from stagelang_compiler.plan_codec import loads_part
from stagelang_runtime.execute.failure import LOST_INPUT, MAY_PASS
from stagelang_runtime.execute.history import History, read_history
from stagelang_runtime.execute.key import static_components
from stagelang_runtime.execute.notes import Note, Notes
from stagelang_runtime.execute.results import Event, Listener, NodeResult, Receipt, RunOptions, RunResult
from stagelang_runtime.execute.runner import run_part
from stagelang_runtime.store import Store


def run_chosen(
    text: str,
    names: Collection[str],
    *,
    root: Path,
    store: Store,
    notes: Notes,
    options: RunOptions | None = None,
    attempt: int | None = None,
    listener: Listener | None = None,
) -> RunResult:
    """Carry out chosen nodes that aren't up to date, and note what became of each.

    Args:
        text: the whole plan's.
        names: the nodes'.
        root: the pipeline's folder.
        store: where results are kept.
        notes: what is known of the nodes so far.
        options: how.
        attempt: the number of the attempt, where the engine counts them: each node is then tried once, and after the first
            attempt only where its last failure may pass. Else nodes are tried as often as their stages say.
        listener: is told what happens while it happens.

    Raises:
        PlanError: the text is no plan.
        KeyError: the plan has no node of a name.
        StoreError: the store can't be used.
        OSError: a note can't be written.
    """
    chosen, asked = options or RunOptions(), set(names)
    if attempt is not None:
        for_good = _failed_for_good(notes, asked, attempt)
        if for_good:
            _tell(listener, for_good)
            return RunResult(plan_name="", nodes=for_good, seconds=0.0)
    for ancestors in (False, True):
        plan = loads_part(text, asked, ancestors=ancestors)
        if attempt is not None:
            plan = _tried_once(plan)
        known = _known(plan, asked, notes)
        given = {name: note.receipt for name, note in known.items() if name not in asked}
        if not ancestors and len(given) + len(asked) < len(plan.nodes):
            continue  # something that they read isn't noted
        result = run_part(
            plan,
            root=root.absolute(),
            store=store,
            history=_history(plan, store, notes, known),
            given=given,
            options=chosen,
            listener=listener,
        )
        for name, each in result.nodes.items():
            if name not in given or each.state == "ran":
                notes.put(each)
        if ancestors or not any(
            each.failure and each.failure.kind == LOST_INPUT for each in result.of_state("failed")
        ):
            break
    return result


def _failed_for_good(notes: Notes, asked: Collection[str], attempt: int) -> dict[str, NodeResult]:
    """Give the nodes whose attempt before failed in a way that comes again; the first attempt knows of none before it."""
    failures = {name: notes.failure(name) for name in asked}
    if attempt == 1:
        for name in asked:
            notes.forget_failure(name)
        return {}
    return {
        name: NodeResult(node=name, state="failed", failure=failure)
        for name, failure in failures.items()
        if failure is not None and failure.kind not in MAY_PASS
    }


def _tell(listener: Listener | None, failed: Mapping[str, NodeResult]) -> None:
    if listener is not None:
        for name, each in failed.items():
            listener(Event(kind="failed", node=name, done=0, total=len(failed), failure=each.failure))


def _tried_once(plan: Plan) -> Plan:
    """Take a plan whose stages are each tried once."""
    stages = {
        name: evolve(stage, resources=evolve(stage.resources, attempts=1)) if stage.resources else stage
        for name, stage in plan.stages.items()
    }
    return evolve(plan, stages=stages)


def _known(plan: Plan, asked: Collection[str], notes: Notes) -> Mapping[str, Note]:
    """Give the notes of a plan's nodes, but for those of nodes that were something else when they ran."""
    found = {node.name: (node, notes.get(node.name)) for node in plan.nodes}
    return {
        name: note
        for name, (node, note) in found.items()
        if note is not None and (name in asked or is_of(plan, node, note.receipt))
    }


def is_of(plan: Plan, node: Node, receipt: Receipt) -> bool:
    """Tell whether a receipt is of what the node is now: its code, parameters, seed and contracts; not of what it reads."""
    stage = plan.stages[node.stage] if node.stage else None
    components: dict[str, str] = dict(receipt["components"])
    files = {name: each for name, each in components.items() if name.startswith("source file ")}
    expected = {**dict(static_components(plan, node, stage, {})), **files}
    return all(components.get(name) == value for name, value in expected.items())


def _history(plan: Plan, store: Store, notes: Notes, known: Mapping[str, Note]) -> History:
    """Say what each node was when it ran last: as its note says, or where that was forgotten, as the last verdict knew it."""
    noted = {name: {"key": note.receipt["key"], "reason": None} for name, note in known.items()}
    if len(noted) == len(plan.nodes):
        return History(store, notes.folder, noted)
    return History(store, notes.folder, {**read_history(store, plan.name).nodes, **noted})
