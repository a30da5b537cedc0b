"""What was emitted is told from what a person edited or made, whatever the target and whoever cloned the repository."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path, PurePosixPath

import pytest

from stagelang_backends.cli.written import compare, put
from tests.stagelang_backends.cli.conftest import SPEC, Call

TARGETS = ("local", "make", "snakemake")
OTHER = SPEC.replace("seed=1", "seed=2")


@pytest.mark.parametrize("target", TARGETS)
def test_what_was_compiled_before_is_written_over(target: str, folder: Path, call: Call) -> None:
    call("compile", "-t", target)
    (folder / "pipeline.py").write_text(OTHER)
    said = call("compile", "-t", target)
    assert said.code == 0
    assert f"wrote build/{target}/plan.json\n" in said.out
    assert call("compile", "-t", target, "--check").code == 0


@pytest.mark.parametrize("target", TARGETS)
@pytest.mark.parametrize("where", ["here", "in a clone"])
def test_what_was_edited_is_shown_and_kept(
    target: str, where: str, folder: Path, call: Call, monkeypatch: pytest.MonkeyPatch
) -> None:
    call("compile", "-t", target)
    if where == "in a clone":
        shutil.copytree(folder, folder / "clone", ignore=shutil.ignore_patterns(".stagelang"))
        monkeypatch.chdir(folder / "clone")
    names = sorted(path.name for path in Path(f"build/{target}").iterdir() if path.suffix != ".sha256")
    name = next(each for each in names if each in ("run.py", "Makefile", "Snakefile"))
    path = Path(f"build/{target}/{name}")
    path.write_text(path.read_text() + "# mine\n")
    edited = path.read_text()
    Path("pipeline.py").write_text(OTHER)
    said = call("compile", "-t", target)
    assert said.code == 2
    assert "-# mine\n" in said.out
    assert said.err == (
        f"error: build/{target}/{name} was edited by hand, or isn't stagelang's: nothing was written\n"
        "  help: move what was edited into the pipeline or the settings, then compile again with --force\n"
    )
    assert path.read_text() == edited
    assert call("compile", "-t", target, "--check").code == 1
    assert call("compile", "-t", target, "--force").code == 0
    assert call("compile", "-t", target, "--check").code == 0


def test_a_persons_own_makefile_is_not_written_over(folder: Path, call: Call) -> None:
    (folder / "Makefile").write_text("all:\n")
    said = call("compile", "-t", "make", "-o", ".")
    assert said.code == 2
    assert "error: Makefile was edited by hand, or isn't stagelang's: nothing was written\n" in said.err
    assert (folder / "Makefile").read_text() == "all:\n"
    assert not (folder / "plan.json").exists()


def test_edits_that_come_to_what_is_compiled_are_taken(folder: Path, call: Call) -> None:
    call("compile", "-t", "make")
    (folder / "build/make/.stagelang-make.sha256").unlink()
    assert call("compile", "-t", "make").code == 0
    (folder / "pipeline.py").write_text(OTHER)
    assert call("compile", "-t", "make").code == 0, "from then on it is known"


def _files(**texts: str) -> dict[PurePosixPath, str]:
    return {PurePosixPath(name): text for name, text in texts.items()}


def test_a_file_that_is_not_emitted_any_more_is_removed_unless_it_was_edited(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert put(_files(a="1", b="2", c="3"), tmp_path, "x") == 0
    (tmp_path / "c").write_text("mine")
    capsys.readouterr()
    assert compare(_files(a="1"), tmp_path, "x") == 1
    assert capsys.readouterr().out == f"{tmp_path}/b is not written any more\n"
    assert put(_files(a="1"), tmp_path, "x") == 0
    assert capsys.readouterr().out == f"unchanged {tmp_path}/a\nremoved {tmp_path}/b\n"
    assert sorted(path.name for path in tmp_path.iterdir()) == [".stagelang-x.sha256", "a", "c"]


@pytest.mark.parametrize(
    "line", ["", "\x00", "../../a", "f" * 64 + "  ../out", "f" * 64 + "  /out", "<<<<<<< HEAD"]
)
def test_a_list_that_says_nothing_leads_nowhere(line: str, tmp_path: Path) -> None:
    (tmp_path / "out").write_text("mine")
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / ".stagelang-x.sha256").write_text(line + "\n")
    assert put(_files(a="1"), tmp_path / "in", "x") == 0
    assert (tmp_path / "out").read_text() == "mine"


def test_the_list_is_what_sha256sum_checks(tmp_path: Path) -> None:
    put({PurePosixPath("a b/c"): "1", PurePosixPath("d"): "2"}, tmp_path, "x")
    done = subprocess.run(
        ["sha256sum", "--check", ".stagelang-x.sha256"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout == "a b/c: OK\nd: OK\n"
