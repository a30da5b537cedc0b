"""Bodies that don't give what their signature says."""

from __future__ import annotations

from typing import NamedTuple

import pandas as pd

from stagelang import Files, Model, PerRow, S, Table, Test, Train, Value, command, mean, metric, stage
from stagelang import units as u
from tests.typing.ok_digit_reader import Decisions, Scans, Thresholds, Vectors, Weights, embed


class Fitted(NamedTuple):
    """Two outputs."""

    model: Model[Weights]
    score: Value[float]


@stage
def gives_another_contract(scans: Table[Scans, S]) -> Table[Vectors, S]:
    return scans.derive(Decisions, scans.pandas)  # wrong: gives-another-contract


@stage
def gives_its_input(scans: Table[Scans, S]) -> Table[Vectors, S]:
    return scans  # wrong: gives-its-input


@stage
def gives_another_population(scans: Table[Scans, S]) -> Table[Vectors, Test]:
    return scans.derive(Vectors, scans.pandas)  # wrong: gives-another-population


@stage
def loses_the_population(scans: Table[Scans, S]) -> Table[Vectors, S]:
    return Table.of(Vectors, scans.pandas)  # wrong: loses-the-population


@stage
def invents_a_population(scans: Table[Scans, S]) -> Table[Vectors, S]:
    return Table.of(Vectors, scans.pandas, Train)  # wrong: invents-a-population


@stage
def gives_a_frame(scans: Table[Scans, S]) -> Table[Scans, S]:
    return scans.pandas  # wrong: gives-a-frame


@stage
def derives_from_no_frame(scans: Table[Scans, S]) -> Table[Scans, S]:
    return scans.derive(Scans, {"ink": [0.5]})  # wrong: derives-from-no-frame


@stage
def derives_from_a_handle(scans: Table[Scans, S]) -> Table[Scans, S]:
    return scans.derive(Scans, scans)  # wrong: derives-from-a-handle


@stage
def gives_another_model(train: Table[Vectors, Train]) -> Model[Weights]:
    return Model.of(Thresholds(0.1, 0.9))  # wrong: gives-another-model


@stage
def gives_a_bare_model(train: Table[Vectors, Train]) -> Model[Weights]:
    return Weights((1.0,))  # wrong: gives-a-bare-model


@stage
def gives_another_value(train: Table[Vectors, Train]) -> Value[int]:
    return Value.of("24")  # wrong: gives-another-value


@stage
def gives_a_bare_number(train: Table[Vectors, Train]) -> Value[int]:
    return 24  # wrong: gives-a-bare-number


@stage
def gives_a_path_for_files(archive: Files) -> Files:
    return archive.folder  # wrong: gives-a-path-for-files


@stage
def gives_outputs_in_the_wrong_order(train: Table[Vectors, Train]) -> Fitted:
    return Fitted(Value.of(0.5), Model.of(Weights((1.0,))))  # wrong: gives-outputs-in-the-wrong-order


@stage
def gives_too_few_outputs(train: Table[Vectors, Train]) -> Fitted:
    return Fitted(Model.of(Weights((1.0,))))  # wrong: gives-too-few-outputs


@stage
def gives_nothing(scans: Table[Scans, S]) -> Table[Scans, S]:  # wrong: gives-nothing
    print(scans.pandas)


@stage
def misspells_a_column(scans: Table[Scans, S]) -> Table[Scans, S]:
    return scans.derive(Scans, scans.pandas[[Scans.inkk]])  # wrong: misspells-a-column


@stage
def takes_the_handle_for_a_frame(scans: Table[Scans, S]) -> Table[Scans, S]:
    return scans.derive(Scans, scans.dropna())  # wrong: takes-the-handle-for-a-frame


@stage
def takes_the_handle_for_a_model(model: Model[Weights], rows: Table[Vectors, S]) -> Table[Decisions, S]:
    print(model.value.predict(rows.pandas))  # wrong: takes-the-handle-for-a-model
    return rows.derive(Decisions, pd.DataFrame())


@stage
def calls_a_stage_with_a_frame(scans: Table[Scans, S]) -> Table[Vectors, S]:
    return embed(scans.pandas)  # wrong: calls-a-stage-with-a-frame


@stage
def uses_an_optional_table(rows: Table[Scans, S], extra: Table[Scans] | None = None) -> Table[Scans, S]:
    return rows.derive(Scans, extra.pandas)  # wrong: uses-an-optional-table


@metric(unit=u.USD, better="lower", range=(0, None), aggregate=mean(), undefined="error", version="1")
def gives_a_series(decisions: Table[Decisions, Test]) -> PerRow[u.USD]:
    return decisions.pandas[Decisions.cost]  # wrong: gives-a-series


@command("Rscript", "fit.R", "{rows}", "{out}", ["--fast"])  # wrong: command-with-a-list
def fit_in_r(rows: Table[Vectors, Train]) -> Model[Weights]:
    raise NotImplementedError


def test_calls_with_another_contract(frame: pd.DataFrame) -> None:
    embed(Table.of(Vectors, frame))  # wrong: test-calls-with-another-contract


def test_gives_a_frame(frame: pd.DataFrame) -> None:
    embed(frame)  # wrong: test-gives-a-frame


def default_of_another_type() -> None:
    @stage
    def wrong(scans: Table[Scans, S], *, components: int = "24") -> Table[Scans, S]:  # wrong: default-of-another-type
        return scans

    print(wrong)


def stage_that_gives_a_number() -> None:
    @stage  # wrong: stage-that-gives-a-number
    def wrong(rows: Table[Scans]) -> float:
        return float(len(rows.pandas))


def stage_with_options_that_gives_a_frame() -> None:
    @stage(owner="vision")  # wrong: stage-with-options-that-gives-a-frame
    def wrong(rows: Table[Scans]) -> pd.DataFrame:
        return rows.pandas


def stage_that_gives_nothing() -> None:
    @stage  # wrong: stage-that-gives-nothing
    def wrong(rows: Table[Scans]) -> None:
        print(rows.pandas)


def outputs_that_are_no_handles() -> None:
    class Numbers(NamedTuple):
        low: float
        high: Value[float]

    @stage  # wrong: outputs-that-are-no-handles
    def wrong(rows: Table[Scans]) -> Numbers:
        return Numbers(0.0, Value.of(1.0))


def stage_that_may_give_nothing() -> None:
    @stage  # wrong: stage-that-may-give-nothing
    def wrong(rows: Table[Scans]) -> Table[Scans] | None:
        return rows


def command_that_gives_a_text() -> None:
    @command("date")  # wrong: command-that-gives-a-text
    def wrong() -> str:
        raise NotImplementedError
