"""Turns a run's artifacts into metric values with intervals and gate verdicts."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, final

from attrs import evolve

from stagelang_compiler import plan
from stagelang_compiler.plan import Plan
from stagelang_runtime.execute.results import BudgetEntry, NodeResult, RunResult
from stagelang_runtime.judge.expressions import estimate_expression
from stagelang_runtime.judge.outcomes import (
    WORST_FIRST,
    GateOutcome,
    MetricOutcome,
    Outcomes,
    SliceOutcome,
    Word,
)
from stagelang_runtime.judge.scores import Scores, estimate_scores, read_scores
from stagelang_runtime.judge.slices import Reversal, Slices, reversal_of, slices_of, slices_of_expression
from stagelang_runtime.judge.windows import usual_bound
from stagelang_runtime.stats.interval import Estimate
from stagelang_runtime.stats.verdict import Judgement, Verdict, judge_threshold
from stagelang_runtime.store import Store


def judge(plan: Plan, result: RunResult, *, root: Path, store: Store) -> Outcomes:
    """Judge a run that has ended, whether or not all of it could be carried out."""
    found = _Found(plan)
    for metric in plan.metrics:
        found.add(metric, result, root, store)
    estimates = found.estimates
    gates = [
        *(gate for node in plan.nodes for gate in _contract_gates(plan, result.nodes[node.name])),
        *(_metric_gate(gate, found) for gate in plan.gates),
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
    metrics = tuple(_outcome(metric, found) for metric in plan.metrics)
    return Outcomes(metrics=metrics, gates=tuple(gates), finished=finished)


@final
class _Found:
    """What the metrics of a run came to, as far as they were added: in the plan's order, parts before what is made of them."""

    def __init__(self, whole: Plan) -> None:
        self.metrics: Mapping[str, plan.Metric] = {metric.name: metric for metric in whole.metrics}
        self.estimates: dict[str, Estimate | str] = {}
        self.slices: dict[str, Slices] = {}
        self.scores: dict[str, Scores] = {}
        self.reversals: dict[str, Reversal] = {}
        self.spec = whole.spec

    def add(self, metric: plan.Metric, result: RunResult, root: Path, store: Store) -> None:
        """Estimate a metric, over all of its rows and in each slice, or say why it can't be."""
        self.slices[metric.name] = {}
        if metric.expression is not None:
            self.estimates[metric.name] = estimate_expression(metric, self.metrics, self.estimates)
            self.slices[metric.name] = slices_of_expression(metric, self.metrics, self.slices)
            reversal = reversal_of(metric, self.metrics, self.estimates, self.slices)
            if reversal is not None:
                self.reversals[metric.name] = reversal
            return
        scores = self._read(metric, result.nodes[metric.node], root, store)
        if isinstance(scores, str):
            self.estimates[metric.name] = scores
            return
        self.scores[metric.name] = scores
        self.estimates[metric.name] = estimate_scores(scores)
        self.slices[metric.name] = slices_of(scores)

    def _read(self, metric: plan.Metric, node: NodeResult, root: Path, store: Store) -> Scores | str:
        if not node.outputs or metric.aggregate is None:
            return f"its node {'failed' if node.state == 'failed' else 'did not run'}"
        return read_scores(metric, node.outputs[0], store=store, root=root, spec=self.spec)


def _metric_gate(gate: plan.Gate, found: _Found) -> GateOutcome:
    metric = found.metrics[gate.metric]
    verdict, reason, needed = _verdict(gate, metric, found)
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


def _verdict(gate: plan.Gate, metric: plan.Metric, found: _Found) -> tuple[Word, str, int | None]:
    if gate.kind == "not_worse_than":
        return "not_evaluated", f"no run is known as {gate.alias!r}: aliases are not recorded yet", None
    whole = found.estimates[gate.metric]
    if isinstance(whole, str):
        return "not_evaluated", whole, None
    if gate.kind == "as_usual":
        return *_as_usual(gate, metric, whole, found.scores[gate.metric]), None
    if gate.in_each:
        return *_in_each(gate, found.slices[gate.metric].get(gate.in_each, {})), None
    judged = _bounded(gate, whole)
    reversal = found.reversals.get(gate.metric)
    if reversal is None:
        return judged.verdict.value, judged.reason, judged.needed_n
    at_equal_shares = _bounded(
        evolve(gate, judged_on="estimate"), evolve(whole, value=reversal.at_equal_shares)
    )
    turned = judged.verdict is Verdict.PASS and at_equal_shares.verdict is not Verdict.PASS
    return "inconclusive" if turned else judged.verdict.value, f"{judged.reason}; {reversal.text}", None


def _bounded(gate: plan.Gate, whole: Estimate) -> Judgement:
    assert gate.kind in ("at_least", "at_most", "between")
    bounds = tuple(bound for bound in (gate.low, gate.high) if bound is not None)
    return judge_threshold(whole, gate.kind, bounds, gate.judged_on)


def _in_each(gate: plan.Gate, slices: Mapping[str, Estimate | str]) -> tuple[Word, str]:
    """Judge a gate in every slice: it passes only if it does in each, which takes no adjustment (Berger 1982)."""
    judged: list[tuple[Word, str]] = []
    for value, each in slices.items():
        if isinstance(each, str):
            judged.append(("not_evaluated", each if not value else f"{value}: {each}"))
            continue
        verdict = _bounded(gate, each)
        judged.append((verdict.verdict.value, f"{value}: {verdict.reason}"))
    if not judged:
        return "not_evaluated", f"no row says its {gate.in_each}"
    word, reason = min(judged, key=lambda each: WORST_FIRST.index(each[0]))
    kept = sum(each[0] == "pass" for each in judged)
    return word, f"{kept} of {len(judged)} slices pass; {reason}"


def _as_usual(gate: plan.Gate, metric: plan.Metric, last: Estimate, scores: Scores) -> tuple[Word, str]:
    """Compare the last window with those before it; a number is the worse the further it lies against the metric's direction."""
    assert gate.windows is not None and gate.alpha is not None
    if last.undefined is not None or last.value is None:
        return "error", last.note or "the last window has no value"
    before = [value for _, value in scores.before[-gate.windows :] if value is not None]
    if len(before) < gate.windows:
        return (
            "not_evaluated",
            f"{len(before)} windows before {scores.window} have a number, {gate.windows} are needed",
        )
    sign = -1.0 if metric.better == "higher" else 1.0
    bound = sign * usual_bound([sign * value for value in before], gate.alpha)
    side = "at least" if metric.better == "higher" else "at most"
    kept = sign * last.value <= sign * bound
    return (
        "pass" if kept else "fail",
        f"{last.value:.6g} in {scores.window}, wanted {side} {bound:.6g}, as in the {gate.windows} windows before",
    )


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


def _outcome(metric: plan.Metric, whole: _Found) -> MetricOutcome:
    found = whole.estimates[metric.name]
    if isinstance(found, str):
        return MetricOutcome(
            name=metric.name,
            unit=metric.unit.text,
            better=metric.better,
            value=None,
            undefined=found,
            reported=metric.reported,
        )
    scores, reversal = whole.scores.get(metric.name), whole.reversals.get(metric.name)
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
        slices=tuple(
            _slice(column, value, each)
            for column, values in whole.slices[metric.name].items()
            for value, each in values.items()
        ),
        window=scores.window if scores is not None else "",
        reversal=reversal.text if reversal is not None else "",
    )


def _slice(column: str, value: str, found: Estimate | str) -> SliceOutcome:
    if isinstance(found, str):
        return SliceOutcome(column=column, value=value, number=None, undefined=found)
    return SliceOutcome(
        column=column,
        value=value,
        number=found.value,
        low=found.low,
        high=found.high,
        n_rows=found.n_rows,
        undefined=found.undefined.text if found.undefined else "",
    )
