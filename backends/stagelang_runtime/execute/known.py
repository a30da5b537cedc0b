"""Finds the results that hold for a plan as it is, without running anything: those that a run of it would take over."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Any, cast, final

from attrs import field, frozen

from stagelang_compiler.plan import Node, Plan
from stagelang_runtime.execute.failure import NodeFailed
from stagelang_runtime.execute.job import Job
from stagelang_runtime.execute.key import Artifact
from stagelang_runtime.execute.prepare import Preparation
from stagelang_runtime.execute.present import outputs_present
from stagelang_runtime.execute.results import Receipt, artifacts_of
from stagelang_runtime.store import Store


@final
@frozen(kw_only=True)
class Known:
    """The receipts of the nodes whose results are there, by name, and for the others why they aren't."""

    receipts: Mapping[str, Receipt] = field(factory=dict[str, Receipt])
    missing: Mapping[str, str] = field(factory=dict[str, str])


def known_results(
    plan: Plan,
    nodes: Collection[str],
    *,
    root: Path,
    store: Store,
    files: Mapping[str, Mapping[str, str]] | None = None,
) -> Known:
    """Look for the results of some nodes and of all that they are made from. Raises StoreError.

    A result counts only under the key that its node has now, from the sources on, in the environment that is here: one that was made
    of other code, data or libraries is another's.

    Args:
        plan: the plan.
        nodes: the names of the nodes.
        root: the pipeline's folder, in which sources are read.
        store: where results are kept.
        files: the digests of the files of sources that were read elsewhere, by node and path.
    """
    needed = set(nodes)
    for node in reversed(plan.nodes):
        if node.name in needed:
            needed |= {bound.node for bound in node.inputs}
    preparation = Preparation(plan=plan, root=root.absolute(), store=store, files=files or {})
    artifacts: dict[tuple[str, str], Artifact] = {}
    receipts: dict[str, Receipt] = {}
    missing: dict[str, str] = {}
    for node in plan.nodes:
        if node.name not in needed:
            continue
        found = _found(node, preparation, artifacts, missing)
        if isinstance(found, str):
            missing[node.name] = found
            continue
        receipts[node.name] = found
        artifacts |= {(node.name, each.port): each for each in artifacts_of(node.name, found)}
    return Known(receipts=receipts, missing=missing)


def _found(
    node: Node,
    preparation: Preparation,
    artifacts: Mapping[tuple[str, str], Artifact],
    missing: Mapping[str, str],
) -> Receipt | str:
    unsettled = [missing[bound.node] for bound in node.inputs if bound.node in missing]
    if unsettled:
        return unsettled[0]
    try:
        job = preparation.job(node, lambda name, port: artifacts[name, port], {})
    except NodeFailed as failed:
        return failed.failure.message
    plan, store = preparation.plan, preparation.store
    receipt = _last(node, job, store) if plan.is_always_run(node) else preparation.hit(job)
    return receipt or f"no result of {node.name!r} is kept, run it first"


def _last(node: Node, job: Job, store: Store) -> Receipt | None:
    """Give the last receipt of a node that each run carries out, if all else that it depends on is as it was."""
    receipt = store.receipt_for_id(node.id)
    if receipt is None or not outputs_present(store, receipt):
        return None
    recorded: dict[str, str] = dict(cast(Any, receipt["components"]))
    same = {**recorded, "run": ""} == {**job.components, "run": ""}
    return receipt if same else None
