"""What is read from a metric's function, and what is left open because its source doesn't show it."""

from __future__ import annotations

import ast
import textwrap

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stagelang_compiler.checks.metric_meaning.returned import Returned, read_returned
from stagelang_compiler.checks.metric_meaning.row_values import (
    Linear,
    Number,
    Other,
    Product,
    Quotient,
    Read,
    Sum,
    Truth,
    Value,
    carried,
    columns_in,
)

COLUMNS = ("cost", "weight", "views")


def _read(body: str) -> Returned:
    text = "def number(rows):\n" + textwrap.indent(textwrap.dedent(body), "    ")
    tree = ast.parse(text).body[0]
    assert isinstance(tree, ast.FunctionDef)
    return read_returned(tree, ["rows"], COLUMNS, ["limit"])


def _returned(expression: str, before: str = "frame = rows.pandas") -> Value:
    (value,) = _read(f"{before}\nreturn PerRow({expression})").values
    return value


@pytest.mark.parametrize(
    "expression",
    [
        "frame['cost']",
        "frame[Rows.cost]",
        "frame.cost",
        "rows.polars['cost']",
        "rows.arrow['cost'].to_numpy(zero_copy_only=False)",
        "np.asarray(frame['cost'])",
        "frame['cost'].astype(float).to_numpy()",
        "frame['cost'].cast(pl.Float64)",
        "frame['cost'].astype('float64').values",
        "frame.dropna().loc[frame.views > 3]['cost']",
        "frame[frame['views'] > 3]['cost']",
        "frame.sort_values('views')['cost'].fillna(0)",
    ],
)
def test_a_column_as_it_is_is_read(expression: str) -> None:
    assert _returned(expression) == Read("cost")


@pytest.mark.parametrize(
    ("expression", "value"),
    [
        ("frame.cost / frame.views", Quotient(Read("cost"), Read("views"))),
        ("frame.cost * frame.weight", Product(Read("cost"), Read("weight"))),
        ("frame.cost / 8", Linear(Read("cost"), 0.125, 0.0)),
        ("1 - frame.cost", Linear(Read("cost"), -1.0, 1.0)),
        ("-(100 * frame.cost + 3) / 4 - 2", Linear(Read("cost"), -25.0, -2.75)),
        ("frame.cost / limit", Linear(Read("cost"), None, 0.0)),
        ("limit", Number(None)),
        ("7 / frame.views", Quotient(Number(7.0), Read("views"))),
        ("frame.cost / total", Quotient(Read("cost"), Other(frozenset()))),
        ("np.divide(frame.cost, frame.views)", Quotient(Read("cost"), Read("views"))),
        ("frame.cost.div(frame.views)", Quotient(Read("cost"), Read("views"))),
        ("pc.multiply(frame['cost'], frame['weight'])", Product(Read("cost"), Read("weight"))),
        ("frame.cost.sub(frame.views)", Sum(Read("cost"), Read("views"), -1.0)),
        ("own.add(frame.cost, frame.views)", Other(frozenset({"cost", "views"}))),
        ("frame.cost > frame.views", Truth(frozenset({"cost", "views"}))),
        ("frame.cost - frame.views", Sum(Read("cost"), Read("views"), -1.0)),
        ("frame.cost.abs()", Other(frozenset({"cost"}))),
        ("frame.cost.astype(bool)", Other(frozenset({"cost"}))),
        ("helper(frame)", Other(frozenset())),
        ("frame.groupby('views').mean()['cost']", Other(frozenset())),
        ("frame.merge(other)['cost']", Other(frozenset())),
        ("other['cost']", Other(frozenset())),
        ("frame['unknown']", Other(frozenset())),
        ("frame[['cost', 'views']]", Other(frozenset())),
    ],
)
def test_what_is_computed_is_no_column(expression: str, value: Value) -> None:
    assert _returned(expression) == value


@pytest.mark.parametrize(
    "before",
    [
        "frame = rows.pandas\nvalues = frame.cost\nif frame.views.sum() > 3:\n    values = frame.views",
        "frame = rows.pandas\nvalues = frame.cost\nvalues += 1",
        "frame = rows.pandas\nfor values in [frame.cost]:\n    pass",
        "frame = rows.pandas\nwith helper() as values:\n    pass",
    ],
)
def test_a_name_that_is_bound_in_a_branch_or_by_another_statement_is_left_open(before: str) -> None:
    assert _returned("values", before) == Other(frozenset())


def test_names_are_followed_also_in_pairs() -> None:
    assert _returned("values", "frame, n = rows.pandas, 3\nvalues = frame.cost") == Read("cost")


def test_a_name_stands_for_what_it_was_last_bound_to() -> None:
    twice = "frame = rows.pandas\nframe = frame[frame.views > 3]\nvalues = frame.cost\nvalues = values * 2"
    assert _returned("values", twice) == Linear(Read("cost"), 2.0, 0.0)
    assert _returned("values", "frame = rows.pandas\nvalues = frame.cost\nframe = other") == Read("cost")


def test_a_name_that_a_loop_binds_below_is_left_open_in_all_of_the_loop() -> None:
    body = "frame = rows.pandas\nvalues = frame.cost\nfor n in x:\n    if n:\n        return PerRow(values)\n    values = n"
    assert _read(body).values == (Other(frozenset()),)


def test_a_parameter_that_is_compared_with_a_column_chooses_rows_by_it() -> None:
    read = _read("frame = rows.pandas\nown = frame['views'] == limit\nreturn PerRow(own)")
    assert read.chosen_by == {"limit": frozenset({"views"})}
    assert _read("return PerRow(rows.pandas.cost > limit)").chosen_by == {}


def test_a_multiple_of_a_column_carries_it_and_a_product_does_not() -> None:
    assert carried(_returned("1 - frame.cost * 3")) == "cost"
    assert carried(_returned("frame.cost * frame.weight")) is None


def test_a_name_that_stands_for_itself_is_left_open() -> None:
    assert _returned("values", "values = values.to_numpy()") == Other(frozenset())


@pytest.mark.parametrize(
    "body",
    [
        "if rows:\n    return PerRow(rows.pandas.cost)\nreturn PerRow(rows.pandas.views)",
        "return helper(rows.pandas.cost)",
        "return PerRow(*[rows.pandas.cost])",
        "return PerRow(values=rows.pandas.cost)",
        "raise NotImplementedError",
    ],
)
def test_a_function_with_other_returns_is_not_understood(body: str) -> None:
    read = _read(body)
    assert (read.understood, read.values) == (False, ())


def test_every_column_that_the_body_names_is_known_even_where_the_rest_is_not_understood() -> None:
    assert _read("x = rows.pandas['cost'] + weights(rows.pandas, 'weight')\nreturn helper(x)").named == {
        "cost",
        "weight",
    }


def test_a_function_without_source_is_not_understood() -> None:
    assert read_returned(None, ["rows"], COLUMNS) == Returned()


_values: st.SearchStrategy[Value] = st.recursive(
    st.builds(Read, st.sampled_from(COLUMNS)),
    lambda parts: (
        st.builds(Quotient, parts, parts)
        | st.builds(Product, parts, parts)
        | st.builds(Sum, parts, parts, st.sampled_from([1.0, -1.0]))
    ),
    max_leaves=8,
)


def _written(value: Value) -> str:
    match value:
        case Read(column):
            return f"frame[{column!r}]"
        case Quotient(above, below):
            return f"({_written(above)} / {_written(below)})"
        case Product(left, right):
            return f"({_written(left)} * {_written(right)})"
        case Sum(left, right, sign):
            return f"({_written(left)} {'+' if sign > 0 else '-'} {_written(right)})"
        case _:
            raise AssertionError(value)


@given(_values)
def test_what_is_written_is_what_is_read(value: Value) -> None:
    assert _returned(_written(value)) == value
    assert columns_in(value) == {column for column in COLUMNS if repr(column) in _written(value)}
