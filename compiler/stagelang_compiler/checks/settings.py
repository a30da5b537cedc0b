"""SL105, of settings: a declaration whose setting isn't of the type that the language gives it. Judged before the graph is built."""

from __future__ import annotations

import datetime as dt
import functools
import math
import types
import typing
from collections.abc import Hashable, Iterator, Mapping, Sequence
from types import FunctionType
from typing import Any, Literal, cast

import attrs

from stagelang.aggregate import Aggregate
from stagelang.annotations import module_names
from stagelang.contract import Contract, columns_of
from stagelang.errors import LazyHandleError
from stagelang.experiment import Experiment, Perturb
from stagelang.gate import Gate
from stagelang.governance import Budget, Resources, Waiver
from stagelang.metric import MetricCall, MetricDefinition
from stagelang.origin import Origin
from stagelang.pipeline import Pipeline
from stagelang.recording import Recording
from stagelang.signature import is_contract
from stagelang.source import Source
from stagelang.split import Split
from stagelang.stage import Call
from stagelang.units import measure
from stagelang.window import Window
from stagelang_compiler.checks.matching import matches_value, written
from stagelang_compiler.checks.structure import MEANINGLESS_DECLARATION
from stagelang_compiler.checks.words import short
from stagelang_compiler.diagnostics import Diagnostic, Place

_PIPELINE: Mapping[str, Any] = {
    "name": str,
    "owner": str,
    "schedule": str,
    "budget": Budget | None,
    "waivers": tuple[Waiver, ...],
    "experiments": tuple[Experiment, ...],
}
_CONTRACT: Mapping[str, Any] = {
    "__version__": str,
    "__owner__": str,
    "__closed__": bool,
    "__rows__": tuple[int | None, int | None],
    "__sorted_by__": tuple[str, ...],
    "__max_age__": dt.timedelta | None,
}
_PERTURBATION: Mapping[str, Any] = {
    "kind": Literal["missing", "noisy", "shifted", "shuffled"],
    "column": str,
    "strengths": tuple[float, ...],
}
_BOUNDS: Mapping[str, tuple[str, ...]] = {
    "at_least": ("low",),
    "at_most": ("high",),
    "between": ("low", "high"),
    "not_worse_than": ("tolerance",),
}
_GATE: Any = Gate
_TUPLE: Any = tuple
_SOURCE: Any = Source
_FUNCTION: Any = FunctionType
_PARTS: Any = (Budget, Resources)
_JUDGED_ELSEWHERE = ("origin", "table", "by", "contract", "unit", "metric", "function")


_ARTIFACTS, _CALLS, _JUDGED_ALONE, _PERTURB, _AGGREGATE, _METRIC, _WINDOW = (
    cast(Any, classes)
    for classes in (
        (Source, Split),
        (Call, MetricCall),
        (Waiver, Gate, Budget),
        Perturb,
        Aggregate,
        MetricDefinition,
        Window,
    )
)
"""What declarations are made of; each is checked at run time, whatever its type promises."""


def check_settings(pipeline: Pipeline, recording: Recording) -> Iterator[Diagnostic]:
    """Check the type of every setting of what was declared, and that its numbers are finite."""
    yield from _typed(f"pipeline {short(pipeline.name)}", pipeline, _PIPELINE, pipeline.origin)
    given: list[Any] = [*pipeline.waivers, *pipeline.gates, pipeline.budget, *pipeline.experiments]
    for each in given:
        if isinstance(each, _JUDGED_ALONE):
            yield from _attributes(f"a {type(each).__name__.lower()}", each, each.origin)
            yield from _unbounded(each)
        elif isinstance(each, _PERTURB):
            yield from _typed("a perturbation", each.perturbation, _PERTURBATION, each.origin)
    for contract in recording.contracts:
        yield from _of_contract(contract)
    stages = (call.stage if isinstance(call, _CALLS) else call for call in recording.calls)
    for declared in dict.fromkeys((*recording.stages, *stages)):
        yield from _of(declared)


def _unbounded(gate: Any) -> Iterator[Diagnostic]:
    """Find a gate without the number that it compares with, as one has that was made by hand."""
    for bound in _BOUNDS.get(gate.kind, ()) if isinstance(gate, _GATE) and type(gate.kind) is str else ():
        if getattr(gate, bound) is None:
            yield _finding("a gate", bound, None, "a number", gate.origin)


def _of_contract(contract: type[Contract]) -> Iterator[Diagnostic]:
    said = {
        name: hint
        for name, hint in _CONTRACT.items()
        if getattr(contract, name) is not getattr(Contract, name)
    }
    yield from _typed(f"contract {contract.__name__!r}", contract, said, contract.__origin__)
    for name, column in columns_of(contract).items():
        what = f"column {name!r} of {contract.__name__!r}"
        yield from _attributes(what, column.limits, column.origin or contract.__origin__)


def _of(declared: Any) -> Iterator[Diagnostic]:
    if isinstance(declared, _ARTIFACTS):
        subject = declared.location if isinstance(declared, _SOURCE) else declared.by
        what = f"{type(declared).__name__.lower()} {short(subject)}"
        yield from _attributes(what, declared, declared.origin)
        if isinstance(declared, _SOURCE) and not (
            declared.contract is None or is_contract(declared.contract)
        ):
            yield _finding(what, "contract", declared.contract, "a contract class", declared.origin)
    elif isinstance(declared, _METRIC):
        yield from _of_metric(declared)
    else:
        what = f"stage {_name(declared)}"
        yield from _attributes(what, declared.settings, declared.origin)
        for part in ("budget", "resources"):
            given: Any = getattr(declared.settings, part)
            if isinstance(given, _PARTS):
                yield from _attributes(f"the {part} of {what}", given, declared.origin)
        if declared.command is not None:
            yield from _attributes(f"the command of {what}", declared.command, declared.origin)


def _of_metric(declared: MetricDefinition[Any, Any]) -> Iterator[Diagnostic]:
    meaning, what = declared.meaning, f"metric {_name(declared)}"
    yield from _attributes(what, meaning, declared.origin)
    if isinstance(meaning.aggregate, _AGGREGATE):
        yield from _attributes(f"the aggregation of {what}", meaning.aggregate, declared.origin)
        finalise: Any = meaning.aggregate.finalise
        if finalise is not None and not isinstance(finalise, _FUNCTION):
            aggregation = f"the aggregation of {what}"
            yield _finding(aggregation, "finalise", finalise, "a function written with def", declared.origin)
    if isinstance(meaning.window, _WINDOW):
        yield from _attributes(f"the window of {what}", meaning.window, declared.origin)
    if not _is_unit(meaning.unit):
        yield _finding(what, "unit", meaning.unit, "a unit, such as units.USD", declared.origin)


def _name(declared: Any) -> str:
    """Write a declaration's name; one for which a handle was given can't be asked for."""
    try:
        return short(declared.name)
    except LazyHandleError:
        return short(declared.__name__)


def _is_unit(unit: Any) -> bool:
    try:
        measure(unit)
    except TypeError:
        return False
    return True


def _attributes(what: str, declared: Any, origin: Origin) -> Iterator[Diagnostic]:
    """Check what was said in a declaration: most settings are left as they are, and need no look."""
    fields = _fields(cast(Hashable, type(declared)))
    said = {name: hint for name, (hint, default) in fields.items() if getattr(declared, name) is not default}
    return _typed(what, declared, said, origin)


@functools.cache
def _fields(cls: Any) -> Mapping[str, tuple[Any, Any]]:
    """Give the settings of a class of declarations: the type and the default of each."""
    hints = typing.get_type_hints(cls, module_names(cls))
    return {
        each.name: (hints[each.name], each.default)
        for each in attrs.fields(cls)
        if each.name not in _JUDGED_ELSEWHERE
    }


def _typed(what: str, declared: Any, hints: Mapping[str, Any], origin: Origin) -> Iterator[Diagnostic]:
    for name, hint in hints.items():
        value = getattr(declared, name, None)
        if name == "unique" and value is getattr(
            declared, "key", None
        ):  # a key is unique: said once, of the key
            continue
        if _is_plainly(cast(Hashable, type(value)), hint):  # the usual case, without a closer look
            continue
        if not matches_value(value, hint):
            yield _finding(what, name, value, written(hint), origin)
        elif not all(_is_finite(each, name) for each in _numbers(value)):
            yield _finding(what, name, value, "finite numbers", origin)


@functools.cache
def _is_plainly(kind: Any, hint: Any) -> bool:
    """Tell whether every value of a class fits a setting; numbers that may not be finite are looked at."""
    if kind not in _PLAIN:
        return False
    is_union = typing.get_origin(hint) in (typing.Union, types.UnionType)
    return hint is kind or hint is Any or (is_union and kind in typing.get_args(hint))


_PLAIN = (bool, int, str, type(None))


def _numbers(value: Any) -> Sequence[Any]:
    return value if isinstance(value, _TUPLE) else (value,)


def _is_finite(value: Any, name: str) -> bool:
    """Tell whether a number can be compared and written down; an infinite end of a range says that there is none."""
    return not isinstance(value, float) or math.isfinite(value) or (name == "range" and math.isinf(value))


def _finding(what: str, name: str, value: Any, expected: str, origin: Origin) -> Diagnostic:
    shown = getattr(value, "__qualname__", "") or short(value)
    return Diagnostic(
        rule=MEANINGLESS_DECLARATION,
        message=f"{name.strip('_')} of {what} is {shown}",
        places=(Place(origin),),
        expected=expected,
        found="None" if value is None else f"{type(value).__qualname__} {shown}",
        help="write a value of the expected type",
    )
