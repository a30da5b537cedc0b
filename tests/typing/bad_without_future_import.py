"""The mistakes that matter most, where annotations are evaluated as they are met."""

from stagelang import Column, Contract, Model, S, Swap, Table, Train, column, missing, Perturb, split, stage
from stagelang import units as u
from tests.typing.ok_without_future_import import Flights, clean, delay, flights, halves, train_model, trained


class Delays(Contract):
    """Another contract."""

    minutes: Column[float] = column(unit=u.MINUTE)


@stage
def gives_another_contract(flights: Table[Flights, S]) -> Table[Delays, S]:
    return flights.derive(Flights, flights.pandas)  # wrong: gives-another-contract-without-future-import


@stage
def needs_training_rows(rows: Table[Flights, Train]) -> Model[float]:
    """Learn."""
    return Model.of(1.0)


def test_rows_into_fit() -> None:
    train_model(clean(halves.test))  # wrong: test-rows-into-fit-without-future-import


def unsplit_rows_into_fit() -> None:
    needs_training_rows(flights)  # wrong: unsplit-rows-into-fit-without-future-import


def metric_of_training_rows() -> None:
    delay(halves.train)  # wrong: metric-of-training-rows-without-future-import


def unknown_argument() -> None:
    clean(flights, ekstra=None)  # wrong: unknown-argument-without-future-import


def misspelt_output() -> None:
    print(trained.sprad)  # wrong: misspelt-output-without-future-import


def column_of_another_contract() -> None:
    Perturb(flights, missing(Delays.minutes, rates=[0.1]))  # wrong: column-of-another-contract-without-future-import


def swap_with_another_signature() -> None:
    Swap(clean, train_model)  # wrong: swap-with-another-signature-without-future-import


def local_contract() -> None:
    class Local(Contract):
        a: Column[int] = column(ge="x")  # wrong: limit-of-a-local-contract-without-future-import

    split(flights, by=Local.a, test=0.5)  # wrong: split-by-a-local-contract-without-future-import
