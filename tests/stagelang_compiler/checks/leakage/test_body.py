"""Bodies that compute across rows are told from those that treat each row by itself."""

from __future__ import annotations

import importlib
import importlib.util
import sys
import textwrap
from pathlib import Path

import pytest

from stagelang_compiler.checks.leakage.body import mixings
from stagelang_compiler.checks.leakage.body_source import Sources
from stagelang_compiler.checks.leakage.body_value import Mixing
from stagelang_compiler.checks.leakage.spelled import Spelled, Spelling

_MODULE = """\
import numpy as np
import pandas as pd


def centred(values):
    return values - values.mean()


def doubled(values):
    return values * 2


def body(table):
    frame = table.pandas
{}
    return frame
"""


def _read(folder: Path, *lines: str) -> tuple[Mixing, ...]:
    path = folder / "bodies.py"
    path.write_text(_MODULE.format(textwrap.indent("\n".join(lines), "    ")), encoding="utf-8")
    spec = importlib.util.spec_from_file_location("bodies", path)
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return mixings(module.body, ["table"], Sources(), Spelling())


DISHONEST = {
    "apply()": 'frame = frame.groupby("g").apply(lambda part: part - part.iloc[0])',
    "sorted()": 'frame["x"] = sorted(frame["x"])',
    "mean()": 'frame["x"] = frame["x"] - frame["x"].mean()',
    "std()": 'frame["x"] = frame["x"] / np.std(frame["x"])',
    "rank()": 'frame["x"] = frame["x"].rank()',
    "rolling()": 'frame["x"] = frame["x"].rolling(3).mean()',
    "median()": 'frame = frame.fillna({"x": frame["x"].median()})',
    "transform()": 'frame["x"] = frame.groupby("g")["x"].transform("mean")',
    "drop_duplicates()": 'frame = frame.drop_duplicates(subset=["g"])',
    "cumsum()": 'frame["x"] = frame["x"].cumsum()',
    "shift()": 'frame["x"] = frame["x"].shift()',
    "fit_transform()": "frame[:] = StandardScaler().fit_transform(frame)",
    "fit()": "scaler = MinMaxScaler()\nscaler.fit(frame)\nframe = scaler.transform(frame)",
    "quantile()": 'frame["x"] = frame["x"].clip(upper=frame["x"].quantile(0.9))',
    "value_counts()": 'frame["n"] = frame["g"].map(frame["g"].value_counts())',
    "factorize()": 'frame["g"] = pd.factorize(frame["g"])[0]',
    "qcut()": 'frame["x"] = pd.qcut(frame["x"], 4)',
    "interpolate()": 'frame["x"] = frame["x"].interpolate()',
    "max()": 'frame["x"] = frame["x"] / max(frame["x"])',
    "nlargest()": 'frame = frame.nlargest(10, "x")',
    "svd()": 'frame["x"] = np.linalg.svd(frame)[0][:, 0]',
    "resample()": "frame = resample(frame)",
    "fit_resample()": 'frame, _ = SMOTE().fit_resample(frame, frame["y"])',
    "sum()": 'frame["x"] = frame["x"] / sum(value for value in frame["x"])',
}


@pytest.mark.parametrize("word", DISHONEST)
def test_a_body_that_computes_across_rows_is_found_out(tmp_path: Path, word: str) -> None:
    found = _read(tmp_path, DISHONEST[word])
    assert word in {each.word for each in found}
    assert all(each.parameters == {"table"} and each.file.endswith("bodies.py") for each in found)


@pytest.mark.parametrize(
    "lines",
    [
        'frame["x"] = frame["x"] * 2 + 1',
        'frame["x"] = np.log1p(frame["x"])',
        'frame["x"] = frame[["x", "y"]].mean(axis=1)',
        'frame["x"] = np.max(frame.to_numpy(), axis=1)',
        'frame["x"] = np.stack(frame["v"].to_list()).sum(axis=-1)',
        'frame["x"] = frame.apply(lambda row: row.max(), axis=1)',
        'frame["x"] = frame["v"].map(lambda values: sum(values) / len(values))',
        'frame["x"] = [max(values) for values in frame["v"]]',
        'frame["x"] = [sum(v * v for v in values) for values in frame["v"]]',
        "for row in frame.itertuples():\n    assert sum(row.v) > 0",
        'frame = frame[frame["x"] > 0].sort_values("x")',
        'frame = frame.dropna(subset=["x"])',
        'frame = frame.drop(columns=[c for c in sorted(frame.columns) if c.startswith("_")])',
        'print(frame["x"].mean())',
        'assert frame["x"].max() < 3',
        'if frame["x"].min() < 0:\n    raise ValueError("negative")',
        'frame["x"] = doubled(frame["x"])',
        'frame["x"] = frame["x"].pipe(doubled)',
        'frame["g"] = frame["g"].str.lower().astype("string")',
        'frame["x"] = frame["x"].fillna(0.0).clip(0, 1)',
        'frame["x"] = np.where(frame["x"] > 1, 1, frame["x"])',
        'n = len(frame)\nframe["x"] = np.arange(n)',
    ],
)
def test_a_body_that_treats_each_row_by_itself_is_left_alone(tmp_path: Path, lines: str) -> None:
    assert _read(tmp_path, lines) == ()


@pytest.mark.parametrize(
    "line",
    [
        'frame["x"] = centred(frame["x"])',
        'frame["x"] = frame["x"].pipe(centred)',
        'frame["x"] = frame["x"].transform(centred)',
        'frame = frame.assign(x=lambda each: centred(each["x"]))',
        'def inner(values):\n    return centred(values)\nframe["x"] = inner(frame["x"])',
    ],
)
def test_what_a_helper_does_is_found_at_its_own_line(tmp_path: Path, line: str) -> None:
    assert [(each.word, each.line) for each in _read(tmp_path, line)] == [("mean()", 6)]


@pytest.mark.parametrize(
    ("line", "within", "past"),
    [
        ('frame["x"] = frame.groupby("g")["x"].shift()', {"g"}, True),
        ('frame["x"] = frame.groupby(["g", "h"])["x"].transform("mean")', {"g", "h"}, False),
        ('frame["x"] = frame["x"].shift(-1)', set[str](), False),
        ('frame["x"] = frame["x"].rolling(3, center=True).mean()', set[str](), False),
        ('frame["x"] = frame["x"].rolling(3).mean()', set[str](), True),
    ],
)
def test_how_far_rows_are_mixed_is_told(tmp_path: Path, line: str, within: set[str], past: bool) -> None:
    (found,) = _read(tmp_path, line)
    assert found.within == frozenset(within)
    assert found.past == past


_NAMED = """\
import json

import pandas as pd

import helpers.inner


def within(frame):
    from statistics import mode
    return [frame.one for _ in frame], mode


def after():
    return body.late(keyword=1)


def around(table):
    def enclosed():
        return table.enclosed

    def wrapped(table):
        return enclosed()

    return wrapped


def body(table):
    for each in table:
        each.looped()
    return within(table), helpers.inner.deep(table), pd.DataFrame, lambda row: row.hidden, json.dumps({}, indent=1)


closed = around(1)
"""


def test_all_names_in_what_a_function_may_call_are_known_without_reading_its_tree(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "helpers").mkdir()
    (tmp_path / "helpers" / "__init__.py").write_text("")
    (tmp_path / "helpers" / "inner.py").write_text(
        "def deep(table):\n    return deeper(table)\n\n\ndef deeper(x):\n    return x.deepest\n"
    )
    (tmp_path / "naming.py").write_text(_NAMED)
    monkeypatch.setattr(sys, "path", [str(tmp_path), *sys.path])
    naming = importlib.import_module("naming")
    spelled = Spelling().of(naming.body)
    assert spelled.names == {
        "within", "helpers", "inner", "deep", "deeper", "deepest", "pd", "DataFrame", "hidden", "json", "dumps", "indent", "looped",
        "one", "statistics", "mode",
    }  # fmt: skip
    assert (spelled.has_loop, spelled.has_import) == (True, True)
    assert Spelling().of(naming.closed) == Spelled(frozenset({"enclosed"}), has_loop=False, has_import=False)
    assert Spelling().of(naming.after) == Spelled(
        spelled.names | {"body", "late", "keyword"}, has_loop=True, has_import=True
    )
    assert Spelling().of(len) == Spelled(frozenset(), has_loop=False, has_import=False)
