"""`stagelang init`: what it makes is checked by every type checker and runs; what is there stays as it is."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from stagelang_backends.cli import init_command, main

BIN = Path(sys.executable).parent
TEMPLATES = Path(init_command.__file__).with_name("first_pipeline")


def contents(folder: Path) -> dict[str, bytes]:
    return {
        path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()
    }


def test_init_makes_a_pipeline_and_its_data_and_says_what_to_type_next(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    assert main(["init"]) == 0
    assert set(contents(tmp_path)) == set(init_command.FILES)
    assert (tmp_path / "pipeline.py").read_bytes() == (TEMPLATES / "pipeline.py").read_bytes()
    assert capsys.readouterr().out == (
        "wrote pipeline.py\nwrote data/households.csv\n\nnext:\n  stagelang check\n  stagelang run\n"
    )


def test_init_makes_the_folder_that_is_named_and_names_the_file_in_what_to_type_next(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    assert main(["init", "my first/one"]) == 0
    assert set(contents(tmp_path / "my first" / "one")) == set(init_command.FILES)
    assert capsys.readouterr().out == (
        "wrote my first/one/pipeline.py\nwrote my first/one/data/households.csv\n\nnext:\n"
        "  stagelang check 'my first/one/pipeline.py'\n  stagelang run 'my first/one/pipeline.py'\n"
    )


@pytest.mark.parametrize("there", init_command.FILES)
def test_init_overwrites_nothing_and_adds_nothing_beside_what_is_there(
    there: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / there).parent.mkdir(exist_ok=True)
    (tmp_path / there).write_text("mine\n")
    assert main(["init"]) == 2
    assert contents(tmp_path) == {there: b"mine\n"}
    assert capsys.readouterr().err == (
        f"error: '{there}' is there already, and nothing is overwritten\n"
        "  help: name another folder, such as 'stagelang init my-pipeline'\n"
    )


def test_a_folder_that_can_not_be_made_is_one_error(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "notes").write_text("a file\n")
    assert main(["init", "notes"]) == 2
    assert capsys.readouterr().err == (
        "error: 'notes/pipeline.py' can't be written: File exists\n  help: name a folder that you may write to\n"
    )


def test_a_reader_without_pandas_is_told_to_install_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(init_command, "find_spec", lambda name: None)  # pyright: ignore[reportUnknownLambdaType, reportUnknownArgumentType]
    assert main(["init", str(tmp_path / "new")]) == 0
    assert "\nit needs pandas: pip install 'stagelang[pandas]'\n" in capsys.readouterr().out


def test_the_pipeline_has_no_finding_and_runs_green(tmp_path: Path) -> None:
    def stagelang(*words: str) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-m", "stagelang_backends.cli", *words]
        return subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)

    assert stagelang("init").returncode == 0
    checked = stagelang("check")
    assert (checked.returncode, checked.stdout.splitlines()[0]) == (0, "no findings")
    ran = stagelang("run")
    assert (ran.returncode, ran.stdout.splitlines()[1].partition("  ")[0]) == (0, "food: pass")


def test_the_readers_editor_has_nothing_to_say_about_it(tmp_path: Path) -> None:
    """Checked in a folder of its own: in ours, the settings of this repository would hold."""
    assert main(["init", str(tmp_path)]) == 0
    (tmp_path / "pyrightconfig.json").write_text('{"typeCheckingMode": "strict"}')
    for command in (
        ["mypy", "--strict", f"--cache-dir={tmp_path / 'cache'}", f"--python-executable={sys.executable}"],
        ["pyright", f"--pythonpath={sys.executable}"],
        ["ty", "check", f"--python={sys.executable}"],
    ):
        found = subprocess.run(
            [BIN / command[0], *command[1:], "pipeline.py"],
            cwd=tmp_path,
            capture_output=True,
            text=True,
            check=False,
            env={**os.environ, "PYRIGHT_PYTHON_IGNORE_WARNINGS": "1"},
        )
        assert found.returncode == 0, found.stdout + found.stderr
