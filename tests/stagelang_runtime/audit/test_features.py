"""A single feature that gives the label away is told of; features that only help are not."""

from __future__ import annotations

from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from sklearn.metrics import roc_auc_score

from stagelang.origin import Origin
from stagelang_compiler.plan import Column, Contract
from stagelang_runtime.audit.features import single_features

HERE = Origin("pipeline.py", 1)
CHANCE = np.random.default_rng(11)
ROWS = 600
YES = CHANCE.uniform(size=ROWS) < 0.3
DIGITS = CHANCE.integers(0, 10, ROWS)


def _said(columns: dict[str, Any], roles: dict[str, str] | None = None) -> list[str]:
    table = pa.table(columns)
    roles = roles or {"label": "label"}
    described = tuple(
        Column(name=name, type="float", key=name == "key", role=roles.get(name, ""), origin=HERE)
        for name in table.column_names
    )
    contract = Contract(
        name="Rows", version="", owner="", description="", closed=False, min_rows=None, max_rows=None,
        columns=described, digest="", origin=HERE,
    )  # fmt: skip
    return [str(each) for each in single_features("fit", table, contract)]


def test_the_area_is_that_of_scikit_learn() -> None:
    feature = np.round(YES + CHANCE.normal(0, 1.5, ROWS), 1)
    area = roc_auc_score(YES, feature)
    assert _said({"label": YES, "a": feature}) == [
        f"pass: features: no single feature tells 'label', which 'fit' learns, too well: best 'a' ({area:.3f})"
    ]
    assert _said({"label": YES, "a": -feature})[0].endswith(f"({area:.3f})"), "whichever way round"


@pytest.mark.parametrize(
    "leak",
    [
        YES + CHANCE.normal(0, 0.1, ROWS),
        np.where(YES, "late", "on time"),
        [[float(CHANCE.normal()), float(yes)] for yes in YES],
        np.where(CHANCE.uniform(size=ROWS) < 0.9, YES.astype(float), np.nan),
    ],
    ids=["a number", "a category", "an item of a vector", "with gaps"],
)
def test_a_feature_that_gives_a_yes_or_no_away_is_told_of(leak: Any) -> None:
    (said,) = _said({"key": range(ROWS), "label": YES, "a": CHANCE.normal(0, 1, ROWS), "leak": leak})
    assert said.startswith(
        "fail: features: a single feature tells 'label', which 'fit' learns, almost perfectly: 'leak' ("
    )


def test_a_feature_that_tells_one_of_ten_classes_is_fine_and_one_that_tells_all_is_not() -> None:
    one = np.where(DIGITS == 0, 9.0, 0.0) + CHANCE.normal(0, 0.1, ROWS)
    assert _said({"label": DIGITS, "one": one})[0].startswith("pass")
    assert _said({"label": DIGITS, "all": DIGITS + CHANCE.normal(0, 0.01, ROWS)})[0].startswith("fail")


def test_a_label_that_is_a_number_is_above_its_median_or_not() -> None:
    label = CHANCE.normal(0, 1, ROWS)
    assert _said({"label": label, "same": label * 3 + 1})[0].startswith("fail")
    assert _said({"label": label, "near": label + CHANCE.normal(0, 2, ROWS)})[0].startswith("pass")


def test_what_is_no_feature_is_not_asked() -> None:
    leak = YES.astype(float)
    rows = {"key": range(ROWS), "label": YES, "leak": leak, "a": CHANCE.normal(0, 1, ROWS)}
    assert _said(rows, {"label": "label", "a": "feature"})[0].startswith("pass")
    assert _said(rows, {"label": "label", "leak": "weight"})[0].startswith("pass")
    assert _said(rows, {"label": "label", "leak": "feature"})[0].startswith("fail")


def test_ids_of_which_each_is_its_own_category_say_nothing() -> None:
    assert _said({"label": YES, "name": [f"name {row}" for row in range(ROWS)]})[0].startswith("pass")


def test_without_a_label_that_varies_or_a_feature_nothing_is_measured() -> None:
    assert _said({"label": [True] * ROWS, "a": CHANCE.normal(0, 1, ROWS)}) == [
        "not measured: features: what 'fit' learns from has no label with two values that many rows have"
    ]
    assert _said({"label": YES, "key": range(ROWS)}) == [
        "not measured: features: what 'fit' learns from has no feature"
    ]
    assert _said({"a": [1.0]}) == []
