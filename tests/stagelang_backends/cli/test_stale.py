"""What has changed since it was carried out passes nowhere, whichever way it is reached."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.stagelang_backends.cli.conftest import Call

_BESIDE = """\
import sys
from pathlib import Path

from stagelang import Pipeline, Value, stage

sys.path.insert(0, str(Path(__file__).parent / "src"))
import beside_the_spec


@stage
def scaled() -> Value[int]:
    return Value.of(beside_the_spec.scale())


pipeline = Pipeline("beside", seed=1, outputs=[scaled()])
"""

_COUNTED = """\
from stagelang import Column, Contract, Pipeline, Table, Value, column, source, stage


class Rows(Contract):
    row_id: Column[int] = column(key=True)


@stage
def count(rows: Table[Rows]) -> Value[int]:
    return Value.of(rows.arrow.num_rows)


pipeline = Pipeline("counted", seed=1, outputs=[count(source(Rows, "rows.csv"))])
"""


@pytest.mark.parametrize("place", ["spec/src", "elsewhere"])
def test_code_in_a_folder_that_the_spec_adds_to_the_path_counts(
    call: Call, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, place: str
) -> None:
    root, source = tmp_path / "spec", tmp_path / place
    source.mkdir(parents=True)
    root.mkdir(exist_ok=True)
    monkeypatch.chdir(root)
    (root / "pipeline.py").write_text(_BESIDE.replace('Path(__file__).parent / "src"', repr(str(source))))
    helper = source / "beside_the_spec.py"
    helper.write_text("def scale() -> int:\n    return 1\n")
    assert call("run").code == 0
    assert call("why", "scaled").out.startswith("scaled: up to date")
    helper.write_text("def scale() -> int:\n    return 5\n")
    assert call("why", "scaled").out.startswith("scaled: would run: function beside_the_spec:scale changed")
    assert call("run").code == 0
    assert call("why", "scaled").out.startswith("scaled: up to date")


def test_a_verdict_looks_at_the_sources_again(
    call: Call, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "pipeline.py").write_text(_COUNTED)
    (tmp_path / "rows.csv").write_text("row_id\n1\n")
    assert call("compile", "--target", "local").code == 0
    words = ("--plan", "build/local/plan.json", "--notes", "notes")
    assert call("run-node", "count", *words).code == 0
    assert call("verdict", *words).code == 0
    (tmp_path / "rows.csv").write_text("row_id\n1\n2\n")
    changed = call("verdict", *words)
    assert changed.code == 1
    assert "2 not started" in changed.out
    (tmp_path / "rows.csv").unlink()
    assert call("verdict", *words).code == 1


@pytest.mark.parametrize("store", ["s3://", "file://", "s3:///"])
def test_a_url_that_says_no_place_is_refused(call: Call, tmp_path: Path, store: str) -> None:
    (tmp_path / "pipeline.py").write_text(_COUNTED)
    assert call("run", str(tmp_path / "pipeline.py"), "--store", store) == (
        2,
        "",
        f"error: {store!r} names no place\n  help: say where, such as 's3://bucket/prefix'\n",
    )


def test_a_place_that_cannot_be_written_is_no_fault_of_ours(call: Call, tmp_path: Path) -> None:
    (tmp_path / "pipeline.py").write_text(_COUNTED)
    taken = tmp_path / "taken"
    taken.write_text("")
    said = call("compile", str(tmp_path / "pipeline.py"), "-o", str(taken))
    assert said.code == 2
    assert said.err.startswith(f"error: {str(taken)!r} can't be used: ")
