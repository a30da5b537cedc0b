"""What is known of the two sides of a diff: each one's plan, the data that it reads, and what its metrics came to."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, final

from attrs import field, frozen

if TYPE_CHECKING:
    from stagelang_compiler.diff import PlanDiff
    from stagelang_compiler.plan import Plan
    from stagelang_runtime.judge import MeasuredRun, MetricDifference
    from stagelang_runtime.store import Store

Files = Mapping[str, Mapping[str, str]]
"""The digests of sources' files, by node and path."""


@final
@frozen(kw_only=True)
class Side:
    """One of the two: what it was called, its commit ("" for the working tree or a file), and its plan if it has the pipeline."""

    name: str
    commit: str
    plan: Plan | None
    files: Files = field(factory=dict[str, Mapping[str, str]])
    """Of the sources that lie in the commit; others are what they are now, for git doesn't know what they were."""
    is_here: bool = False
    """Whether it is the working tree."""


def source_files(plan: Plan, folder: Path) -> Files:
    """Take the digests of those sources' files that lie in a folder."""
    from stagelang_runtime.inputs.errors import InputError
    from stagelang_runtime.inputs.files import locate
    from stagelang_runtime.inputs.opening import is_url

    found: dict[str, Mapping[str, str]] = {}
    for node in plan.nodes:
        if node.source is None or is_url(node.source.location):
            continue
        try:
            found[node.name] = {file.name: file.digest for file in locate(node.source, folder)}
        except InputError:
            continue
    return found


def differences(
    found: PlanDiff, base: Files, head: Files, *, root: Path, store: Store
) -> Sequence[MetricDifference]:
    """Compare the metrics of both sides as far as results that hold for them are kept. Raises StoreError.

    Args:
        found: the difference of the plans.
        base: the sources' files of the base, as far as they lie in its commit.
        head: those of the head.
        root: the pipeline's folder in the working tree.
        store: where results are kept.
    """
    from stagelang_runtime.execute.own_code import changed_files
    from stagelang_runtime.judge import compare_runs

    here = set[str]() if changed_files(found.head, root) else _finalisers(found.head)
    renamed = {change.old: change.new for change in found.metrics if change.kind == "renamed"}
    return compare_runs(
        _measured(found.base, base, here, root, store),
        _measured(found.head, head, here, root, store),
        renamed=renamed,
    )


def _measured(plan: Plan, files: Files, here: set[str], root: Path, store: Store) -> MeasuredRun:
    """Gather one side's results; `here` are the digests of the finalisers whose code lies in the pipeline's folder."""
    from stagelang_runtime.execute.known import known_results
    from stagelang_runtime.judge import MeasuredRun

    nodes = [metric.node for metric in plan.metrics if metric.node]
    known = known_results(plan, nodes, root=root, store=store, files=files)
    return MeasuredRun(
        plan=plan,
        receipt=known.receipts.get,
        store=store,
        root=root if _finalisers(plan) <= here else None,
        missing=known.missing,
    )


def _finalisers(plan: Plan) -> set[str]:
    found = (metric.aggregate.finalise for metric in plan.metrics if metric.aggregate)
    return {code.digest for code in found if code is not None}
