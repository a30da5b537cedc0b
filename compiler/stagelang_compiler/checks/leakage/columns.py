"""SL605, SL606, SL607, SL614, SL618: what a model is given that it won't have when it is asked, by columns that contracts declare.

A column keeps what an earlier contract said of it for as long as it keeps its name.
"""

from __future__ import annotations

import ast
import datetime as dt
from collections.abc import Iterator, Mapping
from typing import Any, TypeAlias, final

from attrs import evolve, frozen

from stagelang.contract import Column, columns_of
from stagelang.origin import Origin
from stagelang.split import Split
from stagelang_compiler.checks.leakage.body_calls import walked
from stagelang_compiler.checks.leakage.body_source import Sources
from stagelang_compiler.checks.leakage.label_rule import LabelRule, label_rule
from stagelang_compiler.checks.leakage.roles import CARRIERS, STATES
from stagelang_compiler.checks.leakage.rules import (
    KNOWN_TOO_LATE,
    LABEL_AS_FEATURE,
    LABEL_BY_RULE,
    SHORT_EMBARGO,
    SPLIT_IGNORES_TIME,
)
from stagelang_compiler.diagnostics import Diagnostic, Place
from stagelang_compiler.graph import Edge, Graph, GraphNode

_AT_ONCE = dt.timedelta(0)


@final
@frozen(kw_only=True)
class _Known:
    """What was said of a column: that it is a label, by which rule, and when it becomes known; each with where."""

    label: Origin | None = None
    late: Origin | None = None
    after: dt.timedelta = _AT_ONCE
    rule: LabelRule | None = None


_Columns: TypeAlias = Mapping[str, _Known]
_NOTHING = _Known()


def check_columns(graph: Graph) -> Iterator[Diagnostic]:
    """Check that what models are fitted to is known when they are asked, and isn't the answer."""
    known: dict[tuple[int, str], _Columns] = {}
    told: set[tuple[object, str]] = set()
    sources = Sources()
    for node in graph.nodes:
        given = [(edge, known.get((id(edge.producer), edge.port), {})) for edge in node.inputs]
        if _learns(node):
            yield from _features(node, given, told)
            yield from _ruled(node, given, told, sources)
        for port in node.outputs:
            known[id(node), port] = _passed_on(node, port, [columns for _, columns in given], sources)


def check_split_times(graph: Graph) -> Iterator[Diagnostic]:
    """Check that rows whose label becomes known later are divided by time."""
    for node in graph.nodes:
        declared = node.declared
        given = node.inputs[0].given if isinstance(declared, Split) and node.inputs else None
        if given is None or given.contract is None or not isinstance(declared, Split):
            continue
        columns = columns_of(given.contract)
        late = [
            column
            for column in columns.values()
            if column.limits.role == "label" and _is_late(column.limits.known_after)
        ]
        times = [name for name, column in columns.items() if column.limits.time]
        if declared.method == "time":
            longest = max(late, key=lambda column: column.limits.known_after or _AT_ONCE, default=None)
            if longest and (declared.embargo or _AT_ONCE) < (longest.limits.known_after or _AT_ONCE):
                yield _too_short(node, declared, longest)
        elif late and times:
            yield _ignores_time(node, late[0], given.contract.__name__, times[0])


def _learns(node: GraphNode) -> bool:
    return node.kind in ("stage", "command") and any(shape.kind in STATES for shape in node.outputs.values())


def _is_late(after: Any) -> bool:
    return isinstance(after, dt.timedelta) and after > _AT_ONCE


def _passed_on(node: GraphNode, port: str, given: list[_Columns], sources: Sources) -> _Columns:
    """Say of an output's columns what its contract says, and what was said of columns of the same names before."""
    contract = node.outputs[port].contract
    found: dict[str, _Known] = {}
    for columns in given:
        for name, said in columns.items():
            found[name] = _merged(found.get(name, _NOTHING), said)
    own = columns_of(contract) if contract is not None else {}
    if not own:
        return found if node.outputs[port].kind in CARRIERS else {}
    given_out = {name: _said(column, found.get(name, _NOTHING)) for name, column in own.items()}
    for name, column in own.items():
        rule = label_rule(node, name, sources) if column.limits.role == "label" else None
        if rule is not None:
            given_out[name] = evolve(given_out[name], rule=rule)
    return given_out


def _merged(one: _Known, other: _Known) -> _Known:
    late = one if one.after >= other.after else other
    return _Known(
        label=one.label or other.label, late=late.late, after=late.after, rule=one.rule or other.rule
    )


def _said(column: Column[Any], before: _Known) -> _Known:
    limits = column.limits
    found = evolve(before, label=column.origin) if limits.role == "label" else before
    if limits.known_after is None:
        return found
    if not _is_late(limits.known_after):
        return evolve(found, late=None, after=_AT_ONCE)
    return evolve(found, late=column.origin, after=limits.known_after)


def _features(
    node: GraphNode, given: list[tuple[Edge, _Columns]], told: set[tuple[object, str]]
) -> Iterator[Diagnostic]:
    for edge, columns in given:
        contract = edge.given.contract if edge.given else None
        for name, column in (columns_of(contract) if contract else {}).items():
            said = columns.get(name, _NOTHING)
            if contract is None or column.limits.role != "feature" or (contract, name) in told:
                continue
            told.add((contract, name))
            feature = Place(column.origin or contract.__origin__, "a feature here")
            here = Place(node.origin, "learnt from here")
            if said.label is not None:
                yield _label(node, name, here, feature, Place(said.label, "the label here"))
            elif said.late is not None:
                yield _late(node, name, said, here, feature)


def _ruled(
    node: GraphNode, given: list[tuple[Edge, _Columns]], told: set[tuple[object, str]], sources: Sources
) -> Iterator[Diagnostic]:
    """Find labels that are computed from nothing but what the model is given as features."""
    for edge, columns in given:
        contract = edge.given.contract if edge.given else None
        own = columns_of(contract) if contract else {}
        for name, column in own.items():
            rule = columns.get(name, _NOTHING).rule
            if rule is None or column.limits.role != "label" or (contract, name) in told:
                continue
            if rule.columns <= _given_as_features(node, own, sources):
                told.add((contract, name))
                yield _by_rule(node, name, rule, Place(column.origin or node.origin, "the label here"))


def _given_as_features(
    node: GraphNode, columns: Mapping[str, Column[Any]], sources: Sources
) -> frozenset[str]:
    """Give the columns that are declared features; where none is, those that the body of what fits names."""
    declared = frozenset(name for name, column in columns.items() if column.limits.role == "feature")
    if declared or node.stage is None:
        return declared
    others = {name for name, column in columns.items() if not column.limits.role}
    found: set[str] = set()
    for _, each in walked(node.stage.function, sources):
        match each:
            case ast.Constant(value=str(text)) | ast.Attribute(attr=text) if text in others:
                found.add(text)
            case _:
                pass
    return frozenset(found)


def _by_rule(node: GraphNode, name: str, rule: LabelRule, label: Place) -> Diagnostic:
    columns = ", ".join(map(repr, sorted(rule.columns)))
    return Diagnostic(
        rule=LABEL_BY_RULE,
        message=f"{node.base!r} learns {name!r}, which a rule computes from {columns}, from these very columns",
        places=(Place(node.origin, "learnt from here"), Place(rule.place, "computed here"), label),
        subject=node.name,
        expected="a label that was observed, or features that the rule doesn't read",
        help=f"use the rule itself, or leave {columns} out of the features",
    )


def _label(node: GraphNode, name: str, here: Place, feature: Place, label: Place) -> Diagnostic:
    return Diagnostic(
        rule=LABEL_AS_FEATURE,
        message=f"{node.base!r} is given {name!r} as a feature, which is the label",
        places=(here, feature, label),
        subject=node.name,
        help=f"leave {name!r} out of the features",
    )


def _late(node: GraphNode, name: str, said: _Known, here: Place, feature: Place) -> Diagnostic:
    assert said.late is not None
    promised = () if said.late == feature.origin else (Place(said.late, "known later, it says here"),)
    return Diagnostic(
        rule=KNOWN_TOO_LATE,
        message=f"{node.base!r} is given {name!r} as a feature, which becomes known {_words(said.after)} after the row's time",
        places=(here, feature, *promised),
        subject=node.name,
        expected="features that are known at the row's time",
        help=f"leave {name!r} out of the features; if it is known by then after all, declare known_after=timedelta(0)",
    )


def _words(after: dt.timedelta) -> str:
    count, unit = _largest(after)
    return f"{count} {unit if count != '1' else unit.removesuffix('s')}"


def _spelled(after: dt.timedelta) -> str:
    count, unit = _largest(after)
    return f"{unit}={count}"


def _largest(after: dt.timedelta) -> tuple[str, str]:
    """Give a duration in the largest unit that it is a whole number of, else in seconds."""
    seconds = after.total_seconds()
    for unit, size in (("days", 86400), ("hours", 3600), ("minutes", 60)):
        if seconds % size == 0:
            return str(int(seconds // size)), unit
    return f"{seconds:g}", "seconds"


def _ignores_time(node: GraphNode, label: Column[Any], contract: str, time: str) -> Diagnostic:
    declared = node.declared
    by = str(declared.by) if isinstance(declared, Split) else ""
    return Diagnostic(
        rule=SPLIT_IGNORES_TIME,
        message=(
            f"{node.base!r} divides by {by!r}, so that what is learnt from later rows judges earlier ones, "
            f"whose {label.name!r} becomes known {_words(label.limits.known_after or _AT_ONCE)} later"
        ),
        places=(
            Place(node.origin, "divided here"),
            Place(label.origin or node.origin, "known later, it says here"),
        ),
        subject=node.name,
        help=f"divide by time: split_by_time(..., by={contract}.{time}, test_from=..., embargo=...)",
    )


def _too_short(node: GraphNode, declared: Split, label: Column[Any]) -> Diagnostic:
    after = label.limits.known_after or _AT_ONCE
    return Diagnostic(
        rule=SHORT_EMBARGO,
        message=(
            f"{node.base!r} divides at moments at which {label.name!r} of the rows just before isn't known yet: "
            f"it becomes known {_words(after)} later"
        ),
        places=(
            Place(node.origin, "divided here"),
            Place(label.origin or node.origin, "known later, it says here"),
        ),
        subject=node.name,
        expected=f"an embargo of {_words(after)} or longer",
        found=f"an embargo of {_words(declared.embargo)}" if declared.embargo else "no embargo",
        help=f"leave those rows out: embargo=timedelta({_spelled(after)})",
    )


CHECKS = (check_columns, check_split_times)
