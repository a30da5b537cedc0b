"""Turns a Plan into a drawing: a box for each node and each composite metric, an arrow for each thing read."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from stagelang_backends.lineage.drawing import Arrow, Badge, Box, Drawing, counted, merged
from stagelang_backends.lineage.words import contract_words, gate_words, metric_words, split_words, type_words
from stagelang_compiler.plan import Gate, Input, Metric, Node, Output, Plan

UNDIVIDED = ("", "Population")
"""Populations that say nothing: no split has divided the rows yet."""


def drawing_of(plan: Plan, outcome: Mapping[str, Any] | None = None) -> Drawing:
    """Draw all of a plan; `outcome` is the record of its last run, whose verdicts then stand on the gates."""
    badges = _badges(plan.gates, outcome)
    metrics = {metric.node: metric for metric in plan.metrics if metric.node}
    composite = [metric for metric in plan.metrics if metric.expression]
    boxes = [_box(node, plan, metrics.get(node.name), badges) for node in plan.nodes]
    arrows = [_arrow(each, node, plan) for node in plan.nodes for each in node.inputs]
    known = {box.key for box in boxes} | {metric.name for metric in composite}
    measured = {metric.name: metric.node for metric in plan.metrics if metric.node}
    for metric in composite:
        boxes.append(_expression(metric, badges))
        arrows += (arrow for arrow in _operands(metric, measured) if arrow.tail in known)
    return Drawing(name=plan.name, note=_note(plan), boxes=tuple(boxes), arrows=merged(arrows))


def _note(plan: Plan) -> str:
    parts = [
        f"owner {plan.owner}" if plan.owner else "",
        counted(len(plan.nodes), "node"),
        counted(len(plan.gates), "gate"),
    ]
    return " · ".join(part for part in parts if part)


def _badges(gates: tuple[Gate, ...], outcome: Mapping[str, Any] | None) -> Mapping[str, list[Badge]]:
    verdicts: dict[str, str] = {}
    if outcome is not None:
        verdicts = {gate["name"]: gate["verdict"] for gate in outcome["outcomes"]["gates"]}
    found: dict[str, list[Badge]] = {}
    for gate in gates:
        badge = Badge(text=gate_words(gate), verdict=verdicts.get(gate.name, ""))
        found.setdefault(gate.metric, []).append(badge)
    return found


def _box(node: Node, plan: Plan, metric: Metric | None, badges: Mapping[str, list[Badge]]) -> Box:
    populations = dict.fromkeys(each.population for each in node.outputs)
    alone = next(iter(populations), "") if len(populations) == 1 else ""
    return Box(
        key=node.name,
        kind=node.kind,
        heading=node.kind,
        title=node.name.removeprefix(f"{node.scope}/"),
        scope=node.scope,
        owner=node.owner,
        stage=node.stage,
        details=tuple(_details(node, plan, metric)),
        population="" if alone in UNDIVIDED else alone,
        badges=tuple(badges.get(metric.name, ())) if metric else (),
        contracts=tuple(dict.fromkeys(each.contract for each in node.outputs if each.contract)),
    )


def _details(node: Node, plan: Plan, metric: Metric | None) -> Iterator[str]:
    if metric:
        yield metric_words(metric)
        return
    if node.source:
        yield node.source.location
    if node.split:
        yield from split_words(node.split)
        return
    stage = plan.stages.get(node.stage)
    if stage and stage.command:
        yield f"$ {' '.join(stage.command.argv)}"
    made = dict.fromkeys(_output(each, plan) for each in node.outputs)
    if made:
        yield f"→ {', '.join(made)}"


def _output(output: Output, plan: Plan) -> str:
    if output.kind == "table" and output.contract:
        return contract_words(output.contract, plan)
    return f"{output.kind} {type_words(output.type)}".rstrip()


def _arrow(each: Input, reader: Node, plan: Plan) -> Arrow:
    producer = plan.by_name.get(each.node)
    population = "" if each.population in UNDIVIDED else each.population
    return Arrow(
        tail=each.node, head=reader.name, label=_label(each, producer, reader, plan), population=population
    )


def _label(each: Input, producer: Node | None, reader: Node, plan: Plan) -> str:
    """Label an arrow only where the boxes at its ends don't say it: one of several outputs, a handover, another view."""
    seen = reader.outputs[0].contract if reader.kind == "split" and reader.outputs else each.contract
    if seen and each.promised and seen != each.promised:
        return f"{contract_words(each.promised, plan)} as {contract_words(seen, plan)}"
    if producer is None or not producer.outputs:
        return ""
    if len(producer.outputs) > 1:
        return each.output
    handover = reader.kind != "metric" and producer.owner and reader.owner and producer.owner != reader.owner
    return contract_words(each.promised, plan) if handover and each.promised else ""


def _expression(metric: Metric, badges: Mapping[str, list[Badge]]) -> Box:
    scope, _, title = metric.name.rpartition("/")
    return Box(
        key=metric.name,
        kind="expression",
        heading="metric",
        title=title,
        scope=scope,
        owner=metric.owner,
        details=(metric_words(metric),),
        population="" if metric.population in UNDIVIDED else metric.population,
        badges=tuple(badges.get(metric.name, ())),
    )


def _operands(metric: Metric, measured: Mapping[str, str]) -> Iterator[Arrow]:
    for operand in metric.expression.operands if metric.expression else ():
        if isinstance(operand, str):
            yield Arrow(tail=measured.get(operand, operand), head=metric.name)
