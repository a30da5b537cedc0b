"""Rows used for what they are not meant for."""

from __future__ import annotations

import datetime as dt

from stagelang import Population, S, Table, Test, Train, source, split, split_by_time, stage
from tests.typing.ok_digit_reader import (
    CleanScans,
    Decisions,
    Scans,
    Vectors,
    accuracy,
    decide,
    denoise,
    embed,
    fit,
    halves,
    handling_cost,
    model,
    scans,
    tune,
)

thirds = split(scans, by=Scans.writer, test=0.2, validation=0.2)


@stage
def pool(left: Table[Scans, S], right: Table[Scans, S]) -> Table[Scans, S]:
    """Put two tables of one population together."""
    return left


def test_rows_into_fit() -> None:
    fit(embed(halves.test))  # wrong: test-rows-into-fit


def unsplit_rows_into_fit() -> None:
    fit(embed(scans))  # wrong: unsplit-rows-into-fit


def validation_rows_into_fit() -> None:
    fit(embed(thirds.validation))  # wrong: validation-rows-into-fit


def test_rows_through_a_chain_into_fit() -> None:
    fit(embed(denoise(halves.test), components=3), c=2.0)  # wrong: test-rows-through-a-chain-into-fit


def test_rows_into_tune() -> None:
    tune(embed(thirds.test))  # wrong: test-rows-into-tune


def metric_of_training_rows() -> None:
    handling_cost(decide(model, embed(halves.train)))  # wrong: metric-of-training-rows


def metric_of_unsplit_rows() -> None:
    accuracy(decide(model, embed(scans)))  # wrong: metric-of-unsplit-rows


def metric_of_validation_rows() -> None:
    accuracy(decide(model, embed(thirds.validation)))  # wrong: metric-of-validation-rows


def swapped_halves() -> None:
    test, train = split(scans, by=Scans.writer, test=0.2)
    print(test)
    fit(embed(train))  # wrong: swapped-halves


def later_rows_into_fit() -> None:
    later = split_by_time(scans, by=Scans.scanned_at, test_from=dt.date(2026, 1, 1)).test
    fit(embed(later))  # wrong: later-rows-into-fit


def training_and_test_rows_pooled_into_fit() -> None:
    fit(embed(pool(halves.train, halves.test)))  # wrong: training-and-test-rows-pooled-into-fit


def test_rows_under_another_contract_into_fit() -> None:
    fit(halves.test.as_contract(Vectors))  # wrong: test-rows-under-another-contract-into-fit


def test_rows_as_training_rows() -> None:
    rows: Table[CleanScans, Train] = halves.test  # wrong: test-rows-as-training-rows
    print(rows)


def rows_of_any_population_as_test_rows(rows: Table[Decisions, Population]) -> None:
    accuracy(rows)  # wrong: rows-of-any-population-as-test-rows


def test_rows_as_rows_of_a_part_of_them() -> None:
    class HardTest(Test):
        pass

    rows: Table[CleanScans, HardTest] = halves.test  # wrong: test-rows-as-rows-of-a-part-of-them
    print(rows)


def population_that_is_none() -> None:
    rows: Table[Scans, int] = scans  # wrong: population-that-is-none
    print(rows)


def split_by_a_column_of_another_contract() -> None:
    split(scans, by=Decisions.scan_id, test=0.2)  # wrong: split-by-a-column-of-another-contract


def split_by_a_column_of_a_refined_contract() -> None:
    split(scans, by=CleanScans.sharpness, test=0.2)  # wrong: split-by-a-column-of-a-refined-contract


def split_by_a_text() -> None:
    split(scans, by="writer", test=0.2)  # wrong: split-by-a-text


def split_share_as_a_text() -> None:
    split(scans, by=Scans.writer, test="20%")  # wrong: split-share-as-a-text


def split_without_a_column() -> None:
    split(scans, test=0.2)  # wrong: split-without-a-column


def split_by_time_with_a_number_column() -> None:
    split_by_time(scans, by=Scans.writer, test_from=dt.date(2026, 1, 1))  # wrong: split-by-time-with-a-number-column


def split_by_time_from_a_text() -> None:
    split_by_time(scans, by=Scans.scanned_at, test_from="2026-01-01")  # wrong: split-by-time-from-a-text


def split_by_time_with_another_contract() -> None:
    flights = source(Decisions, "decisions.csv")
    split_by_time(flights, by=Scans.scanned_at, test_from=dt.date(2026, 1, 1))  # wrong: split-by-time-with-another-contract


def validation_half_that_was_not_made() -> None:
    split(scans, by=Scans.writer, test=0.2).validation  # wrong: validation-half-that-was-not-made
