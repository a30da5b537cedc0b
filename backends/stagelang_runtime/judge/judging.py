"""Turns a run's artifacts into metric values with intervals and gate verdicts."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from stagelang_compiler import plan
from stagelang_compiler.plan import Plan
from stagelang_runtime.execute.results import BudgetEntry, NodeResult, RunResult
from stagelang_runtime.judge.expressions import estimate_expression
from stagelang_runtime.judge.outcomes import GateOutcome, MetricOutcome, Outcomes, Word
from stagelang_runtime.judge.scores import estimate_scores, read_scores
from stagelang_runtime.stats.interval import Estimate
from stagelang_runtime.stats.verdict import judge_threshold
from stagelang_runtime.store import Store


def judge(plan: Plan, result: RunResult, *, root: Path, store: Store) -> Outcomes:
    """Judge a run that has ended, whether or not all of it could be carried out."""
    estimates: dict[str, Estimate | str] = {}
    for metric in plan.metrics:
        estimates[metric.name] = _estimate(metric, plan, result, estimates, root, store)
    gates = [
        *(gate for node in plan.nodes for gate in _contract_gates(plan, result.nodes[node.name])),
        *(_metric_gate(gate, plan, estimates[gate.metric]) for gate in plan.gates),
        *(
            _budget_gate(node, plan.by_name[node].owner, entry)
            for node, each in result.nodes.items()
            for entry in each.budget
        ),
        *(_budget_gate(plan.name, plan.owner, entry) for entry in result.budget),
    ]
    finished = all(node.state in ("ran", "hit") for node in result.nodes.values())
    if finished:
        gated = {gate.metric for gate in plan.gates}
        ungated = [metric for metric in plan.metrics if metric.name not in gated]
        gates += (gate for metric in ungated for gate in _value_gate(metric, estimates[metric.name]))
    metrics = tuple(_outcome(metric, estimates[metric.name]) for metric in plan.metrics)
    return Outcomes(metrics=metrics, gates=tuple(gates), finished=finished)


def _estimate(
    metric: plan.Metric,
    whole: Plan,
    result: RunResult,
    known: Mapping[str, Estimate | str],
    root: Path,
    store: Store,
) -> Estimate | str:
    """Estimate a metric, or say why it can't be."""
    if metric.expression is not None:
        return estimate_expression(metric, {each.name: each for each in whole.metrics}, known)
    node = result.nodes[metric.node]
    if not node.outputs or metric.aggregate is None:
        return f"its node {'failed' if node.state == 'failed' else 'did not run'}"
    scores = read_scores(metric, node.outputs[0], store=store, root=root, spec=whole.spec)
    return scores if isinstance(scores, str) else estimate_scores(scores)


def _metric_gate(gate: plan.Gate, whole: Plan, found: Estimate | str) -> GateOutcome:
    metric = next(metric for metric in whole.metrics if metric.name == gate.metric)

    def outcome(verdict: Word, reason: str, needed: int | None = None) -> GateOutcome:
        return GateOutcome(
            name=gate.name,
            subject=gate.metric,
            kind="metric",
            verdict=verdict,
            reason=reason,
            owner=metric.owner,
            needed_n=needed,
            needed_of=f"values of {metric.cluster}" if metric.cluster else "rows",
        )

    if gate.kind == "not_worse_than":
        return outcome("not_evaluated", f"no run is known as {gate.alias!r}: aliases are not recorded yet")
    if isinstance(found, str):
        return outcome("not_evaluated", found)
    bounds = tuple(bound for bound in (gate.low, gate.high) if bound is not None)
    judged = judge_threshold(found, gate.kind, bounds, gate.judged_on)
    return outcome(judged.verdict.value, judged.reason, judged.needed_n)


def _value_gate(metric: plan.Metric, found: Estimate | str) -> Iterator[GateOutcome]:
    """Give an outcome for a metric without a gate that has no value though it doesn't declare that it may have none."""
    verdict: Word
    if isinstance(found, str):
        verdict, reason = "not_evaluated", found
    elif found.undefined is not None and found.undefined.cause != "empty":
        verdict, reason = "error", found.undefined.text
    else:
        return
    yield GateOutcome(
        name=f"{metric.name} has a value",
        subject=metric.name,
        kind="metric",
        verdict=verdict,
        reason=reason,
        owner=metric.owner,
    )


def _contract_gates(whole: Plan, node: NodeResult) -> Iterator[GateOutcome]:
    """Give one outcome for each contract that was checked where the node reads or gives a table."""
    owner = whole.by_name[node.node].owner
    if node.receipt is None:
        if node.failure is not None and node.failure.kind == "gate":
            yield GateOutcome(
                name=f"{node.node}: contract",
                subject=node.node,
                kind="contract",
                verdict="fail",
                reason=node.failure.message,
                owner=owner,
            )
        return
    for side in ("entry", "exit"):
        for record in node.receipt["gates"][side]:
            yield _contract_gate(record, node.node, owner)


def _contract_gate(record: Mapping[str, Any], node: str, owner: str) -> GateOutcome:
    where = record.get("argument") or record.get("port")
    results: list[dict[str, Any]] = record.get("report", {}).get("results", [])
    kept = sum(each["verdict"] == "pass" for each in results)
    rows = max((each["examined"] for each in results), default=0)
    reason = f"{kept} of {len(results)} promises kept over {rows:,} rows" if results else f"by {record['by']}"
    what = record["contract"] or record.get("relation") or "no row on both sides"
    name = f"{node}{'' if where == 'out' else f' {where}'}: {what}"
    return GateOutcome(
        name=name, subject=node, kind="contract", verdict=record["verdict"], reason=reason, owner=owner
    )


def _budget_gate(subject: str, owner: str, entry: BudgetEntry) -> GateOutcome:
    words: dict[str, Word] = {"pass": "pass", "fail": "fail", "not evaluated": "not_evaluated"}
    return GateOutcome(
        name=f"{subject}: {entry.what}",
        subject=subject,
        kind="budget",
        verdict=words[entry.answer],
        reason=f"{_amount(entry.what, entry.measured)} of {_amount(entry.what, entry.limit)}{f' ({entry.note})' if entry.note else ''}",
        owner=owner,
    )


def _amount(what: str, number: float | None) -> str:
    if number is None:
        return "unmeasured"
    return f"{number:.3g} s" if what == "wall" else f"{number / 1e6:,.0f} MB"


def _outcome(metric: plan.Metric, found: Estimate | str) -> MetricOutcome:
    if isinstance(found, str):
        return MetricOutcome(
            name=metric.name,
            unit=metric.unit.text,
            better=metric.better,
            value=None,
            undefined=found,
            reported=metric.reported,
        )
    return MetricOutcome(
        name=metric.name,
        unit=metric.unit.text,
        better=metric.better,
        value=found.value,
        low=found.low,
        high=found.high,
        n_rows=found.n_rows,
        n_units=found.n_units,
        cluster=metric.cluster,
        method=found.method,
        note=found.note,
        undefined=found.undefined.text if found.undefined else "",
        reported=metric.reported,
    )
