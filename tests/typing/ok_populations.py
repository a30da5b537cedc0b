"""Right populations: split rows, rows of any population, and a population of one's own."""

from __future__ import annotations

import datetime as dt
from typing import Generic, NamedTuple, assert_type

from stagelang import (
    Halves,
    Population,
    S,
    Table,
    Test,
    Thirds,
    Train,
    Validation,
    Value,
    split,
    split_by_time,
    stage,
)
from tests.typing.ok_digit_reader import (
    CleanScans,
    Decisions,
    Scans,
    Vectors,
    decide,
    denoise,
    embed,
    fit,
    halves,
    model,
    scans,
)


class Holiday(Population):
    """Rows of December."""


class HardTest(Test):
    """Test rows that people disagree about."""


class Folds(NamedTuple, Generic[S]):
    """Two tables of one population."""

    left: Table[Scans, S]
    right: Table[Scans, S]


@stage
def holiday_rows(rows: Table[Scans]) -> Table[Scans, Holiday]:
    """Keep December."""
    return Table.of(Scans, rows.pandas, Holiday)


@stage
def hard_rows(rows: Table[Scans, Test]) -> Table[Scans, HardTest]:
    """Keep what people disagree about."""
    return Table.of(Scans, rows.pandas, HardTest)


@stage
def own_split(rows: Table[Scans]) -> Halves[Scans]:
    """Divide rows in one's own way."""
    frame = rows.pandas
    return Halves(Table.of(Scans, frame, Train), Table.of(Scans, frame, Test))


@stage
def folds(rows: Table[Scans, S]) -> Folds[S]:
    """Divide rows into two parts of the same population."""
    return Folds(rows, rows)


@stage
def count(rows: Table[Scans]) -> Value[int]:
    """Count rows of any population."""
    return Value.of(len(rows.pandas))


@stage
def pool(*tables: Table[Scans, S]) -> Table[Scans, S]:
    """Put tables of one population together."""
    return tables[0]


def halves_have_populations() -> None:  # right: halves
    assert_type(split(scans, by=Scans.writer, test=0.25), Halves[Scans])
    assert_type(halves.train, Table[CleanScans, Train])
    assert_type(halves.test, Table[CleanScans, Test])


def halves_unpack_in_order() -> None:  # right: unpacked-halves
    train, test = split(scans, by=Scans.writer, test=0.25)
    assert_type(train, Table[Scans, Train])
    assert_type(test, Table[Scans, Test])


def thirds_have_populations() -> None:  # right: thirds
    thirds = split(scans, by=Scans.writer, test=0.2, validation=0.2, name="by_writer")
    assert_type(thirds, Thirds[Scans])
    assert_type(thirds.validation, Table[Scans, Validation])


def time_divides_rows() -> None:  # right: split-by-time
    halves = split_by_time(scans, by=Scans.scanned_at, test_from=dt.date(2026, 1, 1))
    assert_type(halves, Halves[Scans])
    thirds = split_by_time(
        scans,
        by=Scans.scanned_at,
        validation_from=dt.datetime(2026, 1, 1, tzinfo=dt.UTC),
        test_from=dt.datetime(2026, 6, 1, tzinfo=dt.UTC),
    )
    assert_type(thirds, Thirds[Scans])


def a_stage_keeps_its_rows_population() -> None:  # right: generic-population
    assert_type(embed(halves.train), Table[Vectors, Train])
    assert_type(embed(halves.test), Table[Vectors, Test])
    assert_type(embed(scans), Table[Vectors])
    assert_type(denoise(halves.test), Table[CleanScans, Test])


def a_chain_keeps_its_rows_population() -> None:  # right: generic-population-through-a-chain
    assert_type(decide(model, embed(denoise(halves.test))), Table[Decisions, Test])


def training_rows_are_rows() -> None:  # right: training-rows-where-any-are-asked
    rows: Table[Scans] = halves.train
    print(rows, count(halves.train), count(halves.test), count(scans))


def a_population_of_ones_own() -> None:  # right: own-population
    assert_type(embed(holiday_rows(scans)), Table[Vectors, Holiday])


def a_part_of_the_test_rows_is_test_rows() -> None:  # right: refined-population
    rows: Table[Vectors, Test] = embed(hard_rows(halves.test))
    print(rows)


def a_stage_that_splits() -> None:  # right: own-split
    assert_type(own_split(scans), Halves[Scans])
    print(fit(embed(own_split(scans).train)))


def a_stage_with_outputs_of_any_population() -> None:  # right: generic-outputs
    assert_type(folds(halves.train), Folds[Train])
    assert_type(folds(halves.train).left, Table[Scans, Train])


def tables_of_one_population_are_pooled() -> None:  # right: pooled-population
    print(fit(embed(pool(halves.train, denoise(halves.train)))))
