"""Aggregation classes of expressions: lattice laws, and that what is called distributive really adds up over parts."""

from __future__ import annotations

import itertools
from collections.abc import Sequence

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays
from numpy.typing import NDArray

from stagelang_compiler.aggregation import AggregationClass, class_of, combined_class

CLASSES: Sequence[AggregationClass] = ("distributive", "algebraic", "holistic")


@pytest.mark.parametrize("operation", ["+", "-", "*", "/"])
@pytest.mark.parametrize(("left", "right"), [*itertools.product(CLASSES, CLASSES)])
def test_no_expression_is_of_a_better_class_than_its_parts(
    operation: str, left: AggregationClass, right: AggregationClass
) -> None:
    found = CLASSES.index(combined_class(operation, [left, right]))
    assert found >= max(CLASSES.index(left), CLASSES.index(right))
    assert found == CLASSES.index(combined_class(operation, [right, left]))


@pytest.mark.parametrize(("left", "right"), [*itertools.product(CLASSES, CLASSES)])
def test_a_better_part_never_makes_a_worse_class(left: AggregationClass, right: AggregationClass) -> None:
    for operation, better in itertools.product("+-*/", CLASSES[: CLASSES.index(left) + 1]):
        found = CLASSES.index(combined_class(operation, [better, right]))
        assert found <= CLASSES.index(combined_class(operation, [left, right]))


def test_products_and_quotients_of_totals_do_not_add_up_but_multiples_do() -> None:
    assert combined_class("*", ["distributive", "distributive"]) == "algebraic"
    assert combined_class("/", ["distributive", "distributive"]) == "algebraic"
    assert combined_class("*", ["distributive"], factors=1) == "distributive"
    assert combined_class("neg", ["distributive"]) == "distributive"
    assert combined_class("convert", ["holistic"]) == "holistic"


def test_only_totals_add_up_and_only_quantiles_need_all_values() -> None:
    kinds = ("total", "mean", "ratio", "rmse", "f1", "calibration_error", "smooth", "quantile")
    assert [class_of(kind) for kind in kinds] == ["distributive", *["algebraic"] * 6, "holistic"]


_rows: st.SearchStrategy[NDArray[np.float64]] = arrays.arrays(
    np.float64, st.tuples(st.integers(2, 12), st.just(2)), elements=st.integers(1, 9).map(float)
)


@given(_rows, st.data())
def test_what_is_distributive_adds_up_over_any_two_parts(
    rows: NDArray[np.float64], data: st.DataObject
) -> None:
    """Random linear expressions over two totals, each over the whole and over its parts."""
    cut = data.draw(st.integers(1, len(rows) - 1))
    operations = data.draw(st.lists(st.sampled_from(["+", "-", "*", "neg"]), min_size=1, max_size=5))
    found: AggregationClass = "distributive"

    def number(part: NDArray[np.float64]) -> float:
        value = float(part[:, 0].sum())
        for operation in operations:
            match operation:
                case "+":
                    value += float(part[:, 1].sum())
                case "-":
                    value = float(part[:, 1].sum()) - value
                case "*":
                    value *= 2.0
                case _:
                    value = -value
        return value

    for operation in operations:
        parts: list[AggregationClass] = [found] if operation in ("*", "neg") else [found, "distributive"]
        found = combined_class(operation, parts, factors=operation == "*")
    assert found == "distributive"
    assert number(rows[:cut]) + number(rows[cut:]) == number(rows)
