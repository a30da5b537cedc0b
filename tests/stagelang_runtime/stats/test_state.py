from __future__ import annotations

import json
import math
from fractions import Fraction
from random import Random
from typing import get_args

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from stagelang.aggregate import Kind
from stagelang_runtime.stats.aggregates import (
    Aggregate,
    calibration_error,
    f1,
    finalise,
    mean,
    quantile,
    ratio,
    rmse,
    smooth,
    state_of,
    total,
)
from stagelang_runtime.stats.lift import lift
from stagelang_runtime.stats.state import AnyState, State, Values
from stagelang_runtime.stats.undefined import UndefinedError

AGGREGATES: list[Aggregate] = [
    mean(),
    total(),
    ratio(),
    rmse(),
    f1(),
    calibration_error(4),
    quantile(0.3),
    smooth(2, lambda m: float(m[0] * m[1])),
]
ANY_FLOAT = st.floats(allow_nan=True, allow_infinity=True)


def merged(a: AnyState, b: AnyState) -> AnyState:
    match a, b:
        case State(), State():
            return a.merge(b)
        case Values(), Values():
            return a.merge(b)
        case _:
            raise AssertionError((a, b))


def value_or_cause(aggregate: Aggregate, state: AnyState) -> tuple[str, str]:
    try:
        return "value", finalise(aggregate, state).hex()
    except UndefinedError as error:
        return "undefined", error.undefined.cause


@settings(deadline=None)
@given(st.data(), st.sampled_from(AGGREGATES), st.randoms())
def test_any_sharding_in_any_order_gives_the_same_state_and_the_same_bits(
    data: st.DataObject, aggregate: Aggregate, random: Random
) -> None:
    row = st.lists(ANY_FLOAT, min_size=aggregate.width, max_size=aggregate.width)
    shards = data.draw(st.lists(st.lists(row, max_size=5), max_size=5))

    def rows(of: list[list[float]]) -> NDArray[np.float64]:
        return np.array(of, dtype=np.float64).reshape(-1, aggregate.width)

    whole = state_of(aggregate, rows([one for shard in shards for one in shard]))
    together = state_of(aggregate, rows([]))
    for shard in random.sample(shards, len(shards)):
        together = merged(together, state_of(aggregate, rows(shard)))
    assert together == whole
    assert value_or_cause(aggregate, together) == value_or_cause(aggregate, whole)


@settings(deadline=None)
@given(*[st.lists(ANY_FLOAT, max_size=6)] * 3)
def test_merging_is_associative_and_commutative_and_empty_is_its_zero(
    a: list[float], b: list[float], c: list[float]
) -> None:
    for state, empty in ((State.of, State.empty(1)), (Values.of, Values.empty())):
        one, two, three = (state(np.array(values).reshape(-1, 1)) for values in (a, b, c))
        assert merged(merged(one, two), three) == merged(one, merged(two, three))
        assert merged(one, two) == merged(two, one)
        assert merged(one, empty) == one


_TRUTH = st.sampled_from([0.0, 1.0])
_NUMBER = st.floats(-1e300, 1e300)
BUILT_IN: dict[Kind, tuple[Aggregate, list[st.SearchStrategy[float]]]] = {
    "mean": (mean(), [_NUMBER]),
    "total": (total(), [_NUMBER]),
    "ratio": (ratio(), [_NUMBER, _NUMBER]),
    "rmse": (rmse(), [st.floats(-1e150, 1e150)]),
    "f1": (f1(), [_TRUTH, _TRUTH]),
    "calibration_error": (calibration_error(3), [st.floats(0, 1), _TRUTH]),
    "quantile": (quantile(0.7), [_NUMBER]),
    "smooth": (smooth(2, lambda m: float(m[0] - m[1])), [_NUMBER, _NUMBER]),
}
"""Every aggregation of the language, and what each of its columns may hold."""


def test_every_aggregation_of_the_language_is_sharded_here() -> None:
    assert set(BUILT_IN) == set(get_args(Kind))


@settings(deadline=None)
@given(st.data(), st.sampled_from(sorted(BUILT_IN)), st.randoms())
def test_columns_in_any_shards_in_any_order_come_to_the_same_bits(
    data: st.DataObject, kind: Kind, random: Random
) -> None:
    """The whole way from what a metric's function returns: lifting, merging and finalising are a homomorphism."""
    aggregate, columns = BUILT_IN[kind]
    shards = data.draw(st.lists(st.lists(st.tuples(*columns), max_size=4), max_size=4))

    def state(rows: list[tuple[float, ...]]) -> AnyState:
        values = np.array(rows, dtype=np.float64).reshape(-1, len(columns))
        return state_of(aggregate, lift(aggregate, list(values.T)))

    whole = state([one for shard in shards for one in shard])
    together = state([])
    for shard in random.sample(shards, len(shards)):
        together = merged(together, state(shard))
    assert together == whole
    assert merged(together, state([])) == together
    assert value_or_cause(aggregate, together) == value_or_cause(aggregate, whole)


def test_states_of_different_widths_do_not_merge() -> None:
    with pytest.raises(ValueError, match=r"^states of 1 and 2 columns don't merge$"):
        State.empty(1).merge(State.empty(2))


def test_rows_that_are_not_finite_are_counted_and_kept_out_of_the_totals() -> None:
    state = State.of(np.array([[1.0, 2.0], [math.nan, 3.0], [4.0, math.inf], [5.0, 6.0]]))
    assert state == State(count=4, totals=(Fraction(6), Fraction(8)), not_finite=2)


def test_a_state_is_strict_json_with_each_total_as_floats_that_add_up_to_it() -> None:
    state = State.of(np.array([[2.0**60, 0.5], [1.0, 0.0], [2.0**-60, math.nan], [0.25, 1.0]]))
    assert json.dumps(state.to_json(), allow_nan=False) == (
        '{"count": 4, "totals": [[1.152921504606847e+18, 1.25], [1.5]], "not_finite": 1}'
    )


def test_the_values_of_a_holistic_metric_are_strict_json_in_order() -> None:
    values = Values.of(np.array([[3.0], [-0.0], [math.nan], [1.0]]))
    assert json.dumps(values.to_json(), allow_nan=False) == '{"values": [0.0, 1.0, 3.0], "not_finite": 1}'
    assert values.count == 4
