"""Folds used for what they are not meant for."""

from __future__ import annotations

from stagelang import Train, Validation, folds
from tests.typing.ok_digit_reader import CleanScans, Decisions, accuracy, decide, embed, fit, halves, model

parts = folds(halves.train, by=CleanScans.writer)
inner = folds(halves.train, by=CleanScans.writer, held_out=Validation)


def held_out_rows_into_fit() -> None:
    fit(embed(parts[0].held_out))  # wrong: held-out-rows-into-fit


def metric_of_rows_to_choose_by() -> None:
    accuracy(decide(model, embed(inner[0].held_out)))  # wrong: metric-of-rows-to-choose-by


def metric_of_a_folds_training_rows() -> None:
    accuracy(decide(model, embed(parts[0].train)))  # wrong: metric-of-a-folds-training-rows


def folds_by_a_column_of_another_contract() -> None:
    folds(halves.train, by=Decisions.scan_id)  # wrong: folds-by-a-column-of-another-contract


def folds_that_hold_out_training_rows() -> None:
    folds(halves.train, by=CleanScans.writer, held_out=Train)  # wrong: folds-that-hold-out-training-rows


def test_part_of_a_fold() -> None:
    print(parts[0].test)  # wrong: test-part-of-a-fold
