"""Units, directions and ranges of expressions, against values worked by hand and against sampling."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from fractions import Fraction

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from stagelang import units as u
from stagelang_compiler.lower.contracts import lower_unit
from stagelang_compiler.metric_algebra import Better, Meaning, combine

Ends = tuple[float | None, float | None]


def _meaning(
    low: float | None, high: float | None, unit: type[u.Unit] = u.RATIO, better: Better = "higher"
) -> Meaning:
    return Meaning(unit=lower_unit(unit), better=better, low=low, high=high)


_EXACT: Mapping[str, Callable[[Fraction, Fraction], Fraction]] = {
    "+": Fraction.__add__,
    "-": Fraction.__sub__,
    "*": Fraction.__mul__,
    "/": Fraction.__truediv__,
}
_numbers = st.integers(-50, 50).map(lambda number: number / 8)


@st.composite
def _ranges(draw: st.DrawFn) -> Ends:
    low, high = sorted((draw(_numbers), draw(_numbers)))
    return (draw(st.sampled_from([low, None])), draw(st.sampled_from([high, None])))


def _inside(draw: st.DrawFn, ends: Ends) -> float:
    low = -1000.0 if ends[0] is None else ends[0]
    high = 1000.0 if ends[1] is None else ends[1]
    return draw(
        st.sampled_from([low, high, (low + high) / 2, max(low, min(high, 0.0)), max(low, min(high, 0.125))])
    )


@st.composite
def _cases(draw: st.DrawFn) -> tuple[str, Ends, Ends, float, float]:
    left, right = draw(_ranges()), draw(_ranges())
    return draw(st.sampled_from("+-*/")), left, right, _inside(draw, left), _inside(draw, right)


@given(_cases())
def test_every_value_that_an_expression_can_take_lies_in_its_range(
    case: tuple[str, Ends, Ends, float, float],
) -> None:
    operation, left, right, a, b = case
    assume(not (operation == "/" and b == 0))
    value = _EXACT[operation](Fraction(a), Fraction(b))
    meaning = combine(operation, [_meaning(*left), _meaning(*right)], None)
    # an end is the float nearest to the true one, so a value may lie half a step beyond it
    low, high = meaning.low, meaning.high
    assert low is None or value >= Fraction(math.nextafter(low, -math.inf))
    assert high is None or value <= Fraction(math.nextafter(high, math.inf))


@given(_ranges(), st.sampled_from([-2.0, -0.5, 0.0, 0.25, 3.0]), st.data())
def test_every_value_of_a_scaled_metric_lies_in_its_range(
    ends: Ends, factor: float, data: st.DataObject
) -> None:
    value = data.draw(st.composite(lambda draw: _inside(draw, ends))()) * factor
    meaning = combine("*", [_meaning(*ends), factor], None)
    assert (meaning.low is None or value >= meaning.low) and (meaning.high is None or value <= meaning.high)


@pytest.mark.parametrize(
    ("operation", "left", "right", "expected"),
    [
        ("+", (0, 1), (0, 1), (0, 2)),
        ("+", (0, None), (-1, 1), (-1, None)),
        ("-", (0, 1), (0, 1), (-1, 1)),
        ("-", (0, None), (0, None), (None, None)),
        ("*", (-1, 2), (-3, 4), (-6, 8)),
        ("*", (0, None), (0, None), (0, None)),
        ("*", (-1, 1), (None, None), (None, None)),
        ("/", (1, 2), (4, 8), (0.125, 0.5)),
        ("/", (1, 2), (-8, -4), (-0.5, -0.125)),
        ("/", (0, 1), (0, None), (0, None)),
        ("/", (1, 2), (None, 0), (None, 0)),
        ("/", (-1, 1), (0, 1), (None, None)),
        ("/", (1, 2), (-1, 1), (None, None)),
        ("/", (1, 2), (0, 0), (None, None)),
        ("/", (1, 3), (2, None), (0, 1.5)),
    ],
)
def test_ranges_are_as_narrow_as_interval_arithmetic_gives(
    operation: str, left: Ends, right: Ends, expected: Ends
) -> None:
    meaning = combine(operation, [_meaning(*left), _meaning(*right)], None)
    assert (meaning.low, meaning.high) == expected
    assert not any(
        end is not None and end == 0 and math.copysign(1, end) < 0 for end in (meaning.low, meaning.high)
    )


@pytest.mark.parametrize(
    ("operation", "left", "right", "text", "factor", "powers"),
    [
        ("+", u.USD, u.USD, "USD", 1.0, {"USD": 1}),
        ("*", u.USD, u.SECOND, "USD*s", 1.0, {"USD": 1, "s": 1}),
        ("/", u.USD, u.MINUTE, "USD/min", 1 / 60, {"USD": 1, "s": -1}),
        ("/", u.KILOMETRE, u.HOUR, "km/h", 1000 / 3600, {"m": 1, "s": -1}),
        ("/", u.USD, u.USD, "1", 1.0, {}),
        ("*", u.PERCENT, u.USD, "%*USD", 0.01, {"USD": 1}),
        ("/", u.USD, u.Per[u.ROW, u.SECOND], "USD/(row/s)", 1.0, {"USD": 1, "row": -1, "s": 1}),
    ],
)
def test_units_multiply_and_divide(
    operation: str, left: type[u.Unit], right: type[u.Unit], text: str, factor: float, powers: dict[str, int]
) -> None:
    unit = combine(operation, [_meaning(0, 1, left), _meaning(0, 1, right)], None).unit
    assert (unit.text, dict(unit.powers)) == (text, powers)
    assert unit.factor == pytest.approx(factor, rel=1e-15)


def test_a_conversion_scales_the_range() -> None:
    converted = combine("convert", [_meaning(0, 2, u.HOUR, "lower")], lower_unit(u.MINUTE))
    assert (converted.unit.text, converted.low, converted.high, converted.better) == ("min", 0, 120, "lower")


@pytest.mark.parametrize(
    ("operation", "left", "right", "low", "better"),
    [
        ("+", "higher", "higher", -1, "higher"),
        ("+", "higher", "lower", -1, "none"),
        ("+", "higher", "none", -1, "none"),
        ("-", "higher", "lower", -1, "higher"),
        ("-", "higher", "higher", -1, "none"),
        ("*", "lower", "lower", 0, "lower"),
        ("*", "lower", "lower", -1, "none"),
        ("/", "lower", "higher", 0, "lower"),
        ("/", "higher", "higher", 0, "none"),
        ("/", "lower", "higher", -1, "none"),
    ],
)
def test_a_direction_holds_only_where_both_parts_pull_the_same_way(
    operation: str, left: Better, right: Better, low: float, better: Better
) -> None:
    assert (
        combine(operation, [_meaning(low, 1, better=left), _meaning(low, 1, better=right)], None).better
        == better
    )


@pytest.mark.parametrize(("factor", "better"), [(2.0, "lower"), (-2.0, "higher"), (0.0, "none")])
def test_a_negative_factor_turns_the_direction(factor: float, better: Better) -> None:
    assert combine("*", [_meaning(0, 1, better="lower"), factor], None).better == better
    assert combine("neg", [_meaning(0, 1, better="lower")], None).better == "higher"
