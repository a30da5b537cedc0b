"""Units of random expressions over metrics, against `pint`: dimensions, conversion factors, and what may be added."""

from __future__ import annotations

import random
from collections.abc import Mapping
from typing import Any, cast

import pint
import pytest

from stagelang import units as u
from stagelang_compiler.lower.contracts import lower_unit
from stagelang_compiler.metric_algebra import Meaning, combine

EXPRESSIONS = 400
REGISTRY = cast(Any, pint.UnitRegistry)()
for base in ("usd", "eur", "gbp", "thing", "table_row", "degree_c", "degree_f", "brightness"):
    REGISTRY.define(f"{base} = [{base}]")
PEERS: Mapping[Any, str] = {
    u.RATIO: "dimensionless",
    u.PERCENT: "percent",
    u.PERCENTAGE_POINT: "percent",
    u.COUNT: "thing",
    u.ROW: "table_row",
    u.USD: "usd",
    u.EUR: "eur",
    u.GBP: "gbp",
    u.SECOND: "second",
    u.MILLISECOND: "millisecond",
    u.MINUTE: "minute",
    u.HOUR: "hour",
    u.DAY: "day",
    u.METRE: "metre",
    u.KILOMETRE: "kilometre",
    u.MILE: "mile",
    u.KILOGRAM: "kilogram",
    u.CELSIUS: "degree_c",
    u.FAHRENHEIT: "degree_f",
    u.BYTE: "byte",
    u.MEGABYTE: "megabyte",
    u.PIXEL_VALUE: "brightness",
}


def _pair(pick: random.Random, leaves: int) -> tuple[Meaning, Any]:
    """Make a random expression of products and quotients, as the compiler and as pint understand it."""
    if leaves == 1:
        unit = pick.choice([*PEERS])
        meaning = Meaning(unit=lower_unit(unit), better="none", low=None, high=None)
        return meaning, REGISTRY.Quantity(1.0, PEERS[unit])
    first = pick.randint(1, leaves - 1)
    (left, left_peer), (right, right_peer) = _pair(pick, first), _pair(pick, leaves - first)
    operation = pick.choice("*/")
    peer = left_peer * right_peer if operation == "*" else left_peer / right_peer
    return combine(operation, [left, right], None), peer


def _turned(pick: random.Random, meaning: Meaning, peer: Any) -> tuple[Meaning, Any]:
    """Give the expression in other words of mostly the same dimension: times and divided by related units."""
    for above, below in pick.sample(
        [(u.MINUTE, u.DAY), (u.MILE, u.METRE), (u.BYTE, u.MEGABYTE), (u.HOUR, u.METRE)], 2
    ):
        for operation, unit in (("*", above), ("/", below)):
            other = Meaning(unit=lower_unit(unit), better="none", low=None, high=None)
            meaning = combine(operation, [meaning, other], None)
            quantity = REGISTRY.Quantity(1.0, PEERS[unit])
            peer = peer * quantity if operation == "*" else peer / quantity
    return meaning, peer


@pytest.mark.parametrize("block", range(4))
def test_random_expressions_have_the_dimension_and_the_factor_that_pint_gives(block: int) -> None:
    pick = random.Random(block)
    compatible = 0
    for _ in range(EXPRESSIONS // 4):
        meaning, peer = _pair(pick, pick.randint(1, 6))
        other, other_peer = _turned(pick, meaning, peer)
        same = dict(meaning.unit.powers) == dict(other.unit.powers)
        assert same == (peer.dimensionality == other_peer.dimensionality)
        if same:
            compatible += 1
            factor = meaning.unit.factor / other.unit.factor
            assert factor == pytest.approx((peer / other_peer).to("dimensionless").magnitude, rel=1e-12)
    assert compatible >= 20


def test_every_unit_of_the_language_is_compared() -> None:
    units: set[Any] = {
        each
        for each in vars(u).values()
        if isinstance(each, type) and issubclass(each, u.Unit) and each not in (u.Unit, u.Per, u.Times)
    }
    assert set(PEERS) == units
