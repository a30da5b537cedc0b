"""Tells what is known of each node, as plain texts by heading: what the page's side panel shows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from stagelang_backends.lineage.boxes import UNDIVIDED
from stagelang_backends.lineage.columns import ColumnFact, column_facts
from stagelang_backends.lineage.words import gate_words, metric_words, split_words, type_words, value_words
from stagelang_compiler.plan import Contract, Gate, Input, Metric, Node, Output, Plan
from stagelang_compiler.plan_text import column_words, short

Told = dict[str, Any]
"""What is told of one thing; what there is nothing to tell of is left out."""


def told(plan: Plan, outcome: Mapping[str, Any] | None) -> dict[str, Told]:
    """Tell of every node and composite metric, by name; `outcome` is the record of the plan's last run."""
    gates: dict[str, list[Gate]] = {}
    for gate in plan.gates:
        gates.setdefault(gate.metric, []).append(gate)
    measured = {
        metric.node or metric.name: _metric(metric, gates.get(metric.name, []), outcome)
        for metric in plan.metrics
    }
    facts: dict[str, list[ColumnFact]] = {}
    for fact in column_facts(plan):
        facts.setdefault(fact.ref.node, []).append(fact)
    found = {node.name: _node(node, plan, outcome, facts.get(node.name, [])) for node in plan.nodes}
    found |= {
        metric.name: _filled({"kind": "metric", "description": metric.description, "facts": _origin(metric)})
        for metric in plan.metrics
        if metric.expression
    }
    for name, metric in measured.items():
        if name in found:
            found[name]["metric"] = metric
    return found


def told_contracts(plan: Plan) -> dict[str, Told]:
    """Tell of every contract, by name: each column's name, type, promises and description."""
    return {name: _contract(contract) for name, contract in plan.contracts.items()}


def _filled(pairs: Told) -> Told:
    return {name: value for name, value in pairs.items() if value}


def _node(node: Node, plan: Plan, outcome: Mapping[str, Any] | None, facts: Sequence[ColumnFact]) -> Told:
    stage = plan.stages.get(node.stage)
    return _filled(
        {
            "kind": node.kind,
            "description": stage.description if stage else "",
            "facts": _facts(node, plan),
            "params": {name: value_words(value) for name, value in node.params.items()},
            "inputs": [_input(each) for each in node.inputs],
            "outputs": [_output(each) for each in node.outputs if each.kind != "metric"],
            "columns": _columns(node, facts),
            "last": _last(node.name, outcome),
        }
    )


def _columns(node: Node, facts: Sequence[ColumnFact]) -> Told:
    """Tell what each column that a stage gives is made of, as the stage names it."""
    return {
        fact.title if fact.ref.output == "out" else f"{fact.ref.output}: {fact.title}": str(fact).partition(
            " <- "
        )[2]
        for fact in facts
        if fact.how not in ("source", "kept")
    }


def _facts(node: Node, plan: Plan) -> Told:
    stage = plan.stages.get(node.stage)
    reads = f"{node.source.location} ({node.source.format})" if node.source else ""
    return _filled(
        {
            "owner": node.owner,
            "stage": node.stage if node.stage != node.name else "",
            "reads": reads,
            "divides": ", ".join(split_words(node.split)) if node.split else "",
            "runs": " ".join(stage.command.argv) if stage and stage.command else "",
            "code": f"{stage.code.module}.{stage.code.qualname} {short(stage.code.digest)}" if stage else "",
            "node id": short(node.id),
            "written at": str(node.origin),
        }
    )


def _origin(metric: Metric) -> Told:
    return _filled({"owner": metric.owner, "written at": str(metric.origin)})


def _input(each: Input) -> Told:
    index = "" if each.index is None else f"[{each.index}]"
    return _filled(
        {
            "argument": f"{each.argument}{index}",
            "node": each.node,
            "output": "" if each.output == "out" else each.output,
            "contract": each.contract or each.promised,
            "population": "" if each.population in UNDIVIDED else each.population,
        }
    )


def _output(each: Output) -> Told:
    return _filled(
        {
            "name": "" if each.name == "out" else each.name,
            "kind": f"{each.kind} {type_words(each.type)}".rstrip(),
            "contract": each.contract,
            "population": "" if each.population in UNDIVIDED else each.population,
            "codec": each.codec,
        }
    )


def _last(name: str, outcome: Mapping[str, Any] | None) -> Told:
    """Tell what became of a node in the last run; 'hit' is the run's word for a result that was there already."""
    node = outcome["nodes"].get(name) if outcome else None
    if node is None:
        return {}
    state = "up to date" if node["state"] == "hit" else node["state"]
    took = f"{node['seconds']:.2f} s" if node["key"] else ""
    return _filled({"state": state, "took": took, "why": node["reason"], "receipt": short(node["key"])})


def _metric(metric: Metric, gates: list[Gate], outcome: Mapping[str, Any] | None) -> Told:
    outcomes: Mapping[str, Any] = outcome["outcomes"] if outcome else {"metrics": (), "gates": ()}
    measured = next((each for each in outcomes["metrics"] if each["name"] == metric.name), None)
    judged = {each["name"]: each for each in outcomes["gates"]}
    return _filled(
        {
            "what": metric_words(metric),
            "value": _value(measured) if measured else "",
            "gates": [_gate(gate, judged.get(gate.name)) for gate in gates],
        }
    )


def _value(measured: Mapping[str, Any]) -> str:
    if measured["value"] is None:
        return str(measured["undefined"]) or "not measured"
    low, high = measured["low"], measured["high"]
    interval = "" if low is None and high is None else f"  ({_bound(low, '-∞')} to {_bound(high, '∞')})"
    return f"{measured['value']:.4g}{interval}"


def _bound(value: float | None, missing: str) -> str:
    return missing if value is None else f"{value:.4g}"


def _gate(gate: Gate, judged: Mapping[str, Any] | None) -> Told:
    said = {"verdict": judged["verdict"], "why": judged["reason"]} if judged else {}
    return {"text": gate_words(gate)} | said


def _contract(contract: Contract) -> Told:
    return _filled(
        {
            "version": contract.version,
            "owner": contract.owner,
            "description": contract.description,
            "columns": [
                [column.name, column.type, " ".join(column_words(column)), column.description]
                for column in contract.columns
            ],
        }
    )
