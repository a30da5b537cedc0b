"""What does a household spend on food, given its income? A first pipeline, to be changed into your own."""

from dataclasses import dataclass

import numpy as np

from stagelang import (
    Column,
    Contract,
    PerRow,
    Pipeline,
    S,
    Table,
    Test,
    Train,
    Unit,
    Value,
    column,
    mean,
    metric,
    source,
    split,
    stage,
)


class FRANC(Unit, symbol="franc"):
    """A Belgian franc of 1857."""


class Households(Contract, version="1.0"):
    """One household a row: its income of a year, and what of it went to food.

    The 235 Belgian households of Ernst Engel's study of 1857, as in Koenker and Bassett (1982); public domain.
    """

    household: Column[int] = column(key=True)
    income: Column[float] = column(gt=0, unit=FRANC)
    food: Column[float] = column(gt=0, unit=FRANC, role="label")


class Forecasts(Contract, version="1.0"):
    """What each household spent, and what was expected."""

    household: Column[int] = column(key=True)
    food: Column[float] = column(gt=0, unit=FRANC, role="label")
    expected: Column[float] = column(gt=0, unit=FRANC, role="prediction")


@dataclass(frozen=True)
class Curve:
    """A power law: food is `scale * income ** exponent`."""

    scale: float
    exponent: float


@stage
def fit(train: Table[Households, Train]) -> Value[Curve]:
    """Fit the curve to the training households, as a straight line between logarithms."""
    frame = train.pandas
    exponent, offset = np.polyfit(np.log(frame[Households.income]), np.log(frame[Households.food]), deg=1)
    return Value.of(Curve(scale=float(np.exp(offset)), exponent=float(exponent)))


@stage
def forecast(curve: Value[Curve], households: Table[Households, S]) -> Table[Forecasts, S]:
    """Say what each household is expected to spend."""
    frame = households.pandas
    expected = curve.value.scale * frame[Households.income] ** curve.value.exponent
    return households.derive(Forecasts, frame.assign(expected=expected).drop(columns=Households.income))


@metric(unit=FRANC, better="lower", range=(0, None), aggregate=mean(), undefined="error", version="1")
def error(forecasts: Table[Forecasts, Test]) -> PerRow[FRANC]:
    """How far the forecast is from what was spent."""
    frame = forecasts.pandas
    return PerRow((frame[Forecasts.expected] - frame[Forecasts.food]).abs())


households = source(Households, "data/households.csv")
halves = split(households, by=Households.household, test=0.3)
forecasts = forecast(fit(halves.train), halves.test)
mean_error = error(forecasts)

pipeline = Pipeline(
    "food",
    seed=1857,
    metrics=[mean_error],
    gates=[mean_error.at_most(100)],
)
