"""Units of measure: classes that serve as types (`Metric[u.USD]`) and as values (`unit=u.USD`), and their algebra.

A unit is a product of base units with integer powers and a factor, as in the SI Brochure (9th edition, section 2.3).
`Per[USD, SECOND]` and `Times[...]` build new units; `measure` gives the normal form in which two units are compared.
"""

from __future__ import annotations

import typing
from collections.abc import Mapping
from typing import Any, ClassVar, Generic, TypeVar, final

from attrs import field, frozen


class Unit:
    """Base of every unit. Define your own: `class PARCEL(Unit, symbol="parcel"): ...`."""

    symbol: ClassVar[str] = ""
    base: ClassVar[type[Unit] | None] = None
    factor: ClassVar[float] = 1.0
    interval: ClassVar[bool] = False

    def __init_subclass__(
        cls,
        *,
        symbol: str = "",
        of: type[Unit] | None = None,
        factor: float = 1.0,
        interval: bool = False,
        **kwargs: Any,
    ) -> None:
        """Take the unit's symbol; `of` and `factor` make it a multiple of another unit; `interval` says that its 0 is no nothing."""
        super().__init_subclass__(**kwargs)
        cls.symbol = symbol or cls.__name__
        cls.base = of
        cls.factor = factor
        cls.interval = interval


A = TypeVar("A", bound=Unit)
B = TypeVar("B", bound=Unit)


class Per(Unit, Generic[A, B], symbol="/"):
    """A quotient: `Per[USD, ROW]` is dollars per row."""


class Times(Unit, Generic[A, B], symbol="*"):
    """A product: `Times[USD, SECOND]`."""


class RATIO(Unit, symbol="1"):
    """A pure number, such as a share or a probability."""


class PERCENT(Unit, symbol="%", of=RATIO, factor=0.01):
    """A hundredth."""


class PERCENTAGE_POINT(Unit, symbol="pp", of=RATIO, factor=0.01):
    """A difference of two percentages."""


class COUNT(Unit, symbol="count"):
    """A number of things."""


class ROW(Unit, symbol="row"):
    """A row of a table."""


class USD(Unit, symbol="USD"):
    """United States dollar; currencies never convert by themselves."""


class EUR(Unit, symbol="EUR"):
    """Euro."""


class GBP(Unit, symbol="GBP"):
    """Pound sterling."""


class SECOND(Unit, symbol="s"):
    """Second."""


class MILLISECOND(Unit, symbol="ms", of=SECOND, factor=1e-3):
    """A thousandth of a second."""


class MINUTE(Unit, symbol="min", of=SECOND, factor=60.0):
    """Sixty seconds."""


class HOUR(Unit, symbol="h", of=SECOND, factor=3600.0):
    """3,600 seconds."""


class DAY(Unit, symbol="d", of=SECOND, factor=86400.0):
    """86,400 seconds."""


class METRE(Unit, symbol="m"):
    """Metre."""


class KILOMETRE(Unit, symbol="km", of=METRE, factor=1000.0):
    """A thousand metres."""


class MILE(Unit, symbol="mi", of=METRE, factor=1609.344):
    """The international mile."""


class KILOGRAM(Unit, symbol="kg"):
    """Kilogram."""


class CELSIUS(Unit, symbol="degC", interval=True):
    """Degree Celsius: an interval scale, so ratios of it mean nothing."""


class FAHRENHEIT(Unit, symbol="degF", interval=True):
    """Degree Fahrenheit: an interval scale."""


class BYTE(Unit, symbol="B"):
    """Byte."""


class MEGABYTE(Unit, symbol="MB", of=BYTE, factor=1e6):
    """A million bytes."""


class PIXEL_VALUE(Unit, symbol="px"):
    """Brightness on a scanner's own scale."""


@final
@frozen
class Measure:
    """A unit's normal form: a factor and the powers of its base units, by symbol, without zeros."""

    factor: float = 1.0
    powers: Mapping[str, int] = field(factory=dict[str, int])

    def times(self, other: Measure, power: int = 1) -> Measure:
        """Multiply by `other` raised to `power`."""
        powers = dict(self.powers)
        for symbol, exponent in other.powers.items():
            powers[symbol] = powers.get(symbol, 0) + power * exponent
        kept = {symbol: powers[symbol] for symbol in sorted(powers) if powers[symbol]}
        return Measure(self.factor * other.factor**power, kept)

    def same_dimension(self, other: Measure) -> bool:
        """Tell whether a value in one can be converted to the other."""
        return dict(self.powers) == dict(other.powers)


def measure(unit: Any) -> Measure:
    """Give the normal form of a unit class or of a `Per[...]`/`Times[...]` expression.

    Raises:
        TypeError: `unit` is no unit.
    """
    origin = typing.get_origin(unit)
    if origin is Per or origin is Times:
        left, right = typing.get_args(unit)
        return measure(left).times(measure(right), -1 if origin is Per else 1)
    if not (isinstance(unit, type) and issubclass(unit, Unit)) or unit in (Unit, Per, Times):
        raise TypeError(f"expected a unit such as units.USD, got {unit!r}")
    if unit is RATIO:
        return Measure()
    if unit.base is not None:
        return Measure(unit.factor).times(measure(unit.base))
    return Measure(1.0, {unit.symbol: 1})


def unit_text(unit: Any) -> str:
    """Write a unit as a person would: 'USD/row'.

    Raises:
        TypeError: `unit` is no unit.
    """
    origin = typing.get_origin(unit)
    if origin is Per or origin is Times:
        left, right = (unit_text(part) for part in typing.get_args(unit))
        divisor = f"({right})" if "/" in right or "*" in right else right
        return f"{left}/{divisor}" if origin is Per else f"{left}*{right}"
    measure(unit)
    return str(unit.symbol)
