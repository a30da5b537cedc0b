"""Right folds: what each holds out has the population that it is for."""

from __future__ import annotations

from typing import assert_type

from stagelang import Fold, Table, Test, Train, Validation, folds
from tests.typing.ok_digit_reader import (
    CleanScans,
    Scans,
    decide,
    denoise,
    embed,
    fit,
    halves,
    handling_cost,
    scans,
)


def folds_hold_out_test_rows() -> None:  # right: folds
    parts = folds(scans, by=Scans.writer, n=5)
    assert_type(parts, tuple[Fold[Scans, Test], ...])
    assert_type(parts[0].train, Table[Scans, Train])
    for part in parts:
        model = fit(embed(denoise(part.train)))
        print(handling_cost(decide(model, embed(denoise(part.held_out)))))


def inner_folds_hold_out_validation_rows() -> None:  # right: inner-folds
    for part in folds(halves.train, by=CleanScans.writer, held_out=Validation, name="inner"):
        assert_type(part.held_out, Table[CleanScans, Validation])
        print(fit(embed(part.train)))
