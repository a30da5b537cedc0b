"""What `stagelang diff` says of data and locks that git keeps, none of which a plan holds."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from stagelang_backends.cli.changed_data import changed_locks, is_of
from stagelang_compiler.plan import Source
from stagelang_runtime.inputs.files import find
from tests.stagelang_backends.cli.conftest import ROWS, Call, edit, git

EMPTY = "rides: no change, both compute the same\n"

TOLD = """\
rides: 1 source changed; the metric can differ

sources
  ~ rides
      file rides.csv changed
      reaches fare

downstream of these (3 nodes)
  paid, split_paid, fare

can differ
  metrics  fare
  gates    fare at most 5
"""


@pytest.fixture
def committed(repository: Path) -> Path:
    """The repository with its data, and a lock in its top folder."""
    (repository / "rides.csv").write_text(ROWS)
    (repository.parent / "uv.lock").write_text("pandas 2.2\n")
    git(repository, "add", "--all")
    git(repository, "commit", "--quiet", "-m", "data")
    return repository


def test_other_data_are_a_changed_source_committed_or_not(committed: Path, call: Call) -> None:
    (committed / "rides.csv").write_text(ROWS.replace("2.5", "2.75"))
    assert call("diff", "main") == (0, TOLD, "")
    git(committed, "commit", "--quiet", "--all", "-m", "other data")
    assert call("diff", "HEAD~1") == (0, TOLD, "")
    assert call("diff", "HEAD~1", "HEAD", "--exit-code") == (1, TOLD, "")
    assert call("diff", "HEAD") == (0, EMPTY, "")


def test_data_are_told_in_every_form(committed: Path, call: Call) -> None:
    (committed / "rides.csv").write_text(ROWS.replace("2.5", "2.75"))
    (change,) = json.loads(call("diff", "main", "--format", "json").out)["nodes"]
    assert change["reasons"] == [
        {"cause": "data", "what": "file rides.csv", "kind": "changed", "old": "", "new": "", "counts": True}
    ]
    assert "file `rides.csv` changed" in call("diff", "main", "--format", "md").out
    assert "file <code>rides.csv</code> changed" in call("diff", "main", "--format", "html").out


def test_data_that_git_does_not_keep_are_no_change(repository: Path, call: Call) -> None:
    (repository / "rides.csv").write_text(ROWS)
    assert call("diff", "main") == (0, EMPTY, "")


def test_files_that_no_source_reads_are_no_change(committed: Path, call: Call) -> None:
    (committed / "rides.csv.bak").write_text("x")
    (committed / "readme.md").write_text("x")
    (committed.parent / "rides.csv").write_text("x")
    git(committed.parent, "add", "--all")
    assert call("diff", "main") == (0, EMPTY, "")


def test_a_source_that_reads_elsewhere_says_that_alone(committed: Path, call: Call) -> None:
    git(committed, "mv", "rides.csv", "trips.csv")
    (committed / "trips.csv").write_text(ROWS.replace("2.5", "2.75"))
    edit(committed, '"rides.csv"', '"trips.csv"')
    said = call("diff", "main").out
    assert "location: rides.csv → trips.csv\n" in said
    assert "file " not in said


def test_another_lock_is_noted_though_no_plan_holds_it(committed: Path, call: Call) -> None:
    (committed.parent / "uv.lock").write_text("pandas 2.3\n")
    assert call("diff", "main") == (
        0,
        EMPTY,
        "note: '../uv.lock' differs: what it installs counts when a stage runs, which no plan can tell\n",
    )


def test_locks_are_those_beside_the_pipeline_or_above() -> None:
    files = (
        "uv.lock",
        "../requirements/run.txt",
        "../requirements.txt",
        "data/a.lock",
        "environment.yml",
        "lock.py",
    )
    found = changed_locks(dict.fromkeys(files, "changed"))
    assert found == ("uv.lock", "../requirements/run.txt", "../requirements.txt", "environment.yml")


@pytest.mark.parametrize(
    "location",
    [
        "a.csv",
        "data",
        "data/*.csv",
        "data/**/*.csv",
        "data/**",
        "**/*.csv",
        "data/[ab]?.csv",
        "data/.*/*.csv",
        "*.csv",
    ],
)
def test_the_files_of_a_source_are_those_that_a_run_finds(tmp_path: Path, location: str) -> None:
    names = (
        "a.csv", "A.csv", "b.tsv", "data/a1.csv", "data/b.csv", "data/x/b2.csv", "data/x/y/c.csv", "data/.h/d.csv",
        "data/x/.e.csv", "data/.f.csv", "other/data/a1.csv", "data2/a1.csv",
    )  # fmt: skip
    for name in names:
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("x")
    source = Source(location=location, format="files" if location == "data" else "csv")
    assert sorted(find(source, tmp_path)) == sorted(name for name in names if is_of(name, location))
