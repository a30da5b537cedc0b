"""SL501, 504, 505, 507, 509, 511 of expressions: which metrics may be added, compared and divided."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from stagelang.metric import Expression
from stagelang_compiler.checks.metric_meaning.apart import windows_differ
from stagelang_compiler.checks.metric_meaning.columns import is_interval
from stagelang_compiler.checks.metric_meaning.facts import Facts, Measured
from stagelang_compiler.checks.metric_meaning.measured_rows import Relation, Way, relation, words
from stagelang_compiler.checks.metric_meaning.row_values import carried
from stagelang_compiler.checks.metric_meaning.rules import (
    OTHER_ROWS,
    OTHER_SETTINGS,
    OTHER_WINDOWS,
    OVERLAPPING_PARTS,
    SCALE_TOO_WEAK,
    VALUES_THAT_DO_NOT_ADD,
    WEIGHT_WITHOUT_MEANING,
)
from stagelang_compiler.diagnostics import Diagnostic, Place, Rule

_WORDS = {"+": "adds", "-": "compares", "*": "multiplies", "/": "divides"}
_DECISIONS = ("label", "prediction")


def expressions_judged(known: Mapping[str, Facts]) -> Iterator[Diagnostic]:
    """Check every operation on two metrics; a fault is told where it first comes in, not again of what is made of it."""
    faulty: set[int] = set()
    summands: dict[str, tuple[Facts, ...]] = {}
    for name, each in known.items():
        summands[name] = _summands(each, summands)
        if not isinstance(each.declared, Expression) or len(each.operands) != 2:
            continue
        left, right = each.operands
        if id(left) in faulty or id(right) in faulty:
            faulty.add(id(each))
            continue
        found = list(_judged(each, left, right, summands))
        if found:
            faulty.add(id(each))
        yield from found


def _summands(each: Facts, known: Mapping[str, tuple[Facts, ...]]) -> tuple[Facts, ...]:
    """Give what is added to make an expression; a difference and a product with a metric are one summand."""
    if isinstance(each.declared, Expression) and each.operands:
        operation = each.declared.operation
        if operation == "+" or (operation in ("*", "convert") and len(each.operands) == 1):
            return tuple(dict.fromkeys(part for operand in each.operands for part in known[operand.name]))
    return (each,)


def _judged(
    each: Facts,
    left: Facts,
    right: Facts,
    summands: Mapping[str, Sequence[Facts]],
) -> Iterator[Diagnostic]:
    assert isinstance(each.declared, Expression)
    match each.declared.operation:
        case "+":
            alike = list(_alike(summands[left.name], summands[right.name]))
            if alike:
                yield from _added(each, *alike[0])
                return
        case "/" | "*":
            found = list(_without_zero(each, left, right))
            yield from found
            if found:
                return
        case _:
            pass
    rows = [*_rows(each, left, right), *_windows(each, left, right)]
    yield from rows
    if not rows and each.declared.operation in ("-", "/"):
        yield from _settings(each, left, right)
        yield from _weighted(each, left, right)


def _alike(left: Sequence[Facts], right: Sequence[Facts]) -> Iterator[tuple[Facts, Facts]]:
    """Pair the summands of both sides that are one formula, measured on different tables."""
    by_shape = {each.shape: each for each in left}
    for other in right:
        one = by_shape.get(other.shape)
        if one is not None and one is not other:
            yield one, other


def _finding(
    rule: Rule, each: Facts, message: str, first: Measured, second: Measured, **said: str
) -> Diagnostic:
    assert isinstance(each.declared, Expression)
    ends = [Place(each.declared.origin)]
    for leaf in (first, second):
        place = Place(leaf.node.origin, f"{leaf.node.name!r} is measured here")
        if place.origin != each.declared.origin and place not in ends:
            ends.append(place)
    message = f"expression {each.name!r} {message}"
    return Diagnostic(rule=rule, message=message, places=tuple(ends), subject=each.name, **said)


def _added(each: Facts, one: Facts, other: Facts) -> Iterator[Diagnostic]:
    first, second = one.leaves[0], other.leaves[0]
    name = first.definition.name if one.leaf else one.name
    if one.aggregation != "distributive":
        kind = first.definition.meaning.aggregate.kind.replace("_", " ") if one.leaf else "derived value"
        yield _finding(
            VALUES_THAT_DO_NOT_ADD,
            each,
            f"adds finished values of {name!r}, as in a mean over parts",
            first,
            second,
            expected=f"{name!r} measured once, over all of these rows",
            found=f"the {kind} of each part, which doesn't add up to that of the whole",
            help="measure it on the table that holds all parts, so that their rows are pooled",
        )
    elif _relation(first.way, second.way) == "overlapping":
        assert first.way is not None and second.way is not None
        yield _finding(
            OVERLAPPING_PARTS,
            each,
            f"adds {name!r} over rows that are counted twice",
            first,
            second,
            expected="parts of one split, which share no row",
            found=f"{words(first.way)} and {words(second.way)}",
            help="measure it once on the table that holds all of these rows, or on the parts of one split",
        )


def _relation(one: Way | None, other: Way | None) -> Relation:
    return "unrelated" if one is None or other is None else relation(one, other)


def _without_zero(each: Facts, left: Facts, right: Facts) -> Iterator[Diagnostic]:
    """Judge a quotient or product with a number whose scale has no true zero, such as a mean of degrees Celsius."""
    assert isinstance(each.declared, Expression)
    for side in (left, right):
        leaf = side.scaled.leaf
        if leaf is not None and _is_interval(leaf):
            yield _finding(
                SCALE_TOO_WEAK,
                each,
                f"{_WORDS[each.declared.operation]} {side.name!r}, whose scale has no true zero",
                left.leaves[0],
                right.leaves[0],
                expected="a ratio scale",
                found=f"{side.name!r} on an interval scale",
                help="use a difference instead, which has a true zero",
            )
            return


def _is_interval(leaf: Measured) -> bool:
    values = leaf.returned.values
    if leaf.definition.meaning.aggregate.kind not in ("mean", "quantile") or len(values) != 1:
        return False
    name = carried(values[0])
    return name is not None and is_interval(leaf.column(name))


def _rows(each: Facts, left: Facts, right: Facts) -> Iterator[Diagnostic]:
    """Judge whether both sides are measured on the same rows."""
    assert isinstance(each.declared, Expression)
    pairs = ((one, other) for one in left.leaves for other in right.leaves if one is not other)
    for first, second in pairs:
        if first.way is None or second.way is None or not _differ(each, left, right, first, second):
            continue
        yield _finding(
            OTHER_ROWS,
            each,
            f"{_WORDS[each.declared.operation]} metrics of different rows",
            first,
            second,
            expected=f"both over {words(first.way)}",
            found=f"{first.node.name!r} over {words(first.way)}, {second.node.name!r} over {words(second.way)}",
            help="measure both on the same part of the same split",
        )
        return


def _differ(each: Facts, left: Facts, right: Facts, first: Measured, second: Measured) -> bool:
    """Tell whether two metrics of an expression should have been measured on the same rows and weren't.

    A training curve beside a test curve, which the metric's own annotation asks for, and a part's share of the whole are meant so.
    """
    assert isinstance(each.declared, Expression) and first.way is not None and second.way is not None
    how = relation(first.way, second.way)
    is_split = len(first.way) > 1 or len(second.way) > 1
    if how == "same" or not is_split or (how == "apart" and _is_training(first) != _is_training(second)):
        return False
    one_formula = left.shape == right.shape
    if one_formula and each.declared.operation == "/" and left.aggregation == "distributive":
        return False
    if how == "unrelated":  # other data altogether: only one number of both is a comparison
        both_split = len(first.way) > 1 and len(second.way) > 1
        return one_formula and both_split and each.declared.operation in ("-", "/")
    return True


def _is_training(leaf: Measured) -> bool:
    assert leaf.way is not None
    return leaf.way[-1][1] == "train" and len(leaf.way) > 1


def _windows(each: Facts, left: Facts, right: Facts) -> Iterator[Diagnostic]:
    """Judge whether both sides are of one window of time; a day's share of a month's total is meant so."""
    assert isinstance(each.declared, Expression)
    operation = each.declared.operation
    is_share = operation == "/" and left.aggregation == right.aggregation == "distributive"
    for first, second in ((one, other) for one in left.leaves for other in right.leaves):
        found = windows_differ(first, second)
        if not found or operation == "*" or (is_share and _one_zone(first, second)):
            continue
        yield _finding(
            OTHER_WINDOWS,
            each,
            f"{_WORDS[operation]} metrics of different windows",
            first,
            second,
            expected="one window and one time zone on both sides",
            found=found,
            help="measure both in the same window, or report them side by side",
        )
        return


def _one_zone(one: Measured, other: Measured) -> bool:
    zones = {each.definition.meaning.window.zone for each in (one, other) if each.definition.meaning.window}
    return len(zones) == 1


def _settings(each: Facts, left: Facts, right: Facts) -> Iterator[Diagnostic]:
    """Judge whether both sides judge decisions about one label, made under the same settings."""
    first, second = left.scaled.leaf, right.scaled.leaf
    if first is None or second is None:
        return
    if first.definition.function is second.definition.function:
        told = {
            name: (first.node.params[name], second.node.params[name])
            for name in first.node.params
            if first.node.params[name] != second.node.params.get(name) and not _chooses_rows(first, name)
        }
        if told and _judges_decisions(first):
            name, (one, other) = next(iter(told.items()))
            yield _finding(
                OTHER_SETTINGS,
                each,
                f"compares {first.definition.name!r} under different settings",
                first,
                second,
                expected=f"one {name} on both sides",
                found=f"{name}={one!r} and {name}={other!r}",
                help="measure both with the same settings, or report them side by side",
            )
        return
    labels = first.named_as("label"), second.named_as("label")
    if all(labels) and not labels[0] & labels[1]:
        yield _finding(
            OTHER_SETTINGS,
            each,
            f"compares {first.definition.name!r} and {second.definition.name!r}, which judge by different labels",
            first,
            second,
            expected="one label on both sides",
            found=f"{min(labels[0])!r} and {min(labels[1])!r}",
            help="judge both by one label, or report them side by side",
        )


def _chooses_rows(leaf: Measured, parameter: str) -> bool:
    """Tell whether a parameter only says which group of rows counts: it is compared with columns that no decision is in."""
    columns = leaf.returned.chosen_by.get(parameter, frozenset())
    return bool(columns) and not any(leaf.column(name).limits.role in _DECISIONS for name in columns)


def _judges_decisions(leaf: Measured) -> bool:
    by_role = any(leaf.named_as(role) for role in _DECISIONS)
    return by_role or leaf.definition.meaning.aggregate.kind in ("f1", "calibration_error")


def _weighted(each: Facts, left: Facts, right: Facts) -> Iterator[Diagnostic]:
    """Judge whether a comparison is of two numbers that are weighted by one column, or of two unweighted ones."""
    assert isinstance(each.declared, Expression)
    first, second = left.scaled.leaf, right.scaled.leaf
    if first is None or second is None or not (first.returned.understood and second.returned.understood):
        return
    if each.declared.operation == "/" and not _of_one_quantity(first, second):
        return
    one, other = first.named_as("weight"), second.named_as("weight")
    if one and other:
        if not one & other:
            yield _weighted_otherwise(each, first, second, min(one), min(other))
        return
    if bool(one) == bool(other):
        return
    weighted, plain = (first, second) if one else (second, first)
    if not any(column.limits.role == "weight" for column in plain.columns.values()):
        return
    yield _finding(
        WEIGHT_WITHOUT_MEANING,
        each,
        f"compares {weighted.definition.name!r}, which is weighted, with {plain.definition.name!r}, which isn't",
        first,
        second,
        expected="both weighted, or both not",
        found=f"only {weighted.definition.name!r} uses the weight {min(one or other)!r}",
        help="weigh both sides by one column, or none",
    )


def _of_one_quantity(first: Measured, second: Measured) -> bool:
    """Tell whether a quotient compares two means of one kind of value; other quotients make a new quantity."""
    one, other = (each.definition.meaning for each in (first, second))
    are_means = {one.aggregate.kind, other.aggregate.kind} <= {"mean", "ratio"}
    return are_means and one.unit == other.unit and one.better == other.better


def _weighted_otherwise(each: Facts, first: Measured, second: Measured, one: str, other: str) -> Diagnostic:
    return _finding(
        WEIGHT_WITHOUT_MEANING,
        each,
        f"compares {first.definition.name!r} and {second.definition.name!r}, which are weighted by different columns",
        first,
        second,
        expected="one weight on both sides",
        found=f"{one!r} and {other!r}",
        help="weigh both sides by one column, or report them side by side",
    )
