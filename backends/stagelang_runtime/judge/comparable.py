"""Tells whether two runs' numbers of one name mean the same, so that their difference means anything."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from stagelang_compiler.plan import Contract, Metric, Node, Plan


def why_not_comparable(
    base: Metric, head: Metric, base_plan: Plan, head_plan: Plan, renamed: Mapping[str, str]
) -> str:
    """Say why two metrics aren't comparable; the empty text if they are.

    Args:
        base: the base's metric.
        head: the head's metric.
        base_plan: the plan that the first is of.
        head_plan: the plan that the second is of.
        renamed: the head's names of metrics that have other ones in the base.
    """
    return next(_reasons(base, head, base_plan, head_plan, renamed), "")


def _reasons(
    base: Metric, head: Metric, base_plan: Plan, head_plan: Plan, renamed: Mapping[str, str]
) -> Iterator[str]:
    if (base.unit.factor, dict(base.unit.powers)) != (head.unit.factor, dict(head.unit.powers)):
        yield f"its unit changed: {_unit(base)} -> {_unit(head)}"
    if base.better != head.better:
        yield f"its direction changed: better is {base.better} -> {head.better}"
    if base.version != head.version:
        yield f"its version changed: {base.version} -> {head.version}"
    if base.population != head.population:
        yield f"its population changed: {base.population} -> {head.population}"
    if base.window != head.window:
        yield f"its window changed: {_window(base)} -> {_window(head)}"
    yield from _formula(base, head, renamed)
    if base.node and head.node:
        yield from _contracts(base_plan.node(base.node), head_plan.node(head.node), base_plan, head_plan)


def own_code_changed(base: Metric, head: Metric, base_plan: Plan, head_plan: Plan) -> bool:
    """Tell whether the code that scores the rows isn't the same, though the version is."""
    if not (base.node and head.node):
        return False
    before, after = base_plan.node(base.node), head_plan.node(head.node)
    return base_plan.stages[before.stage].code.digest != head_plan.stages[after.stage].code.digest


def _formula(base: Metric, head: Metric, renamed: Mapping[str, str]) -> Iterator[str]:
    before, after = _aggregation(base, renamed), _aggregation(head, {})
    if before != after:
        yield f"its formula changed: {before} -> {after}"
        return
    finalisers = [
        each.aggregate.finalise for each in (base, head) if each.aggregate and each.aggregate.finalise
    ]
    if len({code.digest for code in finalisers}) > 1:
        yield f"the code of its finaliser {finalisers[-1].qualname!r} changed"


def _aggregation(metric: Metric, renamed: Mapping[str, str]) -> str:
    if metric.expression is not None:
        operands = [
            renamed.get(each, each) if isinstance(each, str) else f"{each:g}"
            for each in metric.expression.operands
        ]
        return f"{metric.expression.operation} of {' and '.join(operands)}"
    aggregate = metric.aggregate
    if aggregate is None:
        return "none"
    parameter = "" if aggregate.parameter is None else f"({aggregate.parameter:g})"
    return f"{aggregate.kind}{parameter} of {aggregate.columns} column{'s' * (aggregate.columns != 1)}"


def _contracts(base: Node, head: Node, base_plan: Plan, head_plan: Plan) -> Iterator[str]:
    """Find contracts of what is read that another one has taken the place of, or that say by their version that they broke."""
    needed = {each.argument: base_plan.contracts.get(each.contract) for each in base.inputs}
    for each in head.inputs:
        before, after = needed.get(each.argument), head_plan.contracts.get(each.contract)
        if before and after and before.digest != after.digest and _broke(before, after):
            yield f"the contract that it reads changed: {before.name} {before.version} -> {after.name} {after.version}"


def _broke(before: Contract, after: Contract) -> bool:
    return before.name != after.name or before.version.split(".")[0] != after.version.split(".")[0]


def _window(metric: Metric) -> str:
    window = metric.window
    if window is None:
        return "all rows"
    return f"{window.every} of {window.by}" + (f" in {window.zone}" if window.zone else "")


def _unit(metric: Metric) -> str:
    return "ratio" if metric.unit.text == "1" else metric.unit.text
