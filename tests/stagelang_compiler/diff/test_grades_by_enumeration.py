"""Grades of contracts against all tables of a small world: a change is safe for a side just if no table there shows that it isn't."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, TypeAlias

from attrs import evolve
from hypothesis import example, given, settings
from hypothesis import strategies as st

from stagelang_compiler.diff import Grade, diff
from stagelang_compiler.plan import Column, Contract
from tests.stagelang_compiler.diff.test_grades import PLAN, between, col, contract

Table: TypeAlias = Mapping[str, Sequence[int | None]]
"""Columns by name, all of one length."""

NAMES, VALUES = ("x", "y"), (-1, 0, 1, 2, 3, None)
MOST_ROWS = 2


def tables() -> Iterator[Table]:
    """Give every table of up to two columns and two rows of these values, with and without a column that no contract names."""
    for count in range(MOST_ROWS + 1):
        columns = list(itertools.product(VALUES, repeat=count))
        for number in range(len(NAMES) + 1):
            for names in itertools.combinations(NAMES, number):
                for chosen in itertools.product(columns, repeat=number):
                    table = dict(zip(names, chosen, strict=True))
                    if names or count == 0:  # without a column there is nothing to count rows by
                        yield table
                    yield {**table, "z": (0,) * count}


TABLES = list(tables())


def keeps(table: Table, promised: Contract) -> bool:
    """Judge a table by a contract, as plainly as can be: the specification."""
    count = max(map(len, table.values()), default=0)
    return (
        (promised.min_rows or 0) <= count <= (MOST_ROWS if promised.max_rows is None else promised.max_rows)
        and (not promised.closed or set(table) <= {column.name for column in promised.columns})
        and all(
            column.name in table and _column_keeps(table[column.name], column) for column in promised.columns
        )
    )


def _column_keeps(values: Sequence[int | None], column: Column) -> bool:
    there = [value for value in values if value is not None]
    return (
        (len(there) == len(values) or (column.nullable and not column.key))
        and all(column.ge is None or value >= column.ge for value in there)
        and all(column.le is None or value <= column.le for value in there)
        and all(column.isin is None or value in column.isin for value in there)
        and (not column.unique or len(set(there)) == len(there))
    )


@st.composite
def columns_of(
    draw: st.DrawFn,
    low: Sequence[int | None],
    high: Sequence[int | None],
    isin: Sequence[tuple[int, ...] | None],
) -> Column:
    """Give a column x with bounds and members among those given."""
    key = draw(st.booleans())
    return col(
        ge=draw(st.sampled_from(low)),
        le=draw(st.sampled_from(high)),
        isin=draw(st.sampled_from(isin)),
        key=key,
        unique=key or draw(st.booleans()),
        nullable=not key and draw(st.booleans()),
    )


ANY = columns_of([None, 0, 1], [None, 0, 1], [None, (0,), (1,), (0, 1)])
# each leaves 0 and 1: with fewer than two values, no table of this world has two rows of a key
SENSIBLE = columns_of([None, 0], [None, 1, 2], [None, (0, 1), (0, 1, 2)])


@st.composite
def contracts(draw: st.DrawFn, columns: st.SearchStrategy[Column] = ANY) -> Contract:
    names = draw(st.sampled_from([("x",), ("y",), ("x", "y"), ("y", "x")]))
    made = [evolve(draw(columns), name=name) for name in names]
    return contract(made, closed=draw(st.booleans()), min_rows=draw(st.sampled_from([None, 0, 1, 2])))


@st.composite
def edits(draw: st.DrawFn) -> tuple[Contract, Contract]:
    """Give a contract and what one edit makes of it."""
    old, other = draw(contracts(SENSIBLE)), draw(contracts(SENSIBLE))
    kind = draw(st.sampled_from(["columns", "column", "closed", "rows"]))
    match kind:
        case "columns":
            return old, _signed(evolve(old, columns=other.columns))
        case "column":
            columns = (evolve(other.columns[0], name=old.columns[0].name), *old.columns[1:])
            return old, _signed(evolve(old, columns=columns))
        case "closed":
            return old, _signed(evolve(old, closed=not old.closed))
        case _:
            least, most = draw(st.sampled_from([(None, 1), (0, 1), (1, 1), (0, None), (1, None), (2, None)]))
            return old, _signed(evolve(old, min_rows=least, max_rows=most))


def _signed(made: Contract) -> Contract:
    rows: dict[str, Any] = {"min_rows": made.min_rows, "max_rows": made.max_rows}
    return contract(made.columns, closed=made.closed, **rows)


def grade_of(old: Contract, new: Contract) -> Grade | None:
    graded = between(old, new).graded
    return graded[0].grade if graded else None


def differs(one: Contract, other: Contract) -> bool:
    """Tell whether a table keeps one contract and not another."""
    return any(keeps(table, one) and not keeps(table, other) for table in TABLES)


@settings(deadline=None)
@given(st.tuples(contracts(), contracts()) | edits())
def test_a_table_that_keeps_the_new_promise_and_not_the_old_one_makes_a_change_breaking(
    pair: tuple[Contract, Contract],
) -> None:
    old, new = pair
    found = grade_of(old, new)
    if differs(new, old):
        assert found is not None
        assert found.consumers == "breaking"
    if differs(old, new):
        assert found is not None
        assert found.producers == "breaking"


@settings(deadline=None)
@example((contract([col()]), contract([col(ge=0)])))
@given(edits())
def test_where_one_edit_is_breaking_a_table_shows_it(pair: tuple[Contract, Contract]) -> None:
    old, new = pair
    found = grade_of(old, new)
    if found is None:
        assert not differs(old, new)
        assert not differs(new, old)
        return
    assert (found.consumers == "breaking") == differs(new, old)
    assert (found.producers == "breaking") == differs(old, new)


@given(contracts())
def test_a_contract_compared_with_itself_is_no_change(made: Contract) -> None:
    plan = evolve(PLAN, contracts={made.name: made})
    assert diff(plan, plan).is_empty
    assert diff(plan, plan).graded == ()
