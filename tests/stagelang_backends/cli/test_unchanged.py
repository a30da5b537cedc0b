"""What a run says without loading anything is what the last run came to, and never what one before it did."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from stagelang_backends.cli.main import main
from stagelang_runtime import session

SPEC = """\
from stagelang import Column, Contract, PerRow, Pipeline, Table, column, mean, metric, source
from stagelang import units as u


class Rides(Contract):
    ride: Column[int] = column(key=True)
    fare: Column[float] = column(ge=0, unit=u.USD)


@metric(unit=u.USD, better="lower", range=(0, None), aggregate=mean(), undefined="error", version="1")
def fare(rides: Table[Rides]) -> PerRow[u.USD]:
    return PerRow(rides.pandas[Rides.fare])


mean_fare = fare(source(Rides, "rides.csv"))
pipeline = Pipeline("rides", seed=1, metrics=[mean_fare], gates=[mean_fare.at_most(10)])
"""
CHEAP = "ride,fare\n" + "".join(f"{ride},{ride % 5}.5\n" for ride in range(30))
DEAR = CHEAP.replace(".5", "9.5")


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A pipeline's folder whose run passed, long after its data came to rest."""
    folder = tmp_path / "project"
    folder.mkdir()
    monkeypatch.chdir(folder)
    (folder / "pipeline.py").write_text(SPEC)
    write(CHEAP)
    assert main(["run"]) == 0
    return folder


def write(rides: str) -> None:
    """Put the data in place, and let it and its folder come to rest."""
    Path("rides.csv").write_text(rides)
    Path(".stagelang").mkdir(exist_ok=True)
    for path in (Path("rides.csv"), Path()):
        os.utime(path, (1e9, 1e9))


def said(capsys: pytest.CaptureFixture[str]) -> tuple[int, str]:
    capsys.readouterr()
    return main(["run"]), capsys.readouterr().out


def test_the_last_verdict_is_said_again(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code, text = said(capsys)
    assert code == 0
    assert text.startswith("rides: pass  (nothing changed: all 2 nodes are up to date)\n")


def test_a_run_that_ended_before_its_outcome_was_kept_does_not_revive_an_older_verdict(
    folder: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    write(DEAR)
    with monkeypatch.context() as patch:
        patch.setattr(session, "keep_outcome", _killed)
        assert main(["run"]) == 130
    code, text = said(capsys)
    assert code == 1
    assert text.startswith("\nrides: fail  (2 up to date ")


def _killed(*_: object) -> None:
    raise KeyboardInterrupt
