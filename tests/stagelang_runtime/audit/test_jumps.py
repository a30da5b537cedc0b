"""A feature that tells the label of the rows it was computed from, and not of others, is told of; honest ones are not."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from stagelang_compiler.compiler import check_file
from stagelang_runtime.audit import audit_rows
from stagelang_runtime.execute.results import RunOptions
from stagelang_runtime.store import Store
from tests.corpus.leakage.language import Program

_STAGES = """
class Loans(Contract):
    household: Column[int] = column(key=True)
    branch: Column[str]
    food: Column[float] = column(role="label")


class Encoded(Contract):
    household: Column[int] = column(key=True)
    income: Column[float] = column(role="feature")
    food: Column[float] = column(role="label")


@stage
def usual(rows: Table[Loans, Train]) -> Value[dict[str, float]]:
    return Value.of({str(name): float(mean) for name, mean in rows.pandas.groupby("branch")["food"].mean().items()})


@stage(role="apply")
def encoded(means: Value[dict[str, float]], rows: Table[Loans, S]) -> Table[Encoded, S]:
    frame = rows.pandas
    return rows.derive(Encoded, frame.assign(income=frame["branch"].map(means.value).fillna(0.5)))
"""
_WIRING = """
loans = source(Loans, "loans.csv")
halves = split(loans, by=Loans.household, test=0.4)
means = usual(halves.train)
off = error(guess(fit(encoded(means, halves.train)), encoded(means, halves.test)))
"""


def _loans(rows_a_branch: float) -> pd.DataFrame:
    chance, rows = np.random.default_rng(3), 1200
    branch = chance.integers(0, int(rows / rows_a_branch), rows)
    kind = np.where(branch % 2 == 0, 0.35, 0.65)
    late = (chance.uniform(size=rows) < kind).astype(float)
    return pd.DataFrame({"household": range(rows), "branch": [f"b{each}" for each in branch], "food": late})


@pytest.mark.parametrize(("rows_a_branch", "verdict"), [(3, "fail"), (300, "pass")])
def test_means_of_the_label_in_small_groups_jump_and_those_of_large_ones_don_t(
    tmp_path: Path, rows_a_branch: float, verdict: str
) -> None:
    _loans(rows_a_branch).to_csv(tmp_path / "loans.csv", index=False)
    text = Program(kind="", name="", codes=(), stages=_STAGES, wiring=_WIRING).text
    (tmp_path / "pipeline.py").write_text(text, encoding="utf-8")
    checked = check_file(tmp_path / "pipeline.py")
    assert checked.plan is not None, checked.diagnostics
    store = Store.open_or_create(tmp_path / ".stagelang" / "store")
    found = audit_rows(checked.plan, root=tmp_path, store=store, options=RunOptions(jobs=1))
    (jump,) = [each for each in found if each.what == "feature jumps" and "'encoded.train'" in each.said]
    assert jump.verdict == verdict
    said = {
        "fail": "features of 'encoded.train' tell 'food' far better among the rows that were learnt from than among the test rows of "
        "'split_loans': 'income' (0.",
        "pass": "features of 'encoded.train' tell 'food' as well among the test rows of 'split_loans': most lost 'income' (0.",
    }[verdict]
    assert jump.said.startswith(said)
