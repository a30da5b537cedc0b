"""What a person does wrong gives one clear error with what to do, its exit code, and a store that stays valid."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from stagelang_backends.cli.main import main

SPEC = """\
from stagelang import Column, Contract, Pipeline, Table, column, source, stage


class Rides(Contract):
    ride: Column[int] = column(key=True)
    fare: Column[float] = column(ge=0)


@stage
def paid(rides: Table[Rides]) -> Table[Rides]:
    return rides.derive(Rides, rides.pandas)


pipeline = Pipeline("rides", seed=1, outputs=[paid(source(Rides, "rides.csv"))])
"""
GOOD = "ride,fare\n1,2.0\n2,3.5\n"


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "pipeline.py").write_text(SPEC)
    (tmp_path / "rides.csv").write_text(GOOD)
    return tmp_path


def _said(capsys: pytest.CaptureFixture[str], *words: str) -> tuple[int, str]:
    capsys.readouterr()
    code = main(words)
    printed = capsys.readouterr()
    return code, printed.out + printed.err


def test_a_good_run_passes_and_the_next_says_that_nothing_changed(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert _said(capsys, "run")[0] == 0
    code, said = _said(capsys, "run")
    assert code == 0
    assert "2 up to date" in said or "nothing changed" in said


def test_a_missing_source_is_named_with_what_lies_there(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (folder / "rides.csv").rename(folder / "ride.csv")
    code, said = _said(capsys, "run")
    assert code == 3
    assert "source 'rides' can't be read: rides.csv: no such file" in said
    assert "--> pipeline.py:14" in said
    assert "did you mean 'ride.csv'?" in said


def test_a_csv_with_another_header_names_the_missing_column_and_its_likeness(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (folder / "rides.csv").write_text(GOOD.replace("fare", "fair"))
    code, said = _said(capsys, "run")
    assert code == 3
    assert "column 'fare' is missing" in said
    assert "did you mean 'fair' for 'fare'?" in said


def test_a_wrong_value_is_named_with_its_line_and_column(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (folder / "rides.csv").write_text(GOOD + "3,cheap\n")
    code, said = _said(capsys, "run")
    assert code == 3
    assert "rides.csv:4: column 'fare': expected float, found 'cheap'" in said


def test_a_broken_promise_fails_the_gate_with_every_violation(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (folder / "rides.csv").write_text("ride,fare\n1,2.0\n2,1\n2,-1\n")
    code, said = _said(capsys, "run")
    assert code == 1
    assert "rides: fail" in said
    assert "column 'ride': expected no value twice, found 2 of 3 rows" in said
    assert "column 'fare': expected values >= 0, found 1 of 3 rows" in said


def test_a_broken_parquet_file_is_named(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (folder / "pipeline.py").write_text(SPEC.replace("rides.csv", "rides.parquet"))
    (folder / "rides.parquet").write_bytes(b"PAR1 this is no Parquet")
    code, said = _said(capsys, "run")
    assert code == 3
    assert "rides.parquet: not a whole Parquet file" in said
    assert "help: write or fetch the file again" in said


def test_data_is_checked_before_anything_runs(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert _said(capsys, "check", "--data")[0] == 0
    (folder / "rides.csv").write_text(GOOD.replace("fare", "fair"))
    code, said = _said(capsys, "check", "--data")
    assert code == 1
    assert "column 'fare' is missing" in said
    assert not (folder / ".stagelang").exists()


def test_a_store_of_a_newer_version_is_refused_and_left_as_it_is(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    _said(capsys, "run")
    (folder / ".stagelang/store/version").write_text("99\n")
    before = {path: path.read_bytes() for path in (folder / ".stagelang/store").rglob("*") if path.is_file()}
    code, said = _said(capsys, "run", "--force")
    assert code == 2
    assert "has format 99, and this stagelang reads up to 1" in said
    assert {
        path: path.read_bytes() for path in (folder / ".stagelang/store").rglob("*") if path.is_file()
    } == before


def test_a_pipeline_that_is_not_python_is_a_finding(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (folder / "pipeline.py").write_text("def (\n")
    code, said = _said(capsys, "run")
    assert code == 1
    assert "error[SL101]: 'pipeline.py' isn't Python: invalid syntax" in said


def test_a_missing_pipeline_file_says_how_to_make_one(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    code, said = _said(capsys, "run", "else.py")
    assert code == 1
    assert "error[SL101]: 'else.py' doesn't exist" in said
    assert "stagelang init" in said


def test_a_stage_that_raises_shows_the_users_lines_only(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (folder / "pipeline.py").write_text(SPEC.replace("rides.pandas)", "rides.pandas['nope'])"))
    code, said = _said(capsys, "run")
    assert code == 3
    assert "KeyError" in said
    assert "pipeline.py:11 in paid" in said
    assert "site-packages" not in said


def test_a_failed_run_goes_on_where_it_stopped(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (folder / "pipeline.py").write_text(SPEC.replace("rides.pandas)", "rides.pandas['nope'])"))
    _said(capsys, "run")
    (folder / "pipeline.py").write_text(SPEC)
    code, said = _said(capsys, "run")
    assert code == 0
    assert "1 ran, 1 up to date" in said


def test_an_emitted_script_refuses_code_that_is_not_its_plans(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert _said(capsys, "compile", "--target", "local", "--output", "emitted")[0] == 0
    script = [sys.executable, "emitted/run.py"]
    assert subprocess.run(script, check=False, capture_output=True).returncode == 0
    with (folder / "pipeline.py").open("a") as file:
        file.write("# later\n")
    refused = subprocess.run(script, check=False, capture_output=True, text=True)
    assert refused.returncode == 2
    assert refused.stderr == (
        "error: 'pipeline.py' changed since the plan was compiled\n  help: compile the pipeline again\n"
    )


def test_what_a_killed_run_left_half_written_is_swept_after_a_day(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    _said(capsys, "run")
    old, new = (folder / ".stagelang/store/tmp" / name for name in ("old", "new"))
    for left in (old, new):
        left.parent.mkdir(exist_ok=True)
        left.write_bytes(b"half")
    two_days_ago = time.time() - 2 * 24 * 3600
    os.utime(old, (two_days_ago, two_days_ago))
    assert _said(capsys, "run", "--force")[0] == 0
    assert (old.exists(), new.exists()) == (False, True)
