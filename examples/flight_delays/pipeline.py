"""Two teams, one contract: operations joins flights with their weather, punctuality warns passengers who may miss a connection."""

import datetime as dt

import numpy as np
import pandas as pd
from sklearn.linear_model import LogisticRegression

from stagelang import (
    Column,
    Contract,
    Model,
    PerRow,
    Pipeline,
    S,
    Table,
    Test,
    Train,
    calibration_error,
    column,
    f1,
    mean,
    metric,
    scope,
    source,
    split_by_time,
    stage,
)
from stagelang import units as u


class Departures(Contract, version="1.0", owner="operations"):
    """Every scheduled departure, one a row; a cancelled flight has no delays."""

    flight_id: Column[int] = column(key=True)
    carrier: Column[str] = column(pattern="[A-Z0-9]{2}")
    destination: Column[str] = column(pattern="[A-Z]{3}")
    distance: Column[float] = column(gt=0, unit=u.MILE)
    service_day: Column[dt.date] = column(group=True)
    """Flights of one day share weather and congestion, so they are no independent observations."""
    scheduled_departure: Column[dt.datetime] = column(time=True)
    departure_delay: Column[float] = column(nullable=True, unit=u.MINUTE)
    arrival_delay: Column[float] = column(nullable=True, unit=u.MINUTE)


class Readings(Contract, version="1.0", owner="operations"):
    """Hourly weather as the station published it, with its gaps and wrong readings."""

    hour: Column[dt.datetime] = column(key=True, time=True)
    temperature: Column[float] = column(unit=u.FAHRENHEIT)
    wind_speed: Column[float] = column(ge=0, nullable=True)
    precipitation: Column[float] = column(ge=0)
    visibility: Column[float] = column(ge=0, le=10, unit=u.MILE)


class Weather(Readings, version="1.0", owner="operations"):
    """Weather that may be relied on: no gaps, no wind that would have carried the airport away."""

    wind_speed: Column[float] = column(ge=0, le=150)


class FlownFlights(Contract, version="2.0", owner="operations"):
    """What operations promises to other teams: flights that left, and the weather they met."""

    flight_id: Column[int] = column(key=True)
    carrier: Column[str] = column(pattern="[A-Z0-9]{2}")
    distance: Column[float] = column(gt=0, unit=u.MILE)
    service_day: Column[dt.date] = column(group=True)
    scheduled_departure: Column[dt.datetime] = column(time=True)
    departure_delay: Column[float] = column(unit=u.MINUTE)
    arrival_delay: Column[float] = column(role="label", unit=u.MINUTE)
    wind_speed: Column[float] = column(ge=0, le=150)
    precipitation: Column[float] = column(ge=0)
    visibility: Column[float] = column(ge=0, le=10, unit=u.MILE)


class Questions(Contract, version="1.0", owner="punctuality"):
    """What punctuality needs of a flight, at the moment it pushes back."""

    flight_id: Column[int] = column(key=True)
    distance: Column[float] = column(gt=0, unit=u.MILE)
    service_day: Column[dt.date] = column(group=True)
    scheduled_departure: Column[dt.datetime] = column(time=True)
    departure_delay: Column[float] = column(unit=u.MINUTE)
    arrival_delay: Column[float] = column(role="label", unit=u.MINUTE)
    wind_speed: Column[float] = column(ge=0)
    visibility: Column[float] = column(ge=0, unit=u.MILE)


class Warnings(Contract, version="1.0", owner="punctuality"):
    """Whether passengers were warned, whether the flight was late, and what that cost."""

    flight_id: Column[int] = column(key=True)
    service_day: Column[dt.date] = column(group=True)
    chance: Column[float] = column(ge=0, le=1, unit=u.RATIO)
    warned: Column[bool] = column(role="prediction")
    late: Column[bool] = column(role="label")
    cost: Column[float] = column(ge=0, unit=u.USD)


LATE_MINUTES = 15
FEATURES = {"departure_delay": 60.0, "distance": 1000.0, "wind_speed": 10.0, "visibility": 10.0}
"""What the model sees, and what each is divided by."""


def features(frame: pd.DataFrame) -> np.ndarray:
    """Give an array of shape (flights, features) on common scales."""
    return np.column_stack([frame[name].to_numpy() / scale for name, scale in FEATURES.items()])


def is_late(frame: pd.DataFrame) -> pd.Series:
    """Tell which flights arrived a quarter of an hour late or more."""
    return frame["arrival_delay"] >= LATE_MINUTES


@stage(owner="operations")
def clean_weather(readings: Table[Readings]) -> Table[Weather]:
    """Replace impossible and missing wind by the last good reading."""
    frame = readings.pandas.sort_values("hour")
    wind = frame["wind_speed"].where(frame["wind_speed"] <= 150)
    return readings.derive(Weather, frame.assign(wind_speed=wind.ffill().bfill()))


@stage(owner="operations")
def join_weather(departures: Table[Departures, S], weather: Table[Weather]) -> Table[FlownFlights, S]:
    """Give each flight that left the last reading before its scheduled departure."""
    flown = departures.pandas.dropna(subset=["departure_delay", "arrival_delay"]).sort_values(
        "scheduled_departure"
    )
    known = weather.pandas.sort_values("hour")[["hour", "wind_speed", "precipitation", "visibility"]]
    joined = pd.merge_asof(flown, known, left_on="scheduled_departure", right_on="hour")
    return departures.derive(FlownFlights, joined.drop(columns=["hour"]).sort_values("flight_id"))


@stage(owner="punctuality")
def fit(train: Table[Questions, Train], *, c: float = 1.0) -> Model[LogisticRegression]:
    """Learn how likely a flight is to arrive late."""
    frame = train.pandas
    return Model.of(LogisticRegression(C=c, max_iter=500).fit(features(frame), is_late(frame)))


@stage(owner="punctuality")
def warn(
    model: Model[LogisticRegression],
    flights: Table[Questions, S],
    *,
    needless: float = 4.0,
    missed: float = 20.0,
) -> Table[Warnings, S]:
    """Warn where a missed connection would cost more than a needless warning, in dollars."""
    frame = flights.pandas
    chance = model.value.predict_proba(features(frame))[:, 1]
    warned, late = chance * missed > (1 - chance) * needless, is_late(frame)
    cost = np.where(warned & ~late, needless, 0.0) + np.where(~warned & late, missed, 0.0)
    told = frame[["flight_id", "service_day"]].assign(chance=chance, warned=warned, late=late, cost=cost)
    return flights.derive(Warnings, told)


@metric(
    unit=u.RATIO,
    better="higher",
    range=(0, 1),
    aggregate=f1(),
    undefined="error",
    version="1",
    owner="punctuality",
)
def warning_f1(warnings: Table[Warnings, Test]) -> PerRow[u.RATIO]:
    """How well warnings meet late flights."""
    frame = warnings.pandas
    return PerRow(frame[Warnings.late], frame[Warnings.warned])


@metric(
    unit=u.RATIO,
    better="lower",
    range=(0, 1),
    aggregate=calibration_error(),
    undefined="error",
    version="1",
    owner="punctuality",
)
def miscalibration(warnings: Table[Warnings, Test]) -> PerRow[u.RATIO]:
    """How far the chance said is from the share of late flights."""
    frame = warnings.pandas
    return PerRow(frame[Warnings.chance], frame[Warnings.late])


@metric(
    unit=u.USD,
    better="lower",
    range=(0, None),
    aggregate=mean(),
    undefined="error",
    version="1",
    owner="punctuality",
)
def cost_per_flight(warnings: Table[Warnings, Test]) -> PerRow[u.USD]:
    """Needless warnings and missed connections, in dollars a flight."""
    return PerRow(warnings.pandas[Warnings.cost])


with scope("operations"):
    departures = source(Departures, "data/departures.parquet", owner="operations")
    weather = clean_weather(source(Readings, "data/weather.csv", owner="operations"))
    flown = join_weather(departures, weather)

with scope("punctuality"):
    by_month = split_by_time(
        flown.as_contract(Questions),
        by=Questions.scheduled_departure,
        test_from=dt.date(2013, 4, 1),
        embargo=dt.timedelta(days=1),  # New York's last day of March goes on for hours of April, UTC
    )
    warnings = warn(fit(by_month.train), by_month.test)
    quality, cost = warning_f1(warnings), cost_per_flight(warnings)
    off = miscalibration(warnings)

pipeline = Pipeline(
    "flight-delays",
    seed=2013,
    owner="punctuality",
    metrics=[quality, off, cost],
    gates=[quality.at_least(0.6), cost.at_most(2.5)],
    schedule="30 5 1 * *",
)
