"""A pipeline on a real Slurm: what each stage asks for is granted and enforced, and what is killed heals."""

from __future__ import annotations

import os
import signal
import subprocess
from collections.abc import Mapping
from pathlib import Path

import pytest

from tests.slurm.cluster import Cluster
from tests.stagelang_backends.snakemake.engine import (
    carried_out,
    compiled,
    contents,
    snakemake,
    stagelang,
    variables,
    words,
)

pytestmark = pytest.mark.slurm

# This Slurm keeps no accounts, and its answers come at once.
QUICK = (
    "--slurm-status-command", "squeue", "--slurm-init-seconds-before-status-checks", "1", "--seconds-between-status-checks", "1"
)  # fmt: skip

HEAD = """\
import datetime as dt
import os
import signal
import time
from pathlib import Path

from stagelang import Column, Contract, PerRow, Pipeline, Resources, S, Table, Waiver, column, mean, metric, source, stage
from stagelang import units as u

HERE = Path(__file__).parent


class Numbers(Contract):
    key: Column[int] = column(key=True)
    value: Column[float] = column(ge=0)


def copied(numbers):
    return numbers.derive(Numbers, numbers.pandas)


@metric(unit=u.RATIO, better="higher", range=(0, None), aggregate=mean(), undefined="error", version="1")
def level(numbers: Table[Numbers]) -> PerRow[u.RATIO]:
    return PerRow(numbers.pandas["value"])


numbers = source(Numbers, "numbers.csv")
"""

GRANTED = """\
@stage(resources=Resources(cpus=2, memory="400MB", gpus=1, time="1min", attempts=2))
def grow(numbers: Table[Numbers, S]) -> Table[Numbers, S]:
    if "SLURM_JOB_ID" in os.environ:
        assert os.environ["CUDA_VISIBLE_DEVICES"] == "0"
    block = bytearray(700_000_000)
    block[::4096] = bytes(len(block[::4096]))
    time.sleep(4 if "SLURM_JOB_ID" in os.environ else 0)
    return copied(numbers)


@stage(resources=Resources(time="30s"))
def dawdle(numbers: Table[Numbers, S]) -> Table[Numbers, S]:
    while (HERE / "dawdle").exists():
        time.sleep(0.1)
    return copied(numbers)


high = level(grow(numbers))
asks = Waiver(rule="SL305", where="grow", owner="tests", reason="asks in which job it is", expires=dt.date(2100, 1, 1))
pipeline = Pipeline(
    "granted", seed=1, metrics=[high], gates=[high.at_least(LIMIT)], outputs=[dawdle(numbers)], waivers=[asks]
)
"""

HEALED = """\
@stage
def steady(numbers: Table[Numbers, S]) -> Table[Numbers, S]:
    while (HERE / "wait").exists():
        time.sleep(0.1)
    return copied(numbers)


@stage(resources=Resources(memory="300MB", attempts=2))
def cancelled(numbers: Table[Numbers, S]) -> Table[Numbers, S]:
    while (HERE / "wait").exists():
        time.sleep(0.1)
    return copied(numbers)


@stage
def hung(numbers: Table[Numbers, S]) -> Table[Numbers, S]:
    if (HERE / "wait").exists():
        os.kill(os.getppid(), signal.SIGSTOP)
        time.sleep(600)
    return copied(numbers)


high = level(steady(numbers))
pipeline = Pipeline("healed", seed=1, metrics=[high], gates=[high.at_least(1)], outputs=[cancelled(numbers), hung(numbers)])
"""


def _write(folder: Path, spec: str, *flags: str, limit: float = 1) -> Path:
    folder.mkdir(exist_ok=True)
    (folder / "pipeline.py").write_text(HEAD + spec.replace("LIMIT", str(limit)))
    (folder / "numbers.csv").write_text(
        "key,value\n" + "".join(f"{key},{2 + key % 3}\n" for key in range(50))
    )
    for flag in flags:
        (folder / flag).touch()
    return folder


def _jobs(cluster: Cluster, rule: str) -> list[Mapping[str, str]]:
    """Give the jobs of a rule, in the order of their submission."""
    return [job for job in cluster.jobs() if job.get("Comment", "").startswith(f"rule_{rule}_")]


def _is_running(cluster: Cluster, rule: str, count: int = 1) -> bool:
    jobs = _jobs(cluster, rule)
    return len(jobs) == count and jobs[-1]["JobState"] == "RUNNING"


def test_what_a_stage_asks_for_is_granted_and_enforced(cluster: Cluster, tmp_path: Path) -> None:
    project = _write(tmp_path / "project", GRANTED, "dawdle")
    folder = compiled(project)
    first = snakemake(folder, *QUICK, profile="slurm")
    assert first.returncode == 1
    short, enough = _jobs(cluster, "grow")
    assert (short["JobState"], enough["JobState"]) == ("FAILED", "COMPLETED"), first.stdout
    assert "exceeded memory limit" in _job_log(folder, "grow", short), "Slurm killed it, not the machine"
    assert [_mib(job) for job in (short, enough)] == [382 + 300, 2 * 382 + 300]
    for job in (short, enough):
        assert (job["CPUs/Task"], job["TresPerJob"], job["TimeLimit"]) == ("2", "gres:gpu:1", "00:02:00")
    assert "'dawdle' was stopped: it took longer than its 30 s" in first.stdout
    assert first.stdout.count("granted: error") == 1

    (project / "dawdle").unlink()
    second = snakemake(folder, *QUICK, profile="slurm")
    assert (second.returncode, carried_out(second.stdout)) == (0, ["dawdle"]), second.stdout
    local = _write(tmp_path / "local", GRANTED)
    stagelang(local, "run")
    assert contents(project) == contents(local)
    assert len(contents(local)) == 4

    _write(project, GRANTED, limit=1000)
    failed = snakemake(compiled(project), *QUICK, profile="slurm")
    assert (failed.returncode, carried_out(failed.stdout)) == (1, [])
    assert "granted: fail" in failed.stdout


def test_what_is_killed_heals(cluster: Cluster, tmp_path: Path) -> None:
    project = _write(tmp_path / "project", HEALED, "wait")
    folder = compiled(project)
    call = words(*QUICK, "--set-resources", "hung:runtime=1", profile="slurm")
    with (
        (tmp_path / "head.log").open("wb") as log,
        subprocess.Popen(call, cwd=folder, env=variables(), stdout=log, stderr=log, start_new_session=True) as head,
    ):  # fmt: skip
        try:
            cluster.wait(
                lambda: all(_is_running(cluster, rule) for rule in ("steady", "cancelled", "hung")),
                "three run",
                180,
            )
            subprocess.run(["scancel", _jobs(cluster, "cancelled")[0]["JobId"]], check=True)
            cluster.kill("slurmd")
            cluster.start("slurmd")
            cluster.wait(lambda: _is_running(cluster, "cancelled", 2), "a second attempt runs", 120)
            cluster.wait(
                lambda: _jobs(cluster, "hung")[0]["JobState"] == "TIMEOUT", "Slurm ends what hangs", 150
            )
        finally:
            os.killpg(head.pid, signal.SIGKILL)
    attempts = _jobs(cluster, "cancelled")
    assert [_mib(job) for job in attempts] == [287 + 300, 2 * 287 + 300]
    assert attempts[0]["JobState"] == "CANCELLED"

    (project / "wait").unlink()
    cluster.wait(
        lambda: _jobs(cluster, "steady")[0]["JobState"] == "COMPLETED", "what ran goes on without its head"
    )
    cluster.wait(lambda: _jobs(cluster, "cancelled")[1]["JobState"] == "COMPLETED", "and the second attempt")
    refused = snakemake(folder, *QUICK, profile="slurm")
    assert "LockException" in refused.stdout
    assert snakemake(folder, "--unlock", profile="slurm").returncode == 0
    resumed = snakemake(folder, *QUICK, profile="slurm")
    assert resumed.returncode == 0, resumed.stdout
    assert sorted(carried_out(resumed.stdout)) == ["hung", "level"]
    local = _write(tmp_path / "local", HEALED)
    stagelang(local, "run")
    assert contents(project) == contents(local)


def _mib(job: Mapping[str, str]) -> int:
    asked = dict(each.split("=") for each in job["TRES"].split(","))
    return int(asked["mem"].removesuffix("M"))


def _job_log(folder: Path, rule: str, job: Mapping[str, str]) -> str:
    (log,) = (folder / ".snakemake" / "slurm_logs" / f"rule_{rule}").rglob(f"{job['JobId']}.log")
    return log.read_text(errors="replace")
