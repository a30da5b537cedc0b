"""A small pipeline in the current folder, a git repository with it, and the command line called in this process."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import pytest

from stagelang_backends.cli.main import main

SPEC = """\
from stagelang import Column, Contract, PerRow, Pipeline, Table, Test, column, mean, metric, source, split, stage
from stagelang import units as u


class Rides(Contract):
    ride: Column[int] = column(key=True)
    fare: Column[float] = column(ge=0, unit=u.USD)


@stage
def paid(rides: Table[Rides], *, least: float = 1.0) -> Table[Rides]:
    return rides.derive(Rides, rides.pandas.query("fare >= @least"))


@metric(unit=u.USD, better="lower", range=(0, None), aggregate=mean(), undefined="error", version="1")
def fare(rides: Table[Rides, Test]) -> PerRow[u.USD]:
    return PerRow(rides.pandas[Rides.fare])


halves = split(paid(source(Rides, "rides.csv")), by=Rides.ride, test=0.5)
price = fare(halves.test)
pipeline = Pipeline("rides", seed=1, metrics=[price], gates=[price.at_most(5, judged_on="estimate")])
"""
ROWS = "ride,fare\n" + "".join(f"{ride},{1 + ride % 3}.5\n" for ride in range(40))

IDENTITY = {
    "GIT_AUTHOR_NAME": "A",
    "GIT_AUTHOR_EMAIL": "a@example.org",
    "GIT_COMMITTER_NAME": "A",
    "GIT_COMMITTER_EMAIL": "a@example.org",
    "GIT_CONFIG_GLOBAL": os.devnull,
    "GIT_CONFIG_NOSYSTEM": "1",
}


class Said(NamedTuple):
    """What a command gave and printed."""

    code: int
    out: str
    err: str


Call = Callable[..., Said]


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with a pipeline and its data, which is the current one."""
    (tmp_path / "pipeline.py").write_text(SPEC)
    (tmp_path / "rides.csv").write_text(ROWS)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("NO_COLOR", "1")
    return tmp_path


def git(folder: Path, *words: str) -> str:
    found = subprocess.run(
        ["git", "-C", str(folder), *words],
        check=True,
        capture_output=True,
        text=True,
        env={**os.environ, **IDENTITY},
    )
    return found.stdout.strip()


@pytest.fixture
def repository(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A repository with a pipeline in a subfolder, which is the current one; its name and path need quoting."""
    top = tmp_path / "the repo's 'top'"
    folder = top / "sub folder"
    folder.mkdir(parents=True)
    for name, value in IDENTITY.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("NO_COLOR", "1")
    monkeypatch.setenv("TMPDIR", str(tmp_path / "tmp"))
    (tmp_path / "tmp").mkdir()
    monkeypatch.setattr("tempfile.tempdir", None)
    git(top, "init", "--quiet", "--initial-branch=main")
    (folder / "pipeline.py").write_text(SPEC)
    git(top, "add", "--all")
    git(top, "commit", "--quiet", "-m", "one")
    monkeypatch.chdir(folder)
    return folder


def edit(folder: Path, old: str, new: str) -> None:
    path = folder / "pipeline.py"
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new))


def at_rest(folder: Path) -> None:
    """Make the data look as if nobody had touched it for years: what has only just changed may change again unseen."""
    (folder / ".stagelang").mkdir(exist_ok=True)
    for path in (folder / "rides.csv", folder):
        os.utime(path, (1e9, 1e9))


@pytest.fixture
def call(capsys: pytest.CaptureFixture[str]) -> Call:
    """Call the command line in this process."""

    def called(*words: str) -> Said:
        capsys.readouterr()
        code = main(words)
        printed = capsys.readouterr()
        return Said(code, printed.out, printed.err)

    return called
