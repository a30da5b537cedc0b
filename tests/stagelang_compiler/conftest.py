"""Specs as texts: written to a folder, checked, and their findings as what a person reads."""

from __future__ import annotations

import datetime as dt
import textwrap
from collections.abc import Callable
from pathlib import Path

import pytest

from stagelang_compiler.compiler import Checked, check_file
from stagelang_compiler.plan import Plan
from stagelang_compiler.rendering import render

TODAY = dt.date(2026, 11, 23)
FUTURE = "from __future__ import annotations\n"

PRELUDE = """\
from typing import Any, NamedTuple, Optional, Sequence

from stagelang import (
    Ablate, Budget, Column, Contract, Files, Model, PerRow, Perturb, Pipeline, Population, Resources, S, Seeds, Swap, Sweep, Table,
    Test, Train, Value, Waiver, column, command, files, mean, metric, missing, quantile, scope, shifted, source, split, stage,
)
from stagelang import units as u


class Scans(Contract):
    scan_id: Column[int] = column(key=True)
    writer: Column[int] = column(group=True)
    ink: Column[float] = column(ge=0, le=1)


@stage
def clean(scans: Table[Scans, S], *, level: int = 1) -> Table[Scans, S]:
    return scans


@stage
def fit(train: Table[Scans, Train], *, c: float = 1.0) -> Model[dict[str, float]]:
    return Model.of({"c": c})


@stage
def score(model: Model[dict[str, float]], scans: Table[Scans, S]) -> Table[Scans, S]:
    return scans


@metric(unit=u.RATIO, better="higher", range=(0, 1), aggregate=mean(), undefined="error", version="1")
def accuracy(scans: Table[Scans, Test]) -> PerRow[u.RATIO]:
    return PerRow(scans.pandas["ink"])


@metric(unit=u.USD, better="lower", range=(0, None), aggregate=mean(), undefined="error", version="1")
def cost(scans: Table[Scans, Test]) -> PerRow[u.USD]:
    return PerRow(scans.pandas["ink"])


scans = source(Scans, "data/scans.parquet")
halves = split(scans, by=Scans.writer, test=0.25)
"""
"""Declarations to build specs on; what follows them starts on this line:"""
FIRST = PRELUDE.count("\n") + 1

Check = Callable[[str], Checked]
Said = Callable[[str], str]


@pytest.fixture
def check(tmp_path: Path) -> Check:
    """Check a spec's text as 'pipeline.py' in a folder of its own."""

    def check_text(text: str) -> Checked:
        file = tmp_path / "pipeline.py"
        file.write_text(textwrap.dedent(text), encoding="utf-8")
        return check_file(file, today=TODAY)

    return check_text


@pytest.fixture
def said(check: Check, tmp_path: Path) -> Said:
    """Give what 'check' prints of what stands after the prelude, one line a finding part, without code frames."""

    def say(text: str) -> str:
        found = check(PRELUDE + textwrap.dedent(text)).diagnostics
        return "\n".join(
            line
            for line in render(found, format="text", root=tmp_path).splitlines()
            if line.strip()
            and "|" not in line[:8]
            and not line.startswith(("found ", "to learn more", "no findings"))
        )

    return say


@pytest.fixture
def plan_of(check: Check) -> Callable[[str], Plan]:
    """Give the plan of what stands after the prelude, which must be right."""

    def compile_text(text: str) -> Plan:
        checked = check(PRELUDE + textwrap.dedent(text))
        assert checked.plan is not None, [
            (each.rule.code, each.message, each.found) for each in checked.diagnostics
        ]
        return checked.plan

    return compile_text
