"""The Plan as readable text: what a person reviews, and what golden files hold."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from stagelang_compiler.plan import (
    Column,
    Contract,
    Experiment,
    Gate,
    Input,
    Json,
    Metric,
    Node,
    Plan,
    Split,
    Unit,
    Window,
)
from stagelang_compiler.rendering.source import visible


def plan_text(plan: Plan) -> str:
    """Write a plan as readable text; equal plans give equal texts."""
    return "".join(f"{visible(line)}\n" for line in _lines(plan))


def _lines(plan: Plan) -> Iterator[str]:
    yield f"pipeline {plan.name}  seed {plan.seed}" + (f"  owner {plan.owner}" if plan.owner else "")
    if plan.schedule:
        yield f"schedule {plan.schedule} (UTC)"
    for contract in plan.contracts.values():
        yield ""
        yield from _contract(contract)
    for node in plan.nodes:
        yield ""
        yield from _node(node, plan)
    if plan.metrics:
        yield ""
    for metric in plan.metrics:
        yield _metric(metric)
    for gate in plan.gates:
        yield _gate(gate)
    for node_name, output in plan.outputs:
        yield f"output {node_name}.{output}"
    for experiment in plan.experiments:
        yield _experiment(experiment)
    for waiver in plan.waivers:
        yield f"waiver {waiver.rule} for {waiver.where} by {waiver.owner} until {waiver.expires}: {waiver.reason}"


def _contract(contract: Contract) -> Iterator[str]:
    version = f" {contract.version}" if contract.version else ""
    owner = f"  owner {contract.owner}" if contract.owner else ""
    low, high = contract.min_rows, contract.max_rows
    rows = "" if (low, high) == (1, None) else f"  rows {low or 0}..{'' if high is None else high}"
    words = "".join(
        f"  {word}" for word in (*(["closed"] if contract.closed else ()), *table_words(contract))
    )
    yield f"contract {contract.name}{version}{owner}{rows}{words}  {short(contract.digest)}"
    for column in contract.columns:
        yield f"    {column.name}: {column.type}{''.join(' ' + word for word in column_words(column))}"


def table_words(contract: Contract) -> Iterator[str]:
    """Say what a contract promises of the order of its rows and of their age."""
    if contract.sorted_by:
        yield f"sorted by {', then '.join(contract.sorted_by)}"
    if contract.max_age_seconds is not None:
        yield f"newest row at most {contract.max_age_seconds:g} s old"


def column_words(column: Column) -> Iterator[str]:
    """Say what a column promises, a word or two at a time."""
    yield from (word for word in ("key", "group", "time", "nullable") if getattr(column, word))
    if column.unique and not column.key:
        yield "unique"
    for field, sign in (("ge", ">="), ("gt", ">"), ("le", "<="), ("lt", "<")):
        if getattr(column, field) is not None:
            yield f"{sign} {getattr(column, field)}"
    if column.isin is not None:
        yield f"in {{{', '.join(str(value) for value in column.isin)}}}"
    if column.pattern is not None:
        yield f"matching {column.pattern!r}"
    if column.length is not None:
        yield f"of length {column.length}"
    if column.unit is not None:
        yield f"[{unit_words(column.unit)}]"
    yield from _words_of_use(column)


def _words_of_use(column: Column) -> Iterator[str]:
    """Say what a column's values may be used for, when they are known and what they are made of."""
    if column.scale:
        yield f"scale {column.scale}"
    if column.adds:
        yield f"adds {column.adds.replace('_', ' ')}"
    if column.role:
        yield f"role {column.role}"
    if column.known_after_seconds is not None:
        yield f"known {column.known_after_seconds:g} s later"
    if column.made_of is not None:
        yield f"made of {', '.join(column.made_of) or 'no column'}"


def unit_words(unit: Unit) -> str:
    """Write a unit; a pure number is called a ratio."""
    return "ratio" if unit.text == "1" else unit.text


def short(digest: str) -> str:
    """Shorten a digest to its first twelve digits."""
    return digest.removeprefix("sha256:")[:12]


def _split(split: Split) -> str:
    if split.folds:
        part = "test" if split.test is not None else "validation"
        return f"{split.by}: {part} fold {split.fold} of {split.folds}"
    validation = f", validation {split.validation}" if split.validation is not None else ""
    embargo = f", embargo {split.embargo:g} s" if split.embargo else ""
    return f"{split.method} of {split.by}: test {split.test}{validation}{embargo}"


def _node(node: Node, plan: Plan) -> Iterator[str]:
    what = node.stage if node.stage and node.stage != node.name else ""
    yield f"{node.kind} {node.name}{f' = {what}' if what else ''}{f'  owner {node.owner}' if node.owner else ''}  {short(node.id)}"
    if node.source:
        yield f"    reads {node.source.location} as {node.source.format}"
    if node.split:
        yield f"    divides by {_split(node.split)}"
    for each in node.inputs:
        yield f"    {_input(each)}"
    for name, value in node.params.items():
        yield f"    {name} = {value_words(value)}"
    for output in node.outputs:
        of = output.contract or output.type
        population = f", {output.population}" if output.population not in ("", "Population") else ""
        rows = f", rows {output.rows} of {output.rows_of}" if output.rows else ""
        codec = f" as {output.codec}" if output.codec else ""
        yield f"    -> {output.name}: {output.kind}{f' of {of}{population}' if of else ''}{codec}{rows}"
    stage = plan.stages.get(node.stage)
    if stage and stage.command:
        yield f"    runs {' '.join(stage.command.argv)}"


def value_words(encoded: Json) -> str:
    """Write an encoded value on one line, much as the source has it; kinds without a literal keep their names."""
    if isinstance(encoded, str):
        return repr(encoded)
    if isinstance(encoded, _LIST):
        return f"[{_joined(encoded)}]"
    if not isinstance(encoded, _OBJECT):
        return str(encoded)
    first: tuple[str, Any] = next(iter(encoded.items()), ("", ""))
    kind, content = first
    match kind:
        case "float":
            return str(content)
        case "tuple":
            return f"({_joined(content)}{',' * (len(content) == 1)})"
        case "dict":
            return "{" + ", ".join(f"{value_words(key)}: {value_words(item)}" for key, item in content) + "}"
        case _:
            return f"{kind} {value_words(content)}"


def _joined(items: Iterable[Json]) -> str:
    return ", ".join(value_words(item) for item in items)


_LIST: Any = list
_OBJECT: Any = dict


def _input(each: Input) -> str:
    index = "" if each.index is None else f"[{each.index}]"
    output = "" if each.output == "out" else f".{each.output}"
    seen = "" if not each.contract or each.contract == each.promised else f" as {each.contract}"
    unproved = "" if each.proved or not each.contract else f" (to be gated: {_unknown(each)})"
    return f"{each.argument}{index} <- {each.node}{output}{seen}{unproved}"


def _unknown(each: Input) -> str:
    return "; ".join(each.unknown) or "all of it"


def _metric(metric: Metric) -> str:
    low = "-inf" if metric.low is None else f"{metric.low:g}"
    high = "inf" if metric.high is None else f"{metric.high:g}"
    if metric.expression:
        operands = f" {metric.expression.operation} ".join(
            str(operand) for operand in metric.expression.operands
        )
        how = (
            f"= {operands}"
            if len(metric.expression.operands) > 1
            else f"= {metric.expression.operation} {operands}"
        )
    else:
        aggregate = metric.aggregate.kind if metric.aggregate else ""
        how = f"= {aggregate} over {metric.population}" + (f" by {metric.cluster}" if metric.cluster else "")
    means = (
        f"[{unit_words(metric.unit)}] in [{low}, {high}], better {metric.better}, version {metric.version}"
    )
    return f"metric {metric.name} {how}{_apart(metric)}  {means}"


def _apart(metric: Metric) -> str:
    """Say by what a metric is measured apart, and of which window it is."""
    sliced = f" in slices of {', '.join(metric.slices)}" if metric.slices else ""
    return sliced + (f" in the last {window_words(metric.window)}" if metric.window else "")


def window_words(window: Window) -> str:
    """Say what window a metric is of: 'day of at in Europe/Vienna'."""
    return f"{window.every} of {window.by}" + (f" in {window.zone}" if window.zone else "")


def _gate(gate: Gate) -> str:
    return f"gate {gate.name}, judged on the {gate.judged_on}"


def _experiment(experiment: Experiment) -> str:
    words = [
        experiment.kind,
        experiment.stage,
        f"for {experiment.other}" if experiment.other else "",
        experiment.node,
    ]
    words += [f"{name}={value_words(value)}" for name, value in experiment.settings.items()]
    return "experiment " + " ".join(word for word in words if word)
