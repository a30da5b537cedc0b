"""Groups that nobody has declared are told of where rows of one are alike and lie on both sides; categories and keys are not."""

from __future__ import annotations

from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from stagelang_runtime.audit.dependence import alike_at_least, dependence
from stagelang_runtime.audit.judged import Judged
from tests.stagelang_runtime.audit.tables import contract_for

JUDGED = Judged(node="split", part="test")
WRITERS = 60


def _rows(alike: float, seed: int = 1) -> dict[str, Any]:
    """Give eight rows of each writer; labels are that alike."""
    chance = np.random.default_rng(seed)
    writer = np.tile(np.arange(WRITERS), 8)
    own = np.random.default_rng(0).normal(0, 1, WRITERS)[writer]
    label = np.sqrt(alike) * own + np.sqrt(1 - alike) * chance.normal(0, 1, len(writer))
    return {"key": np.arange(len(writer)) + 1000 * seed, "writer": writer, "label": label}


def _said(
    learnt: dict[str, Any], judged: dict[str, Any], roles: dict[str, str] | None = None, group: str = ""
) -> list[str]:
    one, other = pa.table(learnt), pa.table(judged)
    contract = contract_for(one, {"label": "label", **(roles or {})}, group)
    return [str(each) for each in dependence(JUDGED, one, other, contract)]


def test_rows_of_one_writer_with_almost_one_label_are_told_of() -> None:
    (said,) = _said(_rows(0.9), _rows(0.9, seed=2))
    assert said.startswith(
        "fail: dependence: rows of one 'writer' have almost one 'label' (an intraclass correlation above 0."
    )
    assert said.endswith(
        "and 60 values of it are among the test rows of 'split' too: declare group=True and split by it, or role='feature'"
    )


@pytest.mark.parametrize(
    ("alike", "roles", "group"), [(0.1, {}, ""), (0.9, {"writer": "feature"}, ""), (0.9, {}, "writer")]
)
def test_rows_that_differ_and_columns_of_which_something_is_declared_are_not(
    alike: float, roles: dict[str, str], group: str
) -> None:
    said = _said(_rows(alike), _rows(alike, seed=2), roles, group)
    assert not [each for each in said if not each.startswith("pass")]
    assert bool(said) == (alike < 0.5)


def test_writers_that_are_apart_already_are_not() -> None:
    apart = _rows(0.9, seed=2)
    apart["writer"] = apart["writer"] + WRITERS
    (said,) = _said(_rows(0.9), apart)
    assert said.startswith(
        "pass: dependence: rows that share a value differ in 'label': those of one 'writer' are most alike (0."
    )


def test_a_category_of_few_values_and_a_number_of_each_row_are_no_groups() -> None:
    rows = _rows(0.9)
    rows["writer"] = rows["writer"] % 5
    rows["number"] = np.arange(len(rows["writer"]))
    assert _said(rows, rows) == []


def test_the_bound_is_below_the_correlation_that_rows_were_made_with_in_most_samples() -> None:
    chance, writer = np.random.default_rng(6), np.tile(np.arange(WRITERS), 8)
    bounds: list[float] = []
    for _ in range(200):
        own = chance.normal(0, 1, WRITERS)[writer]
        label = np.sqrt(0.6) * own + np.sqrt(0.4) * chance.normal(0, 1, len(writer))
        bound = alike_at_least(pa.chunked_array([writer]), label)
        assert bound is not None
        bounds.append(bound)
    assert np.mean([bound < 0.6 for bound in bounds]) > 0.95
    assert np.mean(bounds) > 0.45
