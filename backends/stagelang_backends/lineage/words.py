"""Says things of a plan in the few words that fit a box."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from stagelang_compiler.plan import Contract, Gate, Metric, Plan, Split
from stagelang_compiler.plan_text import unit_words


def contract_words(name: str, plan: Plan) -> str:
    """Name a contract with its version."""
    contract: Contract | None = plan.contracts.get(name)
    return f"{name} {contract.version}".rstrip() if contract else name


def type_words(type_: str) -> str:
    """Shorten `module:Outer.Inner` to its last name."""
    return type_.rpartition(":")[2].rpartition(".")[2]


def gate_words(gate: Gate) -> str:
    """Say what a gate asks for."""
    return _asked(gate) + (f" in each {gate.in_each}" if gate.in_each else "")


def _asked(gate: Gate) -> str:
    match gate.kind:
        case "at_least":
            return f"≥ {_number(gate.low)}"
        case "at_most":
            return f"≤ {_number(gate.high)}"
        case "between":
            return f"{_number(gate.low)} to {_number(gate.high)}"
        case "not_worse_than":
            return f"not worse than {gate.alias} by {_number(gate.tolerance or 0)}"
        case "as_usual":
            return f"as usual in {gate.windows} windows"


def metric_words(metric: Metric) -> str:
    """Say how a metric is made, in which unit, and which way is better."""
    better = "" if metric.better == "none" else f"{metric.better} is better"
    parts = [_how(metric), unit_words(metric.unit), better]
    return " · ".join(part for part in parts if part)


def _how(metric: Metric) -> str:
    if metric.expression is None:
        return metric.aggregate.kind.replace("_", " ") if metric.aggregate else ""
    operation = metric.expression.operation
    shown = [
        each.rpartition("/")[2] if isinstance(each, str) else f"{each:g}"
        for each in metric.expression.operands
    ]
    return f"= {f' {operation} '.join(shown)}" if len(shown) > 1 else f"= {operation} {' '.join(shown)}"


def split_words(split: Split) -> Iterator[str]:
    """Say how a split divides, in two lines or three."""
    if split.folds:
        part = "test" if split.test is not None else "validation"
        yield f"by {split.by}"
        yield f"{part}: fold {split.fold} of {split.folds}"
        return
    yield f"by {split.method} of {split.by}"
    shares = [("test", split.test), ("validation", split.validation)]
    yield ", ".join(f"{name} {_share(value)}" for name, value in shares if value is not None)
    if split.embargo:
        yield f"embargo of {value_words(split.embargo)} s"


def _share(value: Any) -> str:
    return f"{100 * value:.4g} %" if isinstance(value, float) else f"from {value}"


def _number(value: float | None) -> str:
    return "" if value is None else f"{value:g}"


def value_words(value: object) -> str:
    """Write a parameter's encoded value as a person would have."""
    return _WRITERS.get(type(value), str)(value)


def _list(values: list[Any]) -> str:
    return f"[{_joined(values)}]"


def _record(fields: dict[str, Any]) -> str:
    """Write what JSON has no kind for: an object of one field, which names the kind."""
    (kind, inner), *_ = fields.items()
    match kind:
        case "float":
            return str(inner)
        case "tuple":
            return f"({_joined(inner)})"
        case "dict":
            return f"{{{', '.join(f'{value_words(key)}: {value_words(each)}' for key, each in inner)}}}"
        case _:
            return f"{kind}({value_words(inner)})"


def _joined(values: list[Any]) -> str:
    return ", ".join(map(value_words, values))


_WRITERS: Mapping[type, Callable[[Any], str]] = {str: repr, list: _list, dict: _record}
