"""Abstract values form a lattice, and every transfer function is monotone; ways share rows as sets of rows do."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stagelang_compiler.checks.leakage import transfer
from stagelang_compiler.checks.leakage.lattice import NOTHING, Flow, joined
from stagelang_compiler.checks.leakage.ways import Way, Ways, bits_of

SETS = st.integers(0, 63)
EVENTS = st.integers(0, 63)
FLOWS = st.builds(Flow, SETS, SETS)


def _ways() -> Ways:
    """Know six ways: two sources, and the parts of a split of each."""
    ways = Ways()
    for root, part in itertools.product((0, 1), ("", "train", "test")):
        ways.of(((root, ""), *([(9, part)] if part else [])))
    return ways


@given(FLOWS, FLOWS, FLOWS)
def test_joining_is_idempotent_commutative_and_associative(one: Flow, two: Flow, three: Flow) -> None:
    assert one.join(one) == one
    assert one.join(two) == two.join(one)
    assert one.join(two).join(three) == one.join(two.join(three))
    assert joined([one, two, three]) == one.join(two).join(three)


@given(FLOWS, FLOWS)
def test_the_join_is_the_least_value_above_both(one: Flow, two: Flow) -> None:
    above = one.join(two)
    assert one.below(above) and two.below(above)
    assert NOTHING.below(one)
    assert one.below(two) == (one.join(two) == two)


@given(FLOWS, FLOWS, FLOWS)
def test_the_order_is_a_partial_order(one: Flow, two: Flow, three: Flow) -> None:
    assert one.below(one)
    assert not (one.below(two) and two.below(one)) or one == two
    assert not (one.below(two) and two.below(three)) or one.below(three)


WAYS = _ways()
TRANSFERS: Sequence[Callable[[Flow, Flow, int], Flow]] = (
    lambda one, two, event: transfer.mapped(one),
    lambda one, two, event: transfer.fitted([one, two], event),
    lambda one, two, event: transfer.chosen([one], two, event),
    lambda one, two, event: transfer.applied(one, two),
    lambda one, two, event: transfer.aggregated(one, event),
    transfer.matched,
    lambda one, two, event: transfer.stacked([one, two]),
    lambda one, two, event: transfer.divided(WAYS, one, 7, "test"),
)
NAMES = ("map", "fit", "select", "apply", "aggregate", "join", "concat", "split")


@pytest.mark.parametrize("function", TRANSFERS, ids=NAMES)
@given(one=FLOWS, two=FLOWS, more=FLOWS, event=EVENTS)
def test_every_transfer_function_is_monotone(
    function: Callable[[Flow, Flow, int], Flow], one: Flow, two: Flow, more: Flow, event: int
) -> None:
    result = function(one, two, event)
    assert result.below(function(one.join(more), two, event))
    assert result.below(function(one, two.join(more), event))


@pytest.mark.parametrize("function", TRANSFERS, ids=NAMES)
@given(one=FLOWS, two=FLOWS, event=EVENTS)
def test_no_transfer_function_forgets_an_event(
    function: Callable[[Flow, Flow, int], Flow], one: Flow, two: Flow, event: int
) -> None:
    assert Flow(0, one.events).below(function(one, two, event))


SPLITS = {2: 0, 3: 0, 4: 2}
"""Splits by their positions, and what they divide: 2 and 3 the source, 4 the train part of 2."""
ROUTES: Sequence[Way] = (
    ((0, ""),),
    ((1, ""),),
    ((0, ""), (2, "train")),
    ((0, ""), (2, "test")),
    ((0, ""), (3, "train")),
    ((0, ""), (3, "test")),
    ((0, ""), (2, "train"), (4, "train")),
    ((0, ""), (2, "train"), (4, "test")),
)


def _can_share(one: Way, other: Way) -> bool:
    """Enumerate 8 rows that go every way through the three splits, from each source, and look."""

    def rows(way: Way) -> set[tuple[int, int]]:
        (source, _), *parts = way
        sides = {2: 1, 3: 2, 4: 4}
        return {
            (source, row)
            for row in range(8)
            if all(bool(row & sides[split]) == (part == "test") for split, part in parts)
        }

    return bool(rows(one) & rows(other))


@pytest.mark.parametrize("one", ROUTES)
@pytest.mark.parametrize("order", [1, -1], ids=["in order", "backwards"])
def test_two_ways_share_rows_where_some_row_goes_both(one: Way, order: int) -> None:
    ways = Ways()
    for each in ROUTES[::order]:
        ways.of(each)
    sharing = ways.sharing(ways.of(one))
    assert {way for way in ROUTES if ways.of(way) & sharing} == {
        way for way in ROUTES if _can_share(one, way)
    }


@given(st.integers(0, 2**80))
def test_the_bits_of_a_set_are_what_it_is_made_of(bits: int) -> None:
    positions = list(bits_of(bits))
    assert sum(1 << position for position in positions) == bits
    assert positions == sorted(positions)


FOLDED: Sequence[tuple[int, int, int]] = ((1, 1, 2), (2, 2, 2), (3, 1, 3), (4, 2, 3), (5, 3, 3))
"""Folds of one table by one column: the split's position, which fold, of how many."""


def _falls_into(share: float, way: Way) -> bool:
    """Tell whether a value that is placed at a share goes a way through a fold."""
    ((split, part),) = way[1:]
    _, fold, of = next(each for each in FOLDED if each[0] == split)
    return ((fold - 1) / of <= share < fold / of) == (part == "test")


def test_folds_share_rows_where_some_value_goes_into_both() -> None:
    ways, routes = Ways(), [((0, ""), (split, part)) for split, *_ in FOLDED for part in ("train", "test")]
    for split, fold, of in FOLDED:
        low, high = (fold - 1) / of, fold / of
        ways.shared_out(split, "table", {"train": ((0.0, low), (high, 1.0)), "test": ((low, high),)})
    for each in routes:
        ways.of(each)
    for one, other in itertools.product(routes, routes):
        both = any(_falls_into(place / 60, one) and _falls_into(place / 60, other) for place in range(60))
        assert bool(ways.sharing(ways.of(one)) & ways.of(other)) == both, (one, other)
