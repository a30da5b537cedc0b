"""Dask's workers as jobs of a real Slurm, started as the emitted `workers.md` says: a lost one's stage goes to another."""

from __future__ import annotations

import json
import os
import re
import subprocess
from collections.abc import Generator
from pathlib import Path

import pytest

from tests.slurm.cluster import Cluster
from tests.stagelang_backends.snakemake.engine import STAGELANG, contents, stagelang

pytestmark = pytest.mark.slurm

SPEC = """\
import datetime as dt
import os
import time
from pathlib import Path

from stagelang import Pipeline, Resources, Value, Waiver, stage

FLAGS = Path({flags!r})


@stage
def one() -> Value[int]:
    return Value.of(1)


@stage(resources=Resources(cpus=2, memory="400MB"))
def waits(x: Value[int]) -> Value[int]:
    (FLAGS / f"job-{{os.environ.get('SLURM_ARRAY_TASK_ID', '')}}").touch()
    while (FLAGS / "wait").exists():
        time.sleep(0.1)
    return Value.of(x.value + 1)


@stage
def last(x: Value[int]) -> Value[int]:
    return Value.of(x.value * 2)


asks = Waiver(rule="SL305", where="waits", owner="tests", reason="asks in which job it is", expires=dt.date(2100, 1, 1))
pipeline = Pipeline("piloted", seed=1, outputs=[last(waits(one()))], waivers=[asks])
"""
SMALLER = {
    "--cpus-per-task=8": "--cpus-per-task=2",
    "--mem=32G": "--mem=1G",
    "--time=8:00:00": "--time=0:20:00",
    "--array=1-4": "--array=1-2",
    "--nthreads 8": "--nthreads 2",
    "cpu=8 memory=32e9": "cpu=2 memory=1e9",
}
"""What this machine has less of than the text supposes."""


def _variables() -> dict[str, str]:
    return {**os.environ, "PATH": f"{STAGELANG}{os.pathsep}{os.environ['PATH']}"}


@pytest.fixture
def scheduler(tmp_path: Path, cluster: Cluster) -> Generator[str]:
    """A scheduler's address."""
    file = tmp_path / "scheduler.json"
    words = ["dask", "scheduler", "--host", "127.0.0.1", "--port", "0", "--dashboard-address", "127.0.0.1:0"]
    with (tmp_path / "scheduler.log").open("wb") as log:
        process = subprocess.Popen(
            [STAGELANG / words[0], *words[1:], "--scheduler-file", file], stdout=log, stderr=log, cwd=tmp_path
        )
    try:
        cluster.wait(lambda: file.exists() and file.read_text().endswith("}"), "the scheduler listens")
        yield str(json.loads(file.read_text())["address"])
    finally:
        process.kill()
        process.wait()


def _submit(folder: Path, address: str) -> str:
    """Submit the workers by the command that was emitted, and give the array's job."""
    told = (folder / "workers.md").read_text()
    (command,) = re.findall(r"^    (sbatch .*\n.*)$", told, re.MULTILINE)
    for more, less in SMALLER.items():
        assert more in command
        command = command.replace(more, less)
    done = subprocess.run(
        command.replace("tcp://10.0.0.1:8786", address),
        shell=True,
        cwd=folder,
        env=_variables(),
        check=True,
        capture_output=True,
        text=True,
    )
    return done.stdout.split()[-1]


def test_a_worker_whose_job_is_cancelled_is_followed_by_another(
    cluster: Cluster, scheduler: str, tmp_path: Path
) -> None:
    flags = tmp_path / "flags"
    flags.mkdir()
    project, local = tmp_path / "project", tmp_path / "local"
    for folder in (project, local):
        folder.mkdir()
        (folder / "pipeline.py").write_text(SPEC.format(flags=str(flags)))
    stagelang(local, "run")
    for left in flags.iterdir():
        left.unlink()
    (flags / "wait").touch()
    stagelang(project, "compile", "--target", "dask")
    folder = project / "build" / "dask"
    array = _submit(folder, scheduler)
    try:
        with (tmp_path / "run.log").open("wb") as log:
            run = subprocess.Popen(
                [STAGELANG / "python", folder / "run_dask.py", "--scheduler", scheduler, "--workers", "2"],
                stdout=log,
                stderr=log,
                env=_variables(),
            )
        cluster.wait(lambda: len([*flags.glob("job-?*")]) == 1, "the stage runs in a job", 180)
        (first,) = flags.glob("job-?*")
        subprocess.run(["scancel", f"{array}_{first.name.removeprefix('job-')}"], check=True)
        cluster.wait(lambda: len([*flags.glob("job-?*")]) == 2, "it runs in the other job", 180)
        (flags / "wait").unlink()
        assert run.wait(timeout=180) == 0, (tmp_path / "run.log").read_text()
    finally:
        subprocess.run(["scancel", array], check=False)
    assert "piloted: pass" in (tmp_path / "run.log").read_text()
    assert contents(project) == contents(local)
    assert len(contents(local)) == 3
