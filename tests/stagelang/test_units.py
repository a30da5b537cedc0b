"""Units and their algebra, against hand-worked values and the laws of an abelian group."""

from __future__ import annotations

import math
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stagelang import units as u
from stagelang.units import Measure, Per, Times, Unit, measure, unit_text

_SIMPLE: list[Any] = [
    value
    for value in vars(u).values()
    if isinstance(value, type) and issubclass(value, Unit) and value not in {Unit, Per, Times}
]


def _compose(kind: Any, left: Any, right: Any) -> Any:
    return kind[left, right]


def _composed(parts: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    kinds: list[Any] = [Per, Times]
    return st.builds(_compose, st.sampled_from(kinds), parts, parts)


units = st.recursive(st.sampled_from(_SIMPLE), _composed, max_leaves=6)
measures = units.map(measure)


def _same(left: Measure, right: Measure) -> bool:
    return left.same_dimension(right) and math.isclose(left.factor, right.factor, rel_tol=1e-12)


@pytest.mark.parametrize(
    ("unit", "factor", "powers"),
    [
        (u.RATIO, 1.0, {}),
        (u.PERCENT, 0.01, {}),
        (u.PERCENTAGE_POINT, 0.01, {}),
        (u.USD, 1.0, {"USD": 1}),
        (u.MILLISECOND, 1e-3, {"s": 1}),
        (u.DAY, 86400.0, {"s": 1}),
        (u.MILE, 1609.344, {"m": 1}),
        (u.MEGABYTE, 1e6, {"B": 1}),
        (Per[u.USD, u.ROW], 1.0, {"USD": 1, "row": -1}),
        (Per[u.KILOMETRE, u.HOUR], 1000 / 3600, {"m": 1, "s": -1}),
        (Times[u.METRE, u.METRE], 1.0, {"m": 2}),
        (Per[u.SECOND, u.SECOND], 1.0, {}),
        (Per[u.USD, Per[u.USD, u.ROW]], 1.0, {"row": 1}),
        (Per[Per[u.METRE, u.SECOND], u.SECOND], 1.0, {"m": 1, "s": -2}),
        (Times[u.PERCENT, u.PERCENT], 1e-4, {}),
    ],
)
def test_a_unit_has_the_normal_form_worked_out_by_hand(
    unit: Any, factor: float, powers: dict[str, int]
) -> None:
    found = measure(unit)
    assert dict(found.powers) == powers
    assert math.isclose(found.factor, factor, rel_tol=1e-15)


@given(measures, measures)
def test_the_product_commutes(a: Measure, b: Measure) -> None:
    assert _same(a.times(b), b.times(a))


@given(measures, measures, measures)
def test_the_product_is_associative(a: Measure, b: Measure, c: Measure) -> None:
    assert _same(a.times(b).times(c), a.times(b.times(c)))


@given(measures)
def test_a_pure_number_is_the_neutral_element(a: Measure) -> None:
    assert _same(a.times(Measure()), a)
    assert _same(Measure().times(a), a)


@given(measures)
def test_dividing_by_itself_leaves_a_pure_number(a: Measure) -> None:
    assert _same(a.times(a, -1), Measure())


@given(units, units)
def test_dividing_undoes_multiplying(a: Any, b: Any) -> None:
    assert _same(measure(Per[Times[a, b], b]), measure(a))


@given(measures)
def test_a_power_is_repeated_multiplication(a: Measure) -> None:
    assert _same(Measure().times(a, 3), a.times(a).times(a))


@given(measures)
def test_no_power_is_zero(a: Measure) -> None:
    assert all(a.powers.values())


def test_dollars_and_euros_are_of_different_dimensions() -> None:
    assert not measure(u.USD).same_dimension(measure(u.EUR))


def test_celsius_and_fahrenheit_do_not_convert_by_a_factor() -> None:
    assert not measure(u.CELSIUS).same_dimension(measure(u.FAHRENHEIT))


def test_a_unit_of_ones_own_takes_its_class_name_for_a_symbol() -> None:
    class PARCEL(Unit):
        pass

    class PALLET(Unit, symbol="pal", of=PARCEL, factor=48.0):
        pass

    assert measure(PARCEL) == Measure(1.0, {"PARCEL": 1})
    assert measure(PALLET) == Measure(48.0, {"PARCEL": 1})
    assert unit_text(PALLET) == "pal"


@pytest.mark.parametrize(
    ("unit", "text"),
    [
        (u.USD, "USD"),
        (u.RATIO, "1"),
        (Per[u.USD, u.ROW], "USD/row"),
        (Times[u.USD, u.SECOND], "USD*s"),
        (Per[u.USD, Times[u.ROW, u.SECOND]], "USD/(row*s)"),
        (Per[u.USD, Per[u.ROW, u.SECOND]], "USD/(row/s)"),
        (Per[Times[u.USD, u.ROW], u.SECOND], "USD*row/s"),
        (Times[u.USD, Per[u.ROW, u.SECOND]], "USD*row/s"),
    ],
)
def test_a_unit_is_written_as_a_person_would(unit: Any, text: str) -> None:
    assert unit_text(unit) == text


@given(units)
def test_no_two_dimensions_are_written_alike(unit: Any) -> None:
    written = unit_text(unit)
    for other in (Per[unit, u.BYTE], Times[unit, u.BYTE]):
        assert unit_text(other) != written


@pytest.mark.parametrize("wrong", [int, "USD", None, Unit, Per, Times, 3, u.USD()])
def test_what_is_no_unit_is_refused(wrong: Any) -> None:
    for read in (measure, unit_text):
        with pytest.raises(TypeError) as refusal:
            read(wrong)
        assert str(refusal.value) == f"expected a unit such as units.USD, got {wrong!r}"


def test_every_unit_has_a_symbol_of_its_own() -> None:
    symbols = [unit.symbol for unit in _SIMPLE]
    assert sorted(set(symbols)) == sorted(symbols)
    assert len(symbols) >= 20


def test_only_the_scales_of_temperature_have_no_true_zero() -> None:
    assert {unit for unit in _SIMPLE if unit.interval} == {u.CELSIUS, u.FAHRENHEIT}


def test_a_unit_of_ones_own_may_be_an_interval_scale() -> None:
    class YEAR(Unit, symbol="AD", interval=True):
        """A year's number."""

    class KELVIN(Unit, symbol="K"):
        """Kelvin."""

    assert (YEAR.interval, KELVIN.interval) == (True, False)
