"""A right spec whose annotations are evaluated as they are met."""

from typing import NamedTuple, assert_type

from stagelang import (
    Column,
    Contract,
    Metric,
    Model,
    PerRow,
    Pipeline,
    S,
    Table,
    Test,
    Train,
    Value,
    column,
    mean,
    metric,
    source,
    split,
    stage,
)
from stagelang import units as u


class Flights(Contract):
    """One flight a row."""

    flight: Column[str] = column(key=True)
    delay: Column[float] = column(unit=u.MINUTE)
    carrier: Column[str]


class Trained(NamedTuple):
    """Two outputs."""

    model: Model[dict[str, float]]
    spread: Value[float]


@stage
def clean(flights: Table[Flights, S], extra: Table[Flights] | None = None) -> Table[Flights, S]:
    """Drop what can't be."""
    return flights.derive(Flights, flights.pandas.dropna())


@stage(owner="ops")
def train_model(train: Table[Flights, Train]) -> Trained:
    """Learn."""
    return Trained(Model.of({"AA": 3.0}), Value.of(1.5))


@metric(unit=u.MINUTE, better="lower", range=(None, None), aggregate=mean(), undefined="error", version="1")
def delay(flights: Table[Flights, Test]) -> PerRow[u.MINUTE]:
    """The mean delay."""
    return PerRow(flights.pandas[Flights.delay])


flights = source(Flights, "flights.csv")  # right: source-without-future-import
halves = split(clean(flights), by=Flights.flight, test=0.5)  # right: split-without-future-import
trained = train_model(clean(halves.train))  # right: outputs-without-future-import
pipeline = Pipeline(
    "flights", seed=7, metrics=[delay(halves.test)], outputs=trained
)  # right: pipeline-without-future-import


def types_are_the_same() -> None:  # right: types-without-future-import
    assert_type(trained.model, Model[dict[str, float]])
    assert_type(delay(clean(halves.test)), Metric[u.MINUTE])


def a_local_contract_and_local_outputs() -> None:  # right: local-declarations-without-future-import
    class Delays(Contract):
        minutes: Column[float]

    class Pair(NamedTuple):
        delays: Table[Delays]
        mean: Value[float]

    @stage
    def pair(flights: Table[Flights]) -> Pair:
        return Pair(flights.derive(Delays, flights.arrow), Value.of(0.0))

    assert_type(pair(flights).delays, Table[Delays])
