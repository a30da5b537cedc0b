"""Compares what is declared beside the nodes: metrics, gates, outputs, experiments, waivers and the pipeline's own settings."""

from __future__ import annotations

import json
from collections.abc import Hashable, Iterator, Mapping, Sequence

from stagelang_compiler.diff.code import CodeComparison
from stagelang_compiler.diff.matching import Matching
from stagelang_compiler.diff.model import Change, Kind, Reason, Subject
from stagelang_compiler.diff.pairing import Names, paired
from stagelang_compiler.diff.reasons import budget_words, changed
from stagelang_compiler.plan import Aggregate, Experiment, Gate, Metric, Plan, Waiver
from stagelang_compiler.plan_text import unit_words, value_words, window_words


def settings(base: Plan, head: Plan) -> Iterator[Change]:
    """Compare what a pipeline says of itself."""
    pairs = (
        ("name", base.name, head.name, False),
        ("seed", str(base.seed), str(head.seed), True),
        ("owner", base.owner, head.owner, False),
        ("schedule", base.schedule, head.schedule, False),
        ("budget", budget_words(base.budget), budget_words(head.budget), False),
    )
    for name, old, new, counts in pairs:
        if old != new:
            kind: Kind = "changed" if old and new else "added" if new else "removed"
            reason = Reason(cause="setting", what=name, kind=kind, old=old, new=new, counts=counts)
            yield Change(
                subject="setting",
                kind=kind,
                old=name if old else "",
                new=name if new else "",
                reasons=(reason,),
            )


def match_metrics(base: Plan, head: Plan, matching: Matching) -> dict[str, str]:
    """Match metrics: base -> head; a measured one goes with its node, an expression with what it is made of."""
    measured = {metric.node: metric.name for metric in head.metrics if metric.node}
    found: dict[str, str] = {}
    free = {metric.name for metric in head.metrics}
    for metric in base.metrics:
        by_node = measured.get(matching.nodes.get(metric.node, ""), "") if metric.node else ""
        for name in (by_node, metric.name):
            if name in free:
                found[metric.name] = name
                free.remove(name)
                break
    left = {_made_of(metric, {}): metric.name for metric in head.metrics if metric.name in free}
    for metric in base.metrics:
        if metric.name not in found and metric.expression and (name := left.pop(_made_of(metric, found), "")):
            found[metric.name] = name
    return found


def _made_of(metric: Metric, names: Mapping[str, str]) -> Hashable:
    if metric.expression is None:
        return metric.name
    operands = tuple(
        names.get(each, each) if isinstance(each, str) else each for each in metric.expression.operands
    )
    return metric.expression.operation, operands


def metrics(base: Plan, head: Plan, names: Mapping[str, str], code: CodeComparison) -> Iterator[Change]:
    """Compare what metrics mean; what measures them is a node."""
    before, back = {each.name: each for each in base.metrics}, {new: old for old, new in names.items()}
    for new in head.metrics:
        old = before.get(back.get(new.name, ""))
        if old is None:
            yield Change(subject="metric", kind="added", old="", new=new.name)
            continue
        reasons = _meaning(old, new, names, code)
        if reasons or old.name != new.name:
            kind: Kind = "changed" if old.name == new.name else "renamed"
            yield Change(subject="metric", kind=kind, old=old.name, new=new.name, reasons=reasons)
    for old in base.metrics:
        if old.name not in names:
            yield Change(subject="metric", kind="removed", old=old.name, new="")


def _meaning(old: Metric, new: Metric, names: Mapping[str, str], code: CodeComparison) -> tuple[Reason, ...]:
    said = (
        *changed("meaning", "unit", unit_words(old.unit), unit_words(new.unit)),
        *changed("meaning", "better", old.better, new.better),
        *changed("meaning", "range", _range(old), _range(new)),
        *_aggregates(old.aggregate, new.aggregate, code),
        *changed("meaning", "where undefined", str(old.undefined), str(new.undefined)),
        *changed("meaning", "version", old.version, new.version),
        *changed("meaning", "independent by", old.cluster or None, new.cluster or None),
        *changed("meaning", "slices", _names(old.slices), _names(new.slices), counts=False),
        *changed("meaning", "window", old.window, new.window, window_words),
        *changed("meaning", "population", old.population or None, new.population or None),
        *changed("meaning", "reported", _flag(old.reported), _flag(new.reported), counts=False),
    )
    if _made_of(old, names) != _made_of(new, {}) and (old.expression or new.expression):
        said = (Reason(cause="meaning", what="formula", old=_formula(old), new=_formula(new)), *said)
    units_differ = (old.unit.factor, dict(old.unit.powers)) != (new.unit.factor, dict(new.unit.powers))
    if units_differ and not any(reason.what == "unit" for reason in said):
        said = (*said, Reason(cause="meaning", what="unit"))
    return said


def _aggregates(old: Aggregate | None, new: Aggregate | None, code: CodeComparison) -> Iterator[Reason]:
    yield from changed("meaning", "aggregate", old, new, _aggregate)
    if old and new and old.finalise and new.finalise:
        yield from code.reasons(old.finalise, new.finalise)[0]


def _aggregate(aggregate: Aggregate) -> str:
    parameter = "" if aggregate.parameter is None else f" {aggregate.parameter:g}"
    return f"{aggregate.kind}{parameter}" + (
        f" of {aggregate.columns} columns" if aggregate.columns > 1 else ""
    )


def _range(metric: Metric) -> str:
    low = "-∞" if metric.low is None else f"{metric.low:g}"
    high = "∞" if metric.high is None else f"{metric.high:g}"
    return f"{low} to {high}"


def _formula(metric: Metric) -> str:
    if metric.expression is None:
        return "measured"
    operation, operands = metric.expression.operation, [str(each) for each in metric.expression.operands]
    return f" {operation} ".join(operands) if len(operands) > 1 else f"{operation} {operands[0]}"


def _names(names: tuple[str, ...]) -> str | None:
    return ", ".join(names) or None


def _flag(value: bool) -> str:
    return "yes" if value else "no"


def gates(base: Plan, head: Plan, names: Names) -> Iterator[Change]:
    """Compare gates: of one metric, kind and reference, one that asks for something else is changed."""
    for old, new in paired(base.gates, head.gates, _gate_keys, names):
        reasons = _asking(old, new) if old and new else ()
        yield from _change("gate", old and old.name, new and new.name, reasons)


def _gate_keys(gate: Gate, names: Names) -> Sequence[Hashable]:
    metric = names.get(gate.metric, gate.metric)
    return (metric, _asked(gate), gate.judged_on), (metric, gate.kind, gate.alias), metric


def _asked(gate: Gate) -> Hashable:
    return gate.kind, gate.low, gate.high, gate.alias, gate.tolerance, gate.in_each, gate.windows, gate.alpha


def _asking(old: Gate, new: Gate) -> tuple[Reason, ...]:
    before, after = (each.name.removeprefix(f"{each.metric} ") for each in (old, new))
    differs = _asked(old) != _asked(new)
    untold = (Reason(cause="limit", what="asks for"),) if differs and before == after else ()
    return (
        *(untold or (changed("limit", "asks for", before, after) if differs else ())),
        *changed("limit", "judged on", old.judged_on, new.judged_on),
    )


def outputs(base: Plan, head: Plan, matching: Matching) -> Iterator[Change]:
    """Compare which artifacts a pipeline gives."""
    for old, new in paired(base.outputs, head.outputs, _output_keys, matching.nodes):
        before, after = (".".join(each) if each else None for each in (old, new))
        yield from _change("output", before, after, ())


def _output_keys(output: tuple[str, str], names: Names) -> Sequence[Hashable]:
    return ((names.get(output[0], output[0]), output[1]),)


def experiments(base: Plan, head: Plan, matching: Matching) -> Iterator[Change]:
    """Compare experiments by what they are about; settings that differ are a change."""
    # no stage's name holds what marks a node's here, so one mapping serves both
    names = {**matching.stages, **{f"node {old}": f"node {new}" for old, new in matching.nodes.items()}}
    for old, new in paired(base.experiments, head.experiments, _experiment_keys, names):
        reasons = tuple(_settings(old, new)) if old and new else ()
        yield from _change("experiment", old and _about(old), new and _about(new), reasons)


def _experiment_keys(each: Experiment, names: Names) -> Sequence[Hashable]:
    mentioned = (each.stage, each.other, f"node {each.node}")
    about = (
        each.kind,
        *(names.get(name, name) for name in mentioned),
        each.output,
        str(each.settings.get("column")),
    )
    return (about, json.dumps(dict(each.settings), sort_keys=True)), about


def _settings(old: Experiment, new: Experiment) -> Iterator[Reason]:
    for name in [*new.settings, *(name for name in old.settings if name not in new.settings)]:
        before, after = old.settings.get(name), new.settings.get(name)
        yield from changed("limit", name, before, after, value_words, counts=False)


def _about(experiment: Experiment) -> str:
    place = f"{experiment.node}.{experiment.output}" if experiment.node else ""
    words = [experiment.kind, experiment.stage, f"for {experiment.other}" if experiment.other else "", place]
    column = experiment.settings.get("column")
    words.append(f"in {column}" if isinstance(column, str) else "")
    return " ".join(word for word in words if word)


def waivers(base: Plan, head: Plan) -> Iterator[Change]:
    """Compare waivers by the finding that they accept."""
    for old, new in paired(base.waivers, head.waivers, _accepted, {}):
        reasons: tuple[Reason, ...] = ()
        if old and new:
            reasons = (
                *changed("owner", "owner", old.owner, new.owner, counts=False),
                *changed("limit", "reason", old.reason, new.reason, counts=False),
                *changed("limit", "expires", old.expires, new.expires, counts=False),
            )
        before, after = (each and f"{each.rule} for {each.where}" for each in (old, new))
        yield from _change("waiver", before, after, reasons)


def _accepted(waiver: Waiver, _: Names) -> Sequence[Hashable]:
    return ((waiver.rule, waiver.where),)


def _change(
    subject: Subject, old: str | None, new: str | None, reasons: Sequence[Reason]
) -> Iterator[Change]:
    """Give a change of what stands in only one plan, bears another name, or differs."""
    if old is not None and new is not None and not reasons and old == new:
        return
    kind: Kind = "added" if old is None else "removed" if new is None else "changed" if reasons else "renamed"
    yield Change(subject=subject, kind=kind, old=old or "", new=new or "", reasons=tuple(reasons))
