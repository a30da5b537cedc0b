"""Compares a pull request's run with what its base came to, as far as the base's results are kept and hold for it."""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

from stagelang_backends.github_actions.carrying import Bench
from stagelang_backends.github_actions.names import BASE_METRICS, BASE_PLAN
from stagelang_backends.review.gathered import Review
from stagelang_compiler.diff import PlanDiff, beside_receipts, diff, version_findings
from stagelang_compiler.plan import Plan
from stagelang_compiler.plan_codec import loads
from stagelang_runtime.execute.noted import noted_result
from stagelang_runtime.execute.notes import Notes
from stagelang_runtime.execute.results import RunResult
from stagelang_runtime.judge import MeasuredRun, MetricDifference, compare_runs
from stagelang_runtime.pack import NotAPack, read_pack, write_pack


def keep_metrics(bench: Bench, plan: Plan) -> bool:
    """Pack what the metrics came to, for later pull requests to compare with; tell whether there was anything to pack."""
    nodes = [metric.node for metric in plan.metrics if metric.node and bench.notes.get(metric.node)]
    if nodes:
        write_pack(bench.out / BASE_METRICS, plan, nodes, ran=(), store=bench.store, notes=bench.notes)
    return bool(nodes)


def review_of(
    bench: Bench, plan: Plan, result: RunResult, *, root: Path, base: str = "base"
) -> Review | None:
    """Say what a pull request changes, and what that did to the metrics; None where the base's plan isn't at hand.

    Args:
        bench: where the run's results lie, and the base's.
        plan: the head's.
        result: what became of its nodes.
        root: the pipeline's folder, with the head's code.
        base: what the base is called.
    """
    path = bench.out / BASE_PLAN
    if not path.is_file():
        return None
    notes = Notes(bench.out / "work" / "base")
    missing = _take_over_base(bench, notes)
    base_plan = loads(path.read_text(encoding="utf-8"))
    before = noted_result(base_plan, notes, elsewhere=True)
    sources = [node.name for node in plan.nodes if node.kind == "source"]
    found = diff(base_plan, plan, beside_receipts(_components(before), _components(result), sources))
    return Review(
        diff=found,
        differences=_differences(bench, found, before, result, root, missing),
        findings=version_findings(found, base=base, folder=root),
    )


def _components(result: RunResult) -> dict[str, Mapping[str, str]]:
    """Give what each node's result was made from, by name."""
    return {
        name: dict(node.receipt["components"])
        for name, node in result.nodes.items()
        if node.receipt is not None
    }


def _differences(
    bench: Bench, found: PlanDiff, before: RunResult, result: RunResult, root: Path, missing: str
) -> Sequence[MetricDifference]:
    renamed = {change.old: change.new for change in found.metrics if change.kind == "renamed"}
    here = _finalisers(found.head)
    return compare_runs(
        _measured(bench, found.base, before, root if _finalisers(found.base) <= here else None, missing),
        _measured(bench, found.head, result, root),
        renamed=renamed,
    )


def _take_over_base(bench: Bench, notes: Notes) -> str:
    """Note what the base's metrics came to, and say why what isn't noted is missing."""
    path = bench.out / BASE_METRICS
    if not path.is_file():
        return "no run of it is kept"
    try:
        packed = read_pack(path, bench.store)
    except NotAPack as error:
        print(f"warning: the base's metrics can't be compared with: {error}", file=sys.stderr)
        return "its results can't be read"
    for each in (*packed.ancestors.values(), *packed.own.values()):
        notes.put(each)
    return "the results that are kept are of another revision, other data or other libraries"


def _measured(
    bench: Bench, plan: Plan, result: RunResult, root: Path | None, missing: str = ""
) -> MeasuredRun:
    """Take a run as one side of a comparison; `missing` says why it lacks what it lacks."""
    receipts = {name: node.receipt for name, node in result.nodes.items()}
    lacks = {name: missing for name, receipt in receipts.items() if receipt is None and missing}
    return MeasuredRun(plan=plan, receipt=receipts.get, store=bench.store, root=root, missing=lacks)


def _finalisers(plan: Plan) -> set[str]:
    """Give the digests of the metrics' own finalisers: the base's run with the head's code only where that is the same."""
    found = (metric.aggregate.finalise for metric in plan.metrics if metric.aggregate)
    return {code.digest for code in found if code is not None}
