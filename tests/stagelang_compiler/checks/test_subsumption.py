"""Implication between contracts, against enumeration of every value of small domains."""

from __future__ import annotations

import datetime as dt
import math
import re
import types
from collections.abc import Iterable, Mapping
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from stagelang import Column, Contract, column, vector
from stagelang import units as u
from stagelang.contract import Limits, logical_type
from stagelang.origin import Origin
from stagelang_compiler.checks.limit_faults import limit_faults
from stagelang_compiler.checks.subsumption import Answer, Failure, implies


def contract(python_type: Any, limits: Mapping[str, Any], **said: Any) -> type[Contract]:
    """Make a contract of one column, x."""
    make = vector if "length" in limits else column
    body = {"__annotations__": {"x": Column[python_type]}, "x": make(**limits)}
    return types.new_class("Made", (Contract,), said, lambda space: space.update(body))


def answers(python_type: Any, promise: Mapping[str, Any], need: Mapping[str, Any]) -> dict[str, Answer]:
    found = implies(contract(python_type, promise), contract(python_type, need))
    return {failure.aspect: failure.answer for failure in found}


# One judge of a value by its limits, as plain as can be: the specification.


def within(value: Any, limits: Limits) -> bool:
    return (
        (limits.ge is None or value >= limits.ge)
        and (limits.gt is None or value > limits.gt)
        and (limits.le is None or value <= limits.le)
        and (limits.lt is None or value < limits.lt)
    )


def keeps(value: Any, limits: Limits, aspect: str) -> bool:
    if value is None:
        return aspect != "nullable" or (limits.nullable and not limits.key)
    match aspect:
        case "range":
            return within(value, limits)
        case "values":
            return limits.isin is None or value in limits.isin
        case "pattern":
            return limits.pattern is None or re.fullmatch(limits.pattern, value) is not None
        case _:
            return True


ASPECTS = ("nullable", "range", "values", "pattern")


def admitted(universe: Iterable[Any], limits: Limits) -> list[Any]:
    """All values that a promise leaves, None for a missing one."""
    return [value for value in (*universe, None) if all(keeps(value, limits, aspect) for aspect in ASPECTS)]


# Bounds and members come from the middle of a universe, so that what lies beyond them is in it too.

DAY = dt.date(2026, 1, 1)
DAYS = [DAY + dt.timedelta(days=number) for number in range(9)]
MOMENTS = [dt.datetime(2026, 1, 1, microsecond=number, tzinfo=dt.UTC) for number in range(9)]
TIMES = [dt.time(1, microsecond=number) for number in range(9)]
HALVES = [number / 2 for number in range(-2, 9)]
FLOATS = sorted(
    {near for half in HALVES for near in (math.nextafter(half, -9), half, math.nextafter(half, 9))}
)
TEXTS = ["", *"abc", *(a + b for a in "abc" for b in "abc"), "aaa", "é", "\n"]
PATTERNS = ["a*", "[ab]", "a|b", "ab?", ".*", "[^c]*"]

UNIVERSES: Mapping[Any, tuple[list[Any], list[Any]]] = {
    int: (list(range(-3, 9)), list(range(6))),
    float: ([-math.inf, *FLOATS, math.inf], HALVES[2:-2]),
    dt.date: (DAYS, DAYS[2:-2]),
    dt.datetime: (MOMENTS, MOMENTS[2:-2]),
    dt.time: (TIMES, TIMES[2:-2]),
    str: (TEXTS, TEXTS[:8]),
    bool: ([False, True], [False, True]),
}


@st.composite
def limits_of(draw: st.DrawFn, python_type: Any) -> dict[str, Any]:
    _, middle = UNIVERSES[python_type]
    limits: dict[str, Any] = {"nullable": draw(st.booleans())}
    if python_type not in (str, bool):
        for name in draw(st.sets(st.sampled_from(["ge", "gt", "le", "lt"]), max_size=2)):
            limits[name] = draw(st.sampled_from(middle))
    if draw(st.integers(0, 2)) == 0:
        limits["isin"] = draw(st.lists(st.sampled_from(middle), max_size=6, unique=True))
    if python_type is str and draw(st.booleans()):
        limits["pattern"] = draw(st.sampled_from(PATTERNS))
    return limits


@st.composite
def pairs(draw: st.DrawFn) -> tuple[Any, dict[str, Any], dict[str, Any]]:
    python_type = draw(st.sampled_from(list(UNIVERSES)))
    return python_type, draw(limits_of(python_type)), draw(limits_of(python_type))


@settings(deadline=None)
@given(pairs())
def test_every_value_that_keeps_a_promise_meets_each_need_that_is_proved(
    pair: tuple[Any, dict[str, Any], dict[str, Any]],
) -> None:
    python_type, promise, need = pair
    found = answers(python_type, promise, need)
    given_limits, needed_limits = column(**promise).limits, column(**need).limits
    for aspect in (aspect for aspect in ASPECTS if aspect not in found):
        for value in admitted(UNIVERSES[python_type][0], given_limits):
            assert keeps(value, needed_limits, aspect), (aspect, value)


@settings(deadline=None)
@given(pairs())
def test_each_need_that_is_refuted_has_a_value_that_keeps_the_promise_and_breaks_it(
    pair: tuple[Any, dict[str, Any], dict[str, Any]],
) -> None:
    python_type, promise, need = pair
    found = answers(python_type, promise, need)
    needed_limits = column(**need).limits
    values = admitted(UNIVERSES[python_type][0], column(**promise).limits)
    for aspect in (aspect for aspect, answer in found.items() if answer == "refuted"):
        assert any(not keeps(value, needed_limits, aspect) for value in values), aspect


@settings(deadline=None)
@given(pairs())
def test_only_patterns_leave_a_need_unknown_within_one_type(
    pair: tuple[Any, dict[str, Any], dict[str, Any]],
) -> None:
    python_type, promise, need = pair
    unknown = {
        aspect for aspect, answer in answers(python_type, promise, need).items() if answer == "unknown"
    }
    if unknown:
        assert python_type is str and "isin" not in promise
        assert unknown <= ({"values"} if "pattern" in promise else set()) | {"pattern"}


@settings(deadline=None)
@given(pairs())
def test_a_contract_implies_one_that_says_the_same(pair: tuple[Any, dict[str, Any], dict[str, Any]]) -> None:
    python_type, promise, _ = pair
    assert answers(python_type, promise, promise) == {}


@settings(deadline=None)
@given(st.data())
def test_implication_is_transitive(data: st.DataObject) -> None:
    python_type = data.draw(st.sampled_from(list(UNIVERSES)))
    made = [contract(python_type, data.draw(limits_of(python_type))) for _ in range(6)]
    implied = {(first, second) for first in made for second in made if implies(first, second) == ()}
    for first, second in implied:
        assert all((first, third) in implied for between, third in implied if between is second)


@settings(deadline=None)
@given(st.sampled_from([int, float, str]), st.data())
def test_more_promised_never_proves_less(python_type: Any, data: st.DataObject) -> None:
    promise, need = data.draw(limits_of(python_type)), data.draw(limits_of(python_type))
    before = answers(python_type, promise, need)
    after = answers(python_type, {**promise, "nullable": False, "key": True, "role": "label"}, need)
    assert set(after) <= set(before)


# What the enumeration doesn't reach, case by case.


@pytest.mark.parametrize(
    ("python_type", "promise", "need", "expected"),
    [
        (int, {"gt": 3}, {"ge": 4}, {}),
        (int, {"gt": 3}, {"ge": 5}, {"range": "refuted"}),
        (float, {"gt": 3}, {"ge": 4}, {"range": "refuted"}),
        (float, {"gt": 3}, {"ge": 3}, {}),
        (int, {"gt": 0.5, "lt": 2.5}, {"ge": 1, "le": 2}, {}),
        (int, {"ge": 0, "le": 9}, {"isin": range(10)}, {}),
        (int, {"ge": 0, "le": 10}, {"isin": range(10)}, {"values": "refuted"}),
        (float, {"ge": 1, "le": 1}, {"isin": [1.0, 2.0]}, {}),
        (bool, {}, {"isin": [True, False]}, {}),
        (bool, {}, {"isin": [True]}, {"values": "refuted"}),
        (int, {"isin": [1, 2, 12], "le": 9}, {"ge": 1, "le": 2}, {}),
        (int, {"le": math.inf}, {"lt": math.inf}, {}),
        (int, {}, {"ge": 0}, {"range": "refuted"}),
        (str, {}, {"pattern": "a+"}, {"pattern": "refuted"}),
        (str, {}, {"pattern": r"(?s)\A.*"}, {"pattern": "unknown"}),
        (str, {"pattern": "a"}, {"pattern": "a+"}, {}),
        (str, {"pattern": "a|bc?"}, {"pattern": "[abc]+"}, {}),
        (str, {"pattern": "a+"}, {"pattern": "a*"}, {"pattern": "unknown"}),
        (str, {"pattern": "[a-z]+"}, {"pattern": "[a-z]{3}"}, {"pattern": "refuted"}),
        (str, {"pattern": r"\d+"}, {"pattern": "[1-9]+"}, {"pattern": "refuted"}),
        (str, {"pattern": "(?i)a"}, {"pattern": "A"}, {"pattern": "unknown"}),
        (str, {"pattern": "a"}, {"isin": ["a"]}, {}),
        (str, {"pattern": "a+"}, {"isin": ["a"]}, {"values": "refuted"}),
        (str, {"pattern": "(?i)a"}, {"isin": ["a", "A"]}, {"values": "unknown"}),
        (str, {"isin": ["a", "aa"]}, {"pattern": "a+"}, {}),
        (str, {"isin": ["5", "٣"]}, {"pattern": r"\d"}, {"pattern": "refuted"}),
        (dt.date, {"gt": dt.date(2026, 1, 1)}, {"ge": dt.date(2026, 1, 2)}, {}),
        (dt.datetime, {"ge": MOMENTS[0]}, {"ge": MOMENTS[0].replace(tzinfo=None)}, {}),
        (list[float], {"length": 8, "ge": 0.0}, {"length": 8}, {}),
        (list[float], {"length": 8}, {"length": 9}, {"length": "refuted"}),
        (list[float], {"length": None}, {"length": 9}, {"length": "refuted"}),
        (list[float], {"length": 8, "ge": 0.0}, {"length": None, "ge": 1.0}, {"range": "refuted"}),
        (int, {"key": True}, {"unique": True}, {}),
        (int, {"unique": True}, {"key": True}, {}),
        (int, {"unique": True, "nullable": True}, {"key": True}, {"nullable": "refuted"}),
        (int, {}, {"key": True}, {"unique": "refuted"}),
        (int, {"group": True}, {}, {}),
        (int, {}, {"group": True}, {"group": "refuted"}),
        (dt.date, {}, {"time": True}, {"time": "refuted"}),
        (int, {"role": "label"}, {}, {}),
        (int, {"role": "label"}, {"role": "weight"}, {"role": "refuted"}),
        (int, {}, {"role": "weight"}, {"role": "refuted"}),
        (float, {"unit": u.USD}, {}, {}),
        (float, {}, {"unit": u.USD}, {"unit": "refuted"}),
        (float, {"unit": u.USD}, {"unit": u.EUR}, {"unit": "refuted"}),
        (float, {"unit": u.PERCENT}, {"unit": u.PERCENTAGE_POINT}, {}),
        (float, {"unit": u.SECOND, "ge": 0}, {"unit": u.MINUTE, "ge": 5}, {"unit": "refuted"}),
        (float, {"unit": u.Per[u.USD, u.HOUR]}, {"unit": u.Per[u.USD, u.HOUR]}, {}),
        (int, {"ge": "a"}, {"ge": 0}, {"range": "unknown"}),
        (float, {"unit": 5}, {"unit": u.USD}, {"unit": "unknown"}),
    ],
)
def test_a_column_is_compared_aspect_by_aspect(
    python_type: Any, promise: dict[str, Any], need: dict[str, Any], expected: dict[str, Answer]
) -> None:
    found = answers(python_type, promise, need)
    # A limit that makes no sense leaves all aspects of values unknown.
    assert expected.items() <= found.items()
    assert set(found) == set(expected) or expected == {"range": "unknown"}


TYPES: list[Any] = [
    int,
    float,
    str,
    bool,
    bytes,
    dt.date,
    dt.datetime,
    dt.time,
    list[int],
    list[float],
    list[str],
]


@pytest.mark.parametrize("promised", TYPES, ids=str)
@pytest.mark.parametrize("needed", TYPES, ids=str)
def test_an_int_is_taken_for_a_float_and_no_other_type_for_another(promised: Any, needed: Any) -> None:
    found = implies(contract(promised, {}), contract(needed, {}))
    answer = [failure.answer for failure in found if failure.aspect == "type"]
    if promised == needed:
        assert answer == []
    elif (promised, needed) in ((int, float), (list[int], list[float])):
        assert answer == ["unknown"]
    else:
        assert answer == ["refuted"]


def test_an_unknown_type_leaves_the_type_unknown() -> None:
    found = implies(contract(dict, {}), contract(int, {}))
    assert [(failure.aspect, failure.answer) for failure in found] == [("type", "unknown")] + [
        (aspect, "unknown") for aspect in ("range", "values", "pattern")
    ]


def test_values_are_not_compared_where_the_type_differs() -> None:
    found = implies(contract(str, {"nullable": True}), contract(int, {"ge": 0, "key": True}))
    assert [failure.aspect for failure in found] == ["type", "nullable", "unique"]


def test_a_widened_type_still_has_its_values_compared() -> None:
    found = implies(contract(int, {"ge": 0}), contract(float, {"ge": 0.5}))
    assert [(failure.aspect, failure.answer) for failure in found] == [
        ("type", "unknown"),
        ("range", "refuted"),
    ]


def test_a_failure_says_what_is_promised_and_what_is_needed() -> None:
    found = implies(contract(int, {"ge": 0, "lt": 10}), contract(int, {"gt": 0, "le": 9}))
    assert found == (
        Failure(aspect="range", answer="refuted", column="x", promised="0 <= x < 10", needed="0 < x <= 9"),
    )


class Wide(Contract):
    """Two columns."""

    x: Column[int]
    y: Column[int]


class Narrow(Contract):
    """One of the two."""

    x: Column[int]


class Closed(Contract, closed=True):
    """The one, and no other."""

    x: Column[int]


def told(producer: type[Contract], consumer: type[Contract]) -> list[tuple[str, str, str]]:
    return [(failure.aspect, failure.answer, failure.column) for failure in implies(producer, consumer)]


def test_a_column_that_is_not_needed_may_be_there() -> None:
    assert told(Wide, Narrow) == []


def test_a_column_that_is_needed_must_be_promised() -> None:
    assert told(Narrow, Wide) == [("column", "refuted", "y")]


def test_a_closed_contract_refuses_a_promised_column_and_asks_the_data_for_others() -> None:
    assert told(Wide, Closed) == [("extra", "refuted", "y")]
    assert told(Narrow, Closed) == [("extra", "unknown", "")]
    assert told(Closed, Narrow) == []


def test_every_contract_implies_the_bare_one() -> None:
    assert implies(contract(int, {}, rows=(0, 0)), Contract) == ()


@pytest.mark.parametrize(
    ("promised", "needed", "holds"),
    [
        ((1, None), (1, None), True),
        ((0, None), (1, None), False),
        ((None, None), (0, None), True),
        ((5, 10), (1, 10), True),
        ((5, 11), (1, 10), False),
        ((5, None), (None, 10), False),
        ((5, 10), (6, None), False),
    ],
)
def test_numbers_of_rows_imply_by_interval(
    promised: tuple[int | None, int | None], needed: tuple[int | None, int | None], holds: bool
) -> None:
    found = implies(contract(int, {}, rows=promised), contract(int, {}, rows=needed))
    assert [failure.aspect for failure in found] == ([] if holds else ["rows"])


def test_rows_that_make_no_sense_are_unknown() -> None:
    found = implies(contract(int, {}, rows=(5, 1)), contract(int, {}))
    assert [(failure.aspect, failure.answer) for failure in found] == [("rows", "unknown")]


def test_a_pair_is_compared_once() -> None:
    assert implies(Narrow, Wide) is implies(Narrow, Wide)


JUNK: list[Any] = [
    None, 0, -1, 2**70, 10**400, True, 0.5, math.inf, -math.inf, math.nan, "", "a", "(", b"a", DAY, MOMENTS[0], TIMES[0], [1], object(),
    int, u.USD,
]  # fmt: skip


@settings(deadline=None)
@given(st.data())
def test_no_limit_breaks_the_comparison(data: st.DataObject) -> None:
    junk = st.sampled_from(JUNK)
    names = ["ge", "gt", "le", "lt", "pattern", "length", "unit", "role"]

    def made() -> type[Contract]:
        python_type: Any = data.draw(st.sampled_from([*TYPES, dict, None]))
        drawn: dict[str, Any] = {name: data.draw(junk) for name in names}
        drawn["isin"] = data.draw(st.none() | st.lists(junk, max_size=3).map(tuple))
        body: dict[str, Any] = {
            "__annotations__": {"x": Column[python_type]},
            "x": Column[Any](Limits(**drawn), Origin("a.py", 1)),
        }
        if type_name := logical_type(python_type):
            assert all(fault and action for fault, action in limit_faults("x", type_name, Limits(**drawn)))
        said = {"rows": data.draw(st.sampled_from([None, (None, 5), (5, 1), 5, ("a", None)]))}
        return types.new_class("Made", (Contract,), said, lambda space: space.update(body))

    for failure in implies(made(), made()):
        assert failure.answer in ("refuted", "unknown")
