"""An order is implied just where every table in the one order is in the other; an age where it is no older."""

from __future__ import annotations

import datetime as dt
import itertools
import types
from collections.abc import Callable, Sequence
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from stagelang.contract import Column, Contract, Limits
from stagelang.origin import Origin
from stagelang.stage import Rows
from stagelang_compiler.checks.row_relations import IMPLIED, rows_implied
from stagelang_compiler.checks.subsumption import implies

NAMES = ("x", "y", "z")
Kind = str
Row = tuple[int | None, ...]
VALUES: dict[Kind, tuple[int | None, ...]] = {
    "plain": (0, 1),
    "nullable": (0, 1, None),
    "key": (0, 1, 2),
    "unique": (0, 1, None),
    "constant": (5,),
}
"""What columns of each kind may hold."""
LIMITS: dict[Kind, Limits] = {
    "plain": Limits(ge=0, le=2),
    "nullable": Limits(nullable=True),
    "key": Limits(key=True, unique=True),
    "unique": Limits(unique=True, nullable=True),
    "constant": Limits(isin=(5,)),
}


def contract(kinds: Sequence[Kind], order: Sequence[str], age: dt.timedelta | None = None) -> type[Contract]:
    body: dict[str, Any] = {"__annotations__": dict.fromkeys(NAMES, Column[int])}
    for name, kind in zip(NAMES, kinds, strict=True):
        body[name] = Column[int](LIMITS[kind], Origin("a.py", 1))
    said = {"sorted_by": tuple(order), "max_age": age}
    return types.new_class("Made", (Contract,), said, lambda space: space.update(body))


def is_sorted(rows: Sequence[Row], order: Sequence[str]) -> bool:
    def key(row: Row) -> list[tuple[bool, int]]:
        values = [row[NAMES.index(name)] for name in order]
        return [(value is None, value or 0) for value in values]

    return all(key(one) <= key(other) for one, other in itertools.pairwise(rows))


def tables(kinds: Sequence[Kind]) -> list[tuple[Row, Row]]:
    """All tables of two rows; of three or more, each two neighbours are one of these."""
    rows = list(itertools.product(*(VALUES[kind] for kind in kinds)))
    return [
        (one, other)
        for one in rows
        for other in rows
        if not any(
            kind in ("key", "unique") and a == b and a is not None
            for kind, a, b in zip(kinds, one, other, strict=True)
        )
    ]


ORDERS = [order for length in range(4) for order in itertools.permutations(NAMES, length)]
KINDS = st.tuples(*[st.sampled_from(list(VALUES))] * 3)


@settings(deadline=None, max_examples=60)
@given(KINDS)
def test_an_order_is_implied_just_where_no_table_of_two_rows_shows_otherwise(kinds: tuple[Kind, ...]) -> None:
    known = tables(kinds)
    kept = {order: {table for table in known if is_sorted(table, order)} for order in ORDERS}
    made = {order: contract(kinds, order) for order in ORDERS}
    for promised, needed in itertools.product(ORDERS, ORDERS):
        found = [(each.aspect, each.answer) for each in implies(made[promised], made[needed])]
        assert (found == []) == (kept[promised] <= kept[needed]), (kinds, promised, needed)
        assert set(found) <= {("order", "refuted")}


@settings(deadline=None, max_examples=30)
@given(KINDS)
def test_implication_of_orders_is_reflexive_and_transitive(kinds: tuple[Kind, ...]) -> None:
    made = [contract(kinds, order) for order in ORDERS]
    implied = {(one, other) for one in made for other in made if implies(one, other) == ()}
    assert all((one, one) in implied for one in made)
    for (one, middle), (again, other) in itertools.product(implied, implied):
        assert middle is not again or (one, other) in implied


def test_an_order_by_a_column_that_is_not_there_is_unknown() -> None:
    found = implies(contract(["plain"] * 3, ["w"]), contract(["plain"] * 3, ["x"]))
    assert [(each.aspect, each.answer) for each in found] == [("order", "unknown")]


def test_any_order_is_kept_by_a_table_of_one_row() -> None:
    class One(Contract, rows=(0, 1)):
        x: Column[int]
        y: Column[int]

    class Sorted(Contract, rows=(0, None), sorted_by=("x", "y")):
        x: Column[int]
        y: Column[int]

    assert implies(One, Sorted) == ()


HOURS = st.none() | st.integers(1, 4).map(lambda count: dt.timedelta(hours=count))


@given(HOURS, HOURS, st.integers(0, 5))
def test_an_age_is_implied_by_one_that_is_no_greater(
    promised: dt.timedelta | None, needed: dt.timedelta | None, age: int
) -> None:
    kinds = ["plain"] * 3
    found = implies(contract(kinds, (), promised), contract(kinds, (), needed))
    oldest = promised or dt.timedelta(hours=9)
    assert [each.aspect for each in found] == ([] if needed is None or oldest <= needed else ["age"])
    is_kept = promised is None or dt.timedelta(hours=age) <= promised
    is_met = needed is None or dt.timedelta(hours=age) <= needed
    assert found or is_met or not is_kept


RELATIONS: list[Rows] = list(IMPLIED)
Keys = tuple[int, ...]
COUNTS: dict[Rows, Callable[[Keys, Keys], bool]] = {
    "one-to-one": lambda read, made: sorted(read) == sorted(made),
    "filter": lambda read, made: len(made) <= len(read) and set(made) <= set(read),
    "expand": lambda read, made: len(made) >= len(read) and set(made) >= set(read),
    "aggregate": lambda read, made: len(made) <= len(read),
}
KEYS = [keys for length in range(4) for keys in itertools.product(range(3), repeat=length)]


@pytest.mark.parametrize(("promised", "needed"), [*itertools.product(RELATIONS, RELATIONS)])
def test_a_relation_that_implies_another_has_no_rows_that_keep_the_one_and_break_the_other(
    promised: Rows, needed: Rows
) -> None:
    unkept = [
        (read, made)
        for read in KEYS
        if len(set(read)) == len(read)
        for made in KEYS
        if COUNTS[promised](read, made) and not COUNTS[needed](read, made)
    ]
    if rows_implied(promised, needed):
        assert unkept == []
    elif needed != "aggregate":  # fewer rows alone don't stand for several of what was read
        assert unkept


def test_implication_of_relations_is_reflexive_and_transitive() -> None:
    assert all(rows_implied(each, each) for each in RELATIONS)
    for one, middle, other in itertools.product(RELATIONS, repeat=3):
        if rows_implied(one, middle) and rows_implied(middle, other):
            assert rows_implied(one, other)
    assert all(rows_implied(each, None) for each in (None, *RELATIONS))
    assert not any(rows_implied(None, each) for each in RELATIONS)
