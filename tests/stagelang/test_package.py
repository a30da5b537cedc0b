"""What `import stagelang` gives, and what it doesn't import."""

from __future__ import annotations

import subprocess
import sys

import stagelang


def test_the_import_brings_no_data_library() -> None:
    heavy = [
        "numpy",
        "pandas",
        "polars",
        "pyarrow",
        "scipy",
        "sklearn",
        "networkx",
        "rich",
        "jinja2",
        "cattrs",
        "fsspec",
    ]
    code = f"import sys, stagelang; print([name for name in {heavy} if name in sys.modules])"
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert found.stdout == "[]\n"


def test_wiring_a_pipeline_brings_no_data_library() -> None:
    code = """
import sys
from stagelang import *
from stagelang import units as u
class Rows(Contract):
    row: Column[int] = column(key=True)
@stage
def keep(rows: Table[Rows, S]) -> Table[Rows, S]: return rows
@metric(unit=u.USD, better="none", range=(0, None), aggregate=mean(), undefined="error", version="1")
def cost(rows: Table[Rows, Test]) -> PerRow[u.USD]: return PerRow(rows.pandas[Rows.row])
halves = split(source(Rows, "rows.csv"), by=Rows.row, test=0.5)
Pipeline("x", seed=1, metrics=[cost(keep(halves.test))])
print([name for name in ("numpy", "pandas", "polars", "pyarrow") if name in sys.modules])
"""
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert found.stdout == "[]\n"


def test_all_public_names_are_there_once() -> None:
    assert len(set(stagelang.__all__)) == len(stagelang.__all__)
    assert [name for name in stagelang.__all__ if not hasattr(stagelang, name)] == []


def test_every_public_name_that_is_ours_has_a_docstring() -> None:
    bare = [
        name
        for name in stagelang.__all__
        if name != "S" and not (getattr(stagelang, name).__doc__ or "").strip()
    ]
    assert bare == []
