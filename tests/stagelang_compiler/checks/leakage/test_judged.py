"""Rows that something was fitted to are followed to the metrics that judge it; right pipelines stay without a finding."""

from __future__ import annotations

from pathlib import Path

import pytest

from stagelang_compiler import pages
from stagelang_compiler.compiler import check_file

RIGHT = pages.page("SL601").good


def _found(folder: Path, source: str) -> list[tuple[str, str]]:
    (folder / "pipeline.py").write_text(source)
    found = check_file(folder / "pipeline.py").diagnostics
    return [(each.rule.code, each.message) for each in found if each.rule.code != "SL120"]


def _with(line: str, *, train: str = "Table[Meals]") -> str:
    changed = RIGHT.replace("off = error(guess(fit(halves.train), halves.test))", line)
    return changed.replace("Table[Meals, Train]", train)


@pytest.mark.parametrize(
    ("line", "name"),
    [
        ("off = error(guess(fit(meals), halves.test))", "fit"),
        ("off = error(guess(fit(halves.test), halves.test))", "fit"),
        (
            "off = error(guess(fit(split(meals, by=Meals.household, test=0.1, name='other').train), halves.test))",
            "fit",
        ),
        (
            "again = split(halves.test, by=Meals.household, test=0.5, name='again')\noff = error(guess(fit(again.train), halves.test))",
            "fit",
        ),
        ("off = error(guess(fit(meals), meals))", "fit"),
    ],
    ids=["unsplit rows", "test rows", "rows of another split", "a part of the test rows", "without a split"],
)
def test_a_metric_is_not_measured_on_rows_that_were_learnt_from(tmp_path: Path, line: str, name: str) -> None:
    source = _with(line)
    assert _found(tmp_path, source) == [
        ("SL601", f"metric 'error' is measured on rows that {name!r} has learnt from")
    ]


@pytest.mark.parametrize(
    "line",
    [
        "off = error(guess(fit(halves.train), halves.test))",
        "off = error(guess(fit(split(meals, by=Meals.household, test=0.5, name='other').train), halves.test))",
        "other = source(Meals, 'data/others.csv')\noff = error(guess(fit(meals), other))",
        "again = split(halves.train, by=Meals.household, test=0.5, name='again')\noff = error(guess(fit(again.train), again.test))",
        (
            "thirds = split(meals, by=Meals.household, test=0.2, validation=0.2, name='thirds')\n"
            "off = error(guess(fit(thirds.validation), thirds.test))"
        ),
    ],
    ids=[
        "the train part",
        "other shares of the same values",
        "another source",
        "the train part of the train part",
        "validation rows",
    ],
)
def test_rows_that_one_split_kept_apart_are_judged_freely(tmp_path: Path, line: str) -> None:
    assert _found(tmp_path, _with(line)) == []


def test_rows_of_a_wrong_population_are_said_once_by_their_own_rule(tmp_path: Path) -> None:
    source = _with("off = error(guess(fit(meals), halves.test))", train="Table[Meals, Train]")
    assert [code for code, _ in _found(tmp_path, source)] == ["SL610"]


def test_a_metric_that_asks_for_training_rows_is_a_training_curve(tmp_path: Path) -> None:
    source = _with("off = error(guess(fit(halves.train), halves.train))", train="Table[Meals, Train]")
    assert _found(tmp_path, source.replace("guesses: Table[Guesses]", "guesses: Table[Guesses, Train]")) == [
        ("SL604", "pipeline 'food' measures what it has fitted on training rows only")
    ]
