"""A changed parameter of the digit reader, judged on every metric: kept in two stores, as two checkouts would have them."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from stagelang_compiler.compiler import check_file
from stagelang_runtime.execute.results import RunOptions
from stagelang_runtime.execute.runner import run
from stagelang_runtime.judge import MeasuredRun, compare_runs
from stagelang_runtime.store import Store

EXAMPLE = Path(__file__).parents[2] / "examples" / "digit_reader"


def _run(folder: Path, old: str, new: str) -> MeasuredRun:
    shutil.copytree(EXAMPLE, folder, ignore=shutil.ignore_patterns(".stagelang", "__pycache__"))
    spec = folder / "pipeline.py"
    text = spec.read_text()
    assert old in text
    spec.write_text(text.replace(old, new, 1))
    plan = check_file(spec).plan
    assert plan is not None
    store = Store.open_or_create(folder / ".stagelang" / "store")
    result = run(plan, root=folder, store=store, options=RunOptions(jobs=2))
    receipts = {name: node.receipt for name, node in result.nodes.items()}
    return MeasuredRun(plan=plan, receipt=receipts.get, store=store, root=folder)


def test_fewer_components_read_worse_at_a_cost_that_560_scans_cannot_tell(tmp_path: Path) -> None:
    base = _run(tmp_path / "base", "components: int = 6", "components: int = 6")
    head = _run(tmp_path / "head", "components: int = 6", "components: int = 4")
    found = {each.name: each for each in compare_runs(base, head)}
    assert {name: each.verdict for name, each in found.items()} == {
        "accuracy": "worse",
        "handling_cost": "inconclusive",
        "human_share": "worse",
        "miscalibration": "inconclusive",
    }
    accuracy = found["accuracy"]
    assert (accuracy.n_units, accuracy.n_unpaired, accuracy.units) == (560, 0, "rows")
    assert (accuracy.difference, accuracy.low, accuracy.high) == pytest.approx(
        (-0.0607, -0.0829, -0.0385), abs=0.002
    )
    needed = found["handling_cost"].needed_n
    assert needed is not None
    assert needed > 560
