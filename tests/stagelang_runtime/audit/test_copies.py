"""Copies and near copies of rows to learn from are counted among those that judge; coincidences are told apart from them."""

from __future__ import annotations

from typing import Any

import numpy as np
import pyarrow as pa

from stagelang.origin import Origin
from stagelang_compiler.plan import Column, Contract
from stagelang_runtime.audit.copies import copies
from stagelang_runtime.audit.judged import Judged

JUDGED = Judged(node="split", part="test")
HERE = Origin("pipeline.py", 1)
CHANCE = np.random.default_rng(5)


def _contract(table: pa.Table) -> Contract:
    columns = tuple(
        Column(name=name, type="float", key=name == "key", origin=HERE) for name in table.column_names
    )
    return Contract(
        name="Rows", version="", owner="", description="", closed=False, min_rows=None, max_rows=None,
        columns=columns, digest="", origin=HERE,
    )  # fmt: skip


def _said(learnt: dict[str, Any], judged: dict[str, Any]) -> list[str]:
    one, other = pa.table(learnt), pa.table(judged)
    return [str(each) for each in copies(JUDGED, one, other, _contract(one))]


def _rows(count: int, start: int) -> dict[str, Any]:
    return {
        "key": np.arange(start, start + count),
        "income": CHANCE.uniform(0, 100, count),
        "pixels": [*CHANCE.uniform(0, 1, (count, 6))],
        "street": [f"street {number % 7}" for number in range(count)],
    }


def test_rows_that_are_equal_but_for_their_key_are_copies() -> None:
    learnt = _rows(300, 0)
    judged = _rows(100, 1000)
    for name in ("income", "pixels", "street"):
        judged[name] = [*learnt[name][:5], *judged[name][5:]]
    assert _said(learnt, judged) == [
        "fail: copies: 5 of 100 of the test rows of 'split' (5 %) equal a row to learn from in all but keys",
        "fail: near copies: 5 of 100 of the test rows of 'split' (5 %) almost equal a row to learn from",
    ]


def test_rows_that_differ_little_are_near_copies_and_no_copies() -> None:
    learnt, judged = _rows(300, 0), _rows(100, 1000)
    for name in ("pixels", "street"):
        judged[name] = [*learnt[name][:20], *judged[name][20:]]
    judged["income"] = [*(learnt["income"][:20] + 0.05), *judged["income"][20:]]
    assert _said(learnt, judged) == [
        "pass: copies: 0 of 100 of the test rows of 'split' (0 %) equal a row to learn from in all but keys",
        "fail: near copies: 20 of 100 of the test rows of 'split' (20 %) almost equal a row to learn from",
    ]


def test_rows_of_another_street_are_no_near_copies() -> None:
    learnt, judged = _rows(300, 0), _rows(100, 1000)
    judged["income"], judged["pixels"] = learnt["income"][:100], learnt["pixels"][:100]
    judged["street"] = [f"other {number}" for number in range(100)]
    assert all(each.startswith("pass") for each in _said(learnt, judged))


def test_texts_that_share_most_of_their_runs_of_words_are_near_copies() -> None:
    words = [f"word{number}" for number in range(500)]
    texts = [" ".join(CHANCE.choice(words, 40)) for _ in range(300)]
    learnt = {"key": range(200), "text": texts[:200]}
    edited = [text.upper().replace("WORD", "word", 1) + "!" for text in texts[:10]]
    judged = {"key": range(1000, 1100), "text": [*edited, *texts[200:290]]}
    assert _said(learnt, judged) == [
        "pass: copies: 0 of 100 of the test rows of 'split' (0 %) equal a row to learn from in all but keys",
        "fail: near copies: 10 of 100 of the test rows of 'split' (10 %) almost equal a row to learn from",
    ]


def test_of_rows_that_hardly_differ_nothing_is_said() -> None:
    few = {"key": range(100), "street": ["a", "b"] * 50}
    why = "the test rows of 'split': there are so few different values that equal rows are to be expected"
    assert _said(few, few) == [f"not measured: copies: {why}", f"not measured: near copies: {why}"]


def test_a_table_of_keys_and_an_empty_one_are_not_measured() -> None:
    assert "no column says more" in _said({"key": [1]}, {"key": [2]})[0]
    empty = {name: values[:0] for name, values in _rows(10, 0).items()}
    empty["pixels"] = pa.array([], pa.list_(pa.float64()))
    assert "a part has no rows" in _said(_rows(10, 0), empty)[0]


def test_missing_values_are_equal_to_missing_values() -> None:
    learnt, judged = _rows(50, 0), _rows(50, 100)
    learnt["income"] = [None, float("nan"), *learnt["income"][2:]]
    judged["income"] = [None, float("nan"), *judged["income"][2:]]
    judged["pixels"] = [*learnt["pixels"][:2], *judged["pixels"][2:]]
    judged["street"] = learnt["street"]
    assert _said(learnt, judged)[0].startswith("fail: copies: 2 of 50")
