"""The gate against a stranger's: verdicts and counts on random frames."""

from __future__ import annotations

import importlib
from collections import Counter
from typing import Any

import pandas as pd
from hypothesis import given, settings
from hypothesis import strategies as st

from stagelang.origin import Origin
from stagelang_compiler.plan import Column, Contract
from stagelang_runtime.gates.check import check_table
from stagelang_runtime.gates.frames import read_frame

HERE = Origin("pipeline.py", 1)
# Its types are half unknown to pyright.
pandera: Any = importlib.import_module("pandera.pandas")

# Missing values stand apart: pandera counts two of them as one value twice, we don't.
PANDERA = pandera.DataFrameSchema(
    {
        "id": pandera.Column("int64", unique=True),
        "count": pandera.Column("Int64", [pandera.Check.ge(0), pandera.Check.lt(5)], nullable=True),
        "ratio": pandera.Column("float64", [pandera.Check.gt(0), pandera.Check.le(1)]),
        "kind": pandera.Column("object", [pandera.Check.isin(["a", "b"])], nullable=True),
        "code": pandera.Column("object", [pandera.Check.str_matches(r"\A(?:[A-Z]\d+)\Z")]),
    },
    strict=True,
)


def column(name: str, type: str, **limits: Any) -> Column:
    return Column(name=name, type=type, origin=HERE, **limits)


OURS = Contract(
    name="T", version="1", owner="", description="", closed=True, min_rows=0, max_rows=None, digest="", origin=HERE,
    columns=(
        column("id", "int", unique=True),
        column("count", "int", ge=0, lt=5, nullable=True),
        column("ratio", "float", gt=0, le=1),
        column("kind", "str", isin=("a", "b"), nullable=True),
        column("code", "str", pattern=r"[A-Z]\d+"),
    ),
)  # fmt: skip

NAMES = {
    "field_uniqueness": "unique", "not_nullable": "not_null", "greater_than_or_equal_to(0)": "ge", "less_than(5)": "lt",
    "greater_than(0)": "gt", "less_than_or_equal_to(1)": "le", "isin(['a', 'b'])": "isin",
    r"str_matches('\A(?:[A-Z]\d+)\Z')": "pattern", "column_in_schema": "closed", "column_in_dataframe": "present",
}  # fmt: skip


def judged_by_pandera(frame: pd.DataFrame) -> dict[tuple[str, str], int]:
    try:
        PANDERA.validate(frame, lazy=True)
    except pandera.errors.SchemaErrors as error:
        rows: Any = error.failure_cases[["column", "check"]].itertuples(index=False)
        found = Counter[tuple[str, str]](
            (NAMES[check], "" if NAMES[check] in {"closed", "present"} else name) for name, check in rows
        )
        return dict(found)
    return {}


def judged_by_us(frame: pd.DataFrame) -> dict[tuple[str, str], int]:
    report = check_table(read_frame(frame).table, OURS)
    assert report.verdict == (
        "fail" if report.findings and any(r.violations for r in report.results) else "pass"
    )
    found = Counter[tuple[str, str]]()
    for result in report.results:
        found[result.name, "" if result.name == "present" else result.column] += result.violations
    return {key: count for key, count in found.items() if count}


@st.composite
def frames(draw: st.DrawFn) -> pd.DataFrame:
    rows = draw(st.integers(0, 25))

    def values(strategy: st.SearchStrategy[Any]) -> list[Any]:
        return draw(st.lists(strategy, min_size=rows, max_size=rows))

    columns = {
        "id": pd.Series(values(st.integers(-60, 60) | st.integers(-(2**62), 2**62)), dtype="int64"),
        "count": pd.Series(values(st.none() | st.integers(-2, 6)), dtype="Int64"),
        "ratio": pd.Series(values(st.none() | st.sampled_from([0.0, 0.5, 1.0, 1.5, -1.0])), dtype="float64"),
        "kind": pd.Series(values(st.sampled_from(["a", "b", "c", None])), dtype="object"),
        "code": pd.Series(
            values(st.sampled_from(["A1", "A", "a1", "Z99", "Z9\n", "xA1", None])), dtype="object"
        ),
        "more": pd.Series(values(st.just(1)), dtype="int64"),
    }
    kept = draw(st.sets(st.sampled_from(sorted(columns)), min_size=4))
    return pd.DataFrame({name: column for name, column in columns.items() if name in kept})


@settings(max_examples=30, deadline=None)
@given(frames())
def test_both_find_the_same_violations_and_count_them_alike(frame: pd.DataFrame) -> None:
    assert judged_by_us(frame) == judged_by_pandera(frame)
