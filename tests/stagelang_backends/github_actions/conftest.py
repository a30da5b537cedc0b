"""A small pipeline in a repository, and the runners that carry out its workflow."""

from __future__ import annotations

import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from stagelang_backends.cli.main import main
from tests.stagelang_backends.github_actions.runners import Runners

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
def cost(rides: Table[Rides, Test]) -> PerRow[u.USD]:
    return PerRow(rides.pandas[Rides.fare])


halves = split(paid(source(Rides, "rides.csv")), by=Rides.ride, test=0.5)
price = cost(halves.test)
pipeline = Pipeline("rides", seed=1, metrics=[price], gates=[price.at_most(5, judged_on="estimate")])
"""
ROWS = "ride,fare\n" + "".join(f"{ride},{1 + ride % 3}.5\n" for ride in range(40))
SETTINGS = '[tool.stagelang.gha]\njobs = "each"\n'

Setting = Callable[..., Runners]


@pytest.fixture
def on_runners(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Setting:
    """Put a pipeline into a folder of a repository, compile its workflow, and give the runners for it."""

    def set_up(spec: str = SPEC, settings: str = SETTINGS) -> Runners:
        repository, scratch = tmp_path / "repository", tmp_path / "scratch"
        (repository / "models").mkdir(parents=True)
        scratch.mkdir()
        subprocess.run(["git", "init", "--quiet", str(repository)], check=True)
        (repository / "models" / "pipeline.py").write_text(spec)
        (repository / "models" / "rides.csv").write_text(ROWS)
        (repository / "pyproject.toml").write_text(settings)
        assert main(["compile", str(repository / "models" / "pipeline.py"), "--target", "gha"]) == 0
        capsys.readouterr()
        return Runners(repository=repository, scratch=scratch, workflow=".github/workflows/rides.yml")

    return set_up
