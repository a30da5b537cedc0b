"""What each column is made of is declared, or read from a body; where a body can't be followed nothing is claimed."""

from __future__ import annotations

import textwrap
from pathlib import Path

import pytest

from stagelang_compiler.compiler import check_file
from stagelang_compiler.plan import Plan

SPEC = """
from typing import NamedTuple

import numpy as np
import pandas as pd

from stagelang import Column, Contract, Model, Pipeline, S, Table, Value, column, source, stage


class Scans(Contract):
    scan: Column[int] = column(key=True)
    ink: Column[float]
    width: Column[float]
    writer: Column[int]


class Places(Contract):
    writer: Column[int] = column(key=True)
    town: Column[float]


class Made(Contract):
    scan: Column[int] = column(key=True)
    x: Column[float]{declared}
    y: Column[float]


INK = "ink"


def twice(values: pd.Series) -> pd.Series:
    return values * 2


def stacked(frame: pd.DataFrame, name: str) -> np.ndarray:
    return np.stack(frame[name].to_list()) if len(frame) else np.empty(0)


def marked(frame: pd.DataFrame) -> pd.DataFrame:
    frame["x"] = frame["ink"]
    return frame


@stage
def measure(places: Table[Places]) -> Value[float]:
    return Value.of(1.0)


@stage
def make(scans: Table[Scans, S], places: Table[Places], level: Value[float], *, most: float = 1.0) -> Table[Made, S]:
    frame = scans.pandas
{body}


scans, places = source(Scans, "scans.parquet"), source(Places, "places.parquet")
pipeline = Pipeline("p", seed=1, outputs=[make(scans, places, measure(places))])
"""


def plan_of(folder: Path, body: str, declared: str = "") -> Plan:
    text = SPEC.format(body=textwrap.indent(textwrap.dedent(body).strip(), "    "), declared=declared)
    (folder / "pipeline.py").write_text(text, encoding="utf-8")
    checked = check_file(folder / "pipeline.py")
    assert checked.plan is not None, checked.diagnostics
    return checked.plan


def made(folder: Path, body: str, declared: str = "") -> dict[str, str]:
    lineage = plan_of(folder, body, declared).stages["make"].lineage
    return {
        each.column or "rows": f"{each.how} {' '.join(map('.'.join, each.of))}".strip() for each in lineage
    }


@pytest.mark.parametrize(
    ("body", "x", "y", "rows"),
    [
        ("return scans.derive(Made, frame.assign(x=frame['ink'], y=0.0))", "scans.ink", "", None),
        ("return scans.derive(Made, frame.assign(x=frame[Scans.ink] + frame.width, y=most))", "scans.ink scans.width", "", None),
        ("return scans.derive(Made, frame.assign(x=frame[INK], y=level.value))", "scans.ink", "level.", None),
        ("return scans.derive(Made, frame.rename(columns={'ink': 'x', 'width': 'y'}))", "scans.ink", "scans.width", None),
        ("frame['x'] = twice(frame['ink'])\nframe['y'] = frame['x']\nreturn scans.derive(Made, frame)", "scans.ink", "scans.ink", None),
        ("return scans.derive(Made, frame.assign(x=stacked(frame, 'ink'), y=frame['width'].mean()))", "scans.ink", "scans.width", None),
        (
            "return scans.derive(Made, frame[frame['width'] > 0].assign(x=1.0, y=lambda each: each['ink']))",
            "",
            "scans.ink",
            "scans.width",
        ),
        ("return scans.derive(Made, frame.assign(x=lambda d: d['ink'], y=lambda d: d['x']))", "scans.ink", "scans.ink", None),
        ("return scans.derive(Made, frame.sort_values('width').assign(x=0.0, y=0.0))", "", "", "scans.width"),
        ("return scans.derive(Made, frame.dropna(subset=['ink']).assign(x=0.0, y=0.0))", "", "", "scans.ink"),
        ("return scans.derive(Made, frame.dropna().assign(x=0.0, y=0.0))", "", "", "scans.*"),
        (
            "both = frame.merge(places.pandas, on='writer')\nreturn scans.derive(Made, both.assign(x=both['town'], y=both['ink']))",
            "places.town places.writer scans.writer",
            "scans.ink",
            "places.writer scans.writer",
        ),
        (
            "return Table.of(Made, pd.DataFrame({'scan': frame['scan'], 'x': frame['ink'], 'y': frame['ink'] * frame['width']}))",
            "scans.ink",
            "scans.ink scans.width",
            None,
        ),
        (
            "x = frame['ink']\nif most > 1:\n    x = frame['width']\nreturn scans.derive(Made, frame.assign(x=x, y=0.0))",
            "scans.ink scans.width",
            "",
            None,
        ),
        (
            "x = frame['ink']\nif frame['width'].max() > 1:\n    x = x * 2\nreturn scans.derive(Made, frame.assign(x=x, y=0.0))",
            "scans.ink scans.width",
            "",
            None,
        ),
        (
            """
            if frame['writer'].max() > 1:
                return scans.derive(Made, frame.assign(x=1.0, y=0.0))
            return scans.derive(Made, frame.assign(x=2.0, y=0.0))
            """,
            "scans.writer",
            "scans.writer",
            None,
        ),
        (
            "x = np.where(frame.ink > 0, 1, frame.width)\nreturn scans.derive(Made, frame.assign(x=x, y=len(frame)))",
            "scans.ink scans.width",
            "",
            None,
        ),
        ("return scans.derive(Made, frame.assign(x=frame.apply(lambda row: row['ink'], axis=1), y=0.0))", "scans.*", "", None),
        ("return scans.derive(Made, frame.assign(x=[each for each in frame['ink']], y=0.0))", "scans.*", "", None),
    ],
)  # fmt: skip
def test_a_body_tells_what_its_columns_are_made_of(
    body: str, x: str, y: str, rows: str | None, tmp_path: Path
) -> None:
    found = made(tmp_path, body)
    assert (found["x"], found["y"]) == (f"read {x}".strip(), f"read {y}".strip())
    assert found.get("rows") == (None if rows is None else f"read {rows}")


@pytest.mark.parametrize(
    "body",
    [
        "for name in ('x', 'y'):\n    frame[name] = frame['ink']\nreturn scans.derive(Made, frame)",
        "frame.insert(0, 'x', 1.0)\nreturn scans.derive(Made, frame)",
        "frame.loc[:, 'x'] = 1.0\nreturn scans.derive(Made, frame)",
        "frame.rename(columns={'ink': 'x'}, inplace=True)\nreturn scans.derive(Made, frame)",
        "other = marked(frame)\nreturn scans.derive(Made, frame)",
        "try:\n    x = frame['ink']\nexcept KeyError:\n    x = 0.0\nreturn scans.derive(Made, frame.assign(x=x, y=x))",
        "return scans.derive(Made, frame.assign(x=(found := frame['ink']), y=found))",
        "return scans.derive(Made, frame.assign(x=eval('frame')['ink'], y=0.0))",
        "exec('frame = None')\nreturn scans.derive(Made, frame)",
    ],
)
def test_of_a_body_that_can_not_be_followed_nothing_is_claimed(body: str, tmp_path: Path) -> None:
    assert made(tmp_path, body) == {"scan": "unknown", "x": "unknown", "y": "unknown"}


def test_what_is_declared_goes_before_what_is_read(tmp_path: Path) -> None:
    body = "return scans.derive(Made, frame.assign(x=list(frame['ink']), y=frame['ink']))"
    found = made(tmp_path, body, " = column(made_of=[Scans.width, Places.writer])")
    assert found["x"] == "declared level. places.writer scans.width scans.writer"
    assert found["y"] == "read scans.ink"
    assert made(tmp_path, body, " = column(made_of=[])")["x"] == "declared level."


def test_a_declaration_is_part_of_what_a_contract_promises(tmp_path: Path) -> None:
    body = "return scans.derive(Made, frame.assign(x=0.0, y=0.0))"
    digests = [
        plan_of(tmp_path, body, said).contracts["Made"].digest
        for said in ("", " = column(made_of=[])", " = column(made_of=['ink'])")
    ]
    assert len(set(digests)) == 3


def test_a_value_and_a_metric_tell_what_all_of_them_is_made_of(tmp_path: Path) -> None:
    plan = plan_of(tmp_path, "return scans.derive(Made, frame.assign(x=0.0, y=0.0))")
    (made_of,) = plan.stages["measure"].lineage
    assert (made_of.column, made_of.how, made_of.of) == ("", "read", ())


def test_nested_calls_are_looked_at_once_each(tmp_path: Path) -> None:
    nested = "frame['ink']"
    for _ in range(40):
        nested = f"np.abs({nested}).astype(float).clip(0, 1)"
    assert (
        made(tmp_path, f"return scans.derive(Made, frame.assign(x={nested}, y=0.0))")["x"] == "read scans.ink"
    )
