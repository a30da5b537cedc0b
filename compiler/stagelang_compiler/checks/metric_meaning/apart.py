"""SL517, 522, 523, 533 and 534: metrics measured apart by slices and by windows of time, and what may be claimed of them."""

from __future__ import annotations

import math
import zoneinfo
from collections.abc import Collection, Iterator
from typing import Any

from stagelang.contract import columns_of
from stagelang.gate import Gate
from stagelang.metric import Expression, MetricDefinition
from stagelang_compiler.checks.metric_meaning.facts import Facts, Measured, facts_of
from stagelang_compiler.checks.metric_meaning.measured_rows import relation
from stagelang_compiler.checks.metric_meaning.rules import (
    MAY_TURN_AROUND,
    TOO_SHORT_A_HISTORY,
    UNKNOWN_SLICE,
    WINDOW_WITHOUT_TIME,
)
from stagelang_compiler.checks.promises import promises
from stagelang_compiler.diagnostics import Diagnostic, Place, Rule, did_you_mean
from stagelang_compiler.graph import Graph
from stagelang_compiler.lower.metrics import time_column

_SLICES_OF = ("int", "str", "bool", "date")
"""Types of columns whose values can come back, so that they are names of slices."""


def check_apart(graph: Graph) -> Iterator[Diagnostic]:
    """Check by which columns each definition is measured apart, and by which time."""
    seen: set[MetricDefinition[Any, Any]] = set()
    for facts in facts_of(graph).values():
        measured = facts.leaf
        if measured is not None and measured.definition not in seen:
            seen.add(measured.definition)
            yield from _slices(measured)
            yield from _window(measured)


def _slices(measured: Measured) -> Iterator[Diagnostic]:
    contract = measured.contract
    for name in measured.definition.meaning.slices if contract is not None else ():
        assert contract is not None
        known = promises(contract)
        if name not in known:
            meant = did_you_mean(name, known)
            yield _finding(
                UNKNOWN_SLICE,
                measured,
                f"is sliced by {name!r}, which isn't a column of {contract.__name__!r}",
                end=Place(contract.__origin__, "its table is declared here"),
                expected=", ".join(known),
                help=f"did you mean {meant!r}?"
                if meant
                else "name a column of the first table that it reads",
            )
        elif known[name].limits.unique or known[name].type not in _SLICES_OF:
            unique = known[name].limits.unique
            yield _finding(
                UNKNOWN_SLICE,
                measured,
                f"is sliced by {name!r}, {'which is another value in each row' if unique else 'whose values hardly come back'}",
                end=Place(columns_of(contract)[name].origin or contract.__origin__, "declared here"),
                expected="a column of names, whole numbers, truths or days that rows share",
                found=f"column {name!r} with unique values"
                if unique
                else f"column {name!r} of type {known[name].type}",
                help="slice by a column of groups, such as a band that the values fall into",
            )


def _window(measured: Measured) -> Iterator[Diagnostic]:
    window, contract = measured.definition.meaning.window, measured.contract
    if window is None or contract is None:
        return
    found = time_column(measured.node)
    if found is None:
        times = [name for name, column in columns_of(contract).items() if column.limits.time]
        yield _finding(
            WINDOW_WITHOUT_TIME,
            measured,
            f"is of a {window.every}, but {contract.__name__!r} doesn't say when its rows were",
            end=Place(contract.__origin__, "declared here"),
            expected="one column with time=True",
            found=", ".join(times) or "none",
            help=f"declare the moment of each row in {contract.__name__!r}, as column(time=True)",
        )
    elif not _is_zone(window.zone):
        yield _finding(
            WINDOW_WITHOUT_TIME,
            measured,
            f"has its windows in {window.zone!r}, which is no time zone",
            expected="a time zone, such as 'UTC' or 'Europe/Vienna'",
            found=repr(window.zone),
            help="write the zone as the tz database does",
        )
    elif found[1] and (window.zone != "UTC" or window.every == "hour"):
        column = columns_of(contract)[found[0]]
        yield _finding(
            WINDOW_WITHOUT_TIME,
            measured,
            f"has windows of a {window.every} in {window.zone}, but {found[0]!r} holds days without a time",
            end=Place(column.origin or contract.__origin__, "declared here"),
            expected="moments, or windows of days and more without a zone",
            found=f"column {found[0]!r} of type date",
            help="leave the zone out: days are taken as they are",
        )


def _is_zone(zone: str) -> bool:
    try:
        zoneinfo.ZoneInfo(zone)
    except (zoneinfo.ZoneInfoNotFoundError, ValueError, OSError):
        return False
    return True


def _finding(
    rule: Rule, measured: Measured, message: str, *, end: Place | None = None, **said: str
) -> Diagnostic:
    name, origin = measured.definition.name, measured.definition.origin
    ends = (Place(origin),) if end is None else (Place(origin), end)
    return Diagnostic(rule=rule, message=f"metric {name!r} {message}", places=ends, subject=name, **said)


def check_apart_gates(graph: Graph) -> Iterator[Diagnostic]:
    """Check gates in each slice, gates on what is usual, and gates on differences that may turn around within slices."""
    known = facts_of(graph)
    asked: dict[str, set[str]] = {}
    for gate in graph.pipeline.gates:
        if name := graph.metric_name(getattr(gate, "metric", None)):
            asked.setdefault(name, set()).add(gate.in_each)
    for gate in graph.pipeline.gates:
        facts = known.get(graph.metric_name(getattr(gate, "metric", None)))
        if facts is None:
            continue
        if gate.in_each:
            yield from _in_each(gate, facts)
        elif gate.kind == "as_usual":
            yield from _as_usual(gate, facts)
        else:
            yield from _may_turn(gate, facts, asked[facts.name])


def _declared(facts: Facts) -> Place:
    leaf = facts.leaf
    return Place(
        facts.leaves[0].definition.origin if leaf else facts.declared.origin, "its metric is declared here"
    )


def _common(facts: Facts) -> list[str]:
    first, *others = facts.leaves
    return [
        name
        for name in first.definition.meaning.slices
        if all(name in each.definition.meaning.slices for each in others)
    ]


def _in_each(gate: Gate, facts: Facts) -> Iterator[Diagnostic]:
    if gate.in_each not in _common(facts):
        yield Diagnostic(
            rule=UNKNOWN_SLICE,
            message=f"a gate asks for {facts.name!r} in each {gate.in_each!r}, by which it isn't sliced",
            places=(Place(gate.origin), _declared(facts)),
            subject=facts.name,
            expected=", ".join(_common(facts))
            or f"slices=[... .{gate.in_each}] at each metric that it is made of",
            found=f"in_each={gate.in_each!r}",
            help=f"slice the metric by {gate.in_each!r}, or gate it in each of its own slices",
        )


def _as_usual(gate: Gate, facts: Facts) -> Iterator[Diagnostic]:
    windows, alpha = gate.windows, gate.alpha
    if windows is None or alpha is None:
        return
    if facts.leaf is None or facts.leaf.definition.meaning.window is None:
        yield Diagnostic(
            rule=WINDOW_WITHOUT_TIME,
            message=f"{facts.name!r} must be as usual, but has no windows to tell by what that is",
            places=(Place(gate.origin), _declared(facts)),
            subject=facts.name,
            expected="a measured metric with window=Window(...)",
            help="declare the window that the metric is a number of, or bound it by .between(...)",
        )
    needed = math.ceil(1 / alpha - 1 - 1e-9) if 0 < alpha < 1 else None
    if needed is None or windows < needed:
        yield Diagnostic(
            rule=TOO_SHORT_A_HISTORY,
            message=f"{facts.name!r} can't be shown to be unusual at alpha {alpha:g} by {windows} windows"
            if needed is not None
            else f"{facts.name!r} must be as usual at alpha {alpha:g}, which is no chance",
            places=(Place(gate.origin), _declared(facts)),
            subject=facts.name,
            expected=f"{needed} windows or more, 1 / alpha - 1" if needed is not None else "0 < alpha < 1",
            found=f"windows={windows}" if needed is not None else f"alpha={alpha:g}",
            help=f"take {needed} windows into account, or accept more false alarms by a larger alpha"
            if needed is not None
            else "write how often a window that is like the others may fail, such as 0.05",
        )


def _may_turn(gate: Gate, facts: Facts, asked: Collection[str]) -> Iterator[Diagnostic]:
    """Find a bound on a difference between other rows, of which nothing shows whether it holds within slices too."""
    difference = facts.scaled
    if not isinstance(difference.declared, Expression) or difference.declared.operation != "-":
        return
    left, right = (each.scaled.leaf for each in difference.operands)
    if (
        left is None
        or right is None
        or left.way is None
        or right.way is None
        or relation(left.way, right.way) == "same"
    ):
        return
    slices = [each.definition.meaning.slices for each in (left, right)]
    shared = [name for name in slices[0] if name in slices[1]]
    missing = [name for name in shared if name not in asked]
    if not any(slices) or (shared and not missing):
        return
    name = missing[0] if missing else (slices[0] or slices[1])[0]
    other = right if slices[0] else left
    yield Diagnostic(
        rule=MAY_TURN_AROUND,
        message=f"{facts.name!r} may turn around within {name!r}: its sides have other rows, and so perhaps other shares of each",
        places=(
            Place(gate.origin),
            *_ends(gate, left, right),
        ),
        subject=facts.name,
        expected=f"a gate in each {name!r} as well" if shared else f"both sides sliced by {name!r}",
        found="a gate over all rows only" if shared else f"{other.node.name!r} isn't sliced by it",
        help=f"gate it by in_each={_owner(left)}.{name} too, so that both must hold"
        if shared
        else f"slice {other.definition.name!r} by {name!r} too, and gate the difference in each",
    )


def _owner(measured: Measured) -> str:
    return measured.contract.__name__ if measured.contract is not None else "Contract"


def _ends(gate: Gate, *sides: Measured) -> Iterator[Place]:
    seen = {gate.origin}
    for each in sides:
        if each.node.origin not in seen:
            seen.add(each.node.origin)
            yield Place(each.node.origin, f"{each.node.name!r} is measured here")


def windows_differ(one: Measured, other: Measured) -> str:
    """Say in words in what two metrics' windows differ; empty where they don't."""
    first, second = one.definition.meaning.window, other.definition.meaning.window
    if first == second:
        return ""
    said = [
        "all of its rows" if each is None else f"the last {each.every} in {each.zone}"
        for each in (first, second)
    ]
    return f"{one.node.name!r} over {said[0]}, {other.node.name!r} over {said[1]}"


CHECKS = (check_apart, check_apart_gates)
