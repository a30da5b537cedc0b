"""What is emitted runs under the real Snakemake, gives what a run gives, and starts no job that nothing asks for."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import time
from pathlib import Path

import pytest

from tests.stagelang_backends.snakemake.engine import (
    ROOT,
    carried_out,
    compiled,
    contents,
    snakemake,
    stagelang,
    variables,
    words,
)

SPEC = """\
import os
import time

from stagelang import (
    Column, Contract, PerRow, Pipeline, Resources, S, Table, column, mean, metric, scope, source, stage
)
from stagelang import units as u


class Numbers(Contract):
    key: Column[int] = column(key=True)
    value: Column[float] = column(ge=0)


def tried(name):
    with open(os.path.join(os.path.dirname(__file__), name), "a") as file:
        file.write("x")


@stage
def scale(numbers: Table[Numbers, S], *, by: float = 2.0) -> Table[Numbers, S]:
    return numbers.derive(Numbers, numbers.pandas.assign(value=lambda rows: rows["value"] * by))


@stage(resources=Resources(attempts=3))
def doubtful(numbers: Table[Numbers, S]) -> Table[Numbers, S]:
    tried("tries")
    if os.path.exists(os.path.join(os.path.dirname(__file__), "raise")):
        raise RuntimeError("not today")
    sign = -1 if os.path.exists(os.path.join(os.path.dirname(__file__), "negative")) else 1
    while os.path.exists(os.path.join(os.path.dirname(__file__), "wait")):
        time.sleep(0.05)
    return numbers.derive(Numbers, numbers.pandas.assign(value=lambda rows: rows["value"] * sign))


@metric(unit=u.RATIO, better="higher", range=(0, None), aggregate=mean(), undefined="error", version="1")
def level(numbers: Table[Numbers]) -> PerRow[u.RATIO]:
    return PerRow(numbers.pandas["value"])


numbers = source(Numbers, "numbers.csv")
with scope("eu.west"):
    scaled = scale(numbers)
    high = level(doubtful(scaled))
with scope("us"):
    other = level(scale(numbers, by=3.0))
pipeline = Pipeline("machine", seed=1, metrics=[high, other], gates=[high.at_least(LIMIT)])
"""
NODES = ["numbers", "eu.west/scale", "us/scale", "eu.west/doubtful", "us/level", "eu.west/level"]


def write_project(folder: Path, *, limit: float = 1.0) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "pipeline.py").write_text(SPEC.replace("LIMIT", str(limit)))
    (folder / "numbers.csv").write_text(
        "key,value\n" + "".join(f"{key},{2 + key % 3}\n" for key in range(50))
    )
    return folder


def copied(done: tuple[Path, str], folder: Path, **limit: float) -> Path:
    """Copy the project that has run, with a change by which only `doubtful` and what follows it are to be carried out."""
    shutil.copytree(done[0], folder)
    write_project(folder, **limit)
    spec = folder / "pipeline.py"
    spec.write_text(spec.read_text().replace("time.sleep(0.05)", "time.sleep(0.06)"))
    (folder / "tries").unlink()
    return folder


@pytest.fixture(scope="module")
def done(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    """A project in a folder of a hostile name that Snakemake has run once, and what it said."""
    project = write_project(tmp_path_factory.mktemp("runs") / 'it\'s {a} "folder" $HOME')
    run = snakemake(compiled(project), "--cores", "2")
    assert run.returncode == 0, run.stdout
    return project, run.stdout


def test_a_run_carries_out_each_node_once_and_ends_with_the_verdict(done: tuple[Path, str]) -> None:
    project, said = done
    assert sorted(carried_out(said)) == sorted(NODES)
    assert "machine: pass  (6 up to date" in said
    assert (project / "build" / "snakemake" / "notes" / "eu.west" / "level.json").is_file()
    outcome = next((project / ".stagelang" / "state").glob("machine-*/outcome.json"))
    assert '"exit": 0' in outcome.read_text() or '"exit":0' in outcome.read_text()


def test_a_run_gives_the_digests_of_a_local_run(done: tuple[Path, str], tmp_path: Path) -> None:
    local = write_project(tmp_path / "local")
    stagelang(local, "run")
    assert contents(done[0]) == contents(local)
    assert len(contents(local)) == len(NODES)


def test_where_nothing_changed_only_the_verdict_runs(done: tuple[Path, str]) -> None:
    again = snakemake(done[0] / "build" / "snakemake")
    assert (again.returncode, carried_out(again.stdout)) == (0, [])
    assert "machine: pass  (6 up to date" in again.stdout


def test_a_touched_source_starts_nothing_and_a_changed_one_what_follows(
    done: tuple[Path, str], tmp_path: Path
) -> None:
    project = tmp_path / "copy"
    shutil.copytree(done[0], project)
    folder = project / "build" / "snakemake"
    source = project / "numbers.csv"
    os.utime(source)
    note = folder / "notes" / "numbers.json"
    note.write_text(note.read_text() + "\n")
    assert carried_out(snakemake(folder, "--dry-run").stdout) == []
    source.write_text(source.read_text() + "50,9\n")
    assert sorted(carried_out(snakemake(folder, "--dry-run").stdout)) == sorted(NODES)


def test_what_the_store_holds_starts_no_job(done: tuple[Path, str], tmp_path: Path) -> None:
    project = tmp_path / "copy"
    shutil.copytree(done[0], project)
    shutil.rmtree(project / "build")
    assert carried_out(snakemake(compiled(project), "--dry-run").stdout) == []


def test_a_failed_gate_fails_every_time(done: tuple[Path, str], tmp_path: Path) -> None:
    project = copied(done, tmp_path / "copy", limit=1000)
    folder = compiled(project)
    first, second = snakemake(folder), snakemake(folder)
    assert (first.returncode, second.returncode) == (1, 1)
    assert (len(carried_out(first.stdout)), carried_out(second.stdout)) == (2, [])
    for said in (first.stdout, second.stdout):
        assert said.count("machine: fail") == 1


def test_a_stage_that_raises_is_tried_as_often_as_it_says_and_the_rest_is_done(
    done: tuple[Path, str], tmp_path: Path
) -> None:
    project = copied(done, tmp_path / "copy")
    (project / "raise").touch()
    folder = compiled(project)
    failed = snakemake(folder, "--cores", "1")
    assert failed.returncode == 1
    assert (project / "tries").read_text() == "xxx"
    assert "RuntimeError: not today" in failed.stdout, "the failed node's log is shown"
    assert failed.stdout.count("machine: error") == 1
    (project / "raise").unlink()
    healed = snakemake(folder)
    assert healed.returncode == 0, healed.stdout
    assert carried_out(healed.stdout) == ["eu.west/doubtful", "eu.west/level"]


def test_after_a_failed_gate_a_stage_is_not_tried_again(done: tuple[Path, str], tmp_path: Path) -> None:
    project = copied(done, tmp_path / "copy")
    (project / "negative").touch()
    failed = snakemake(compiled(project))
    assert failed.returncode == 1
    assert (project / "tries").read_text() == "x"
    assert "expected values >= 0" in failed.stdout


def test_a_killed_head_goes_on_after_unlock(tmp_path: Path) -> None:
    project = write_project(tmp_path)
    (project / "wait").touch()
    folder = compiled(project)
    with subprocess.Popen(
        words(), cwd=folder, env=variables(), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True
    ) as head:  # fmt: skip
        end = time.monotonic() + 120
        while not (project / "tries").exists():
            assert time.monotonic() < end
            time.sleep(0.1)
        os.killpg(head.pid, signal.SIGKILL)
    (project / "wait").unlink()
    refused = snakemake(folder)
    assert refused.returncode == 1
    assert "LockException" in refused.stdout
    assert snakemake(folder, "--unlock").returncode == 0
    resumed = snakemake(folder)
    assert resumed.returncode == 0, resumed.stdout
    assert "numbers" not in carried_out(resumed.stdout)
    assert "machine: pass" in resumed.stdout


def test_code_that_changed_since_it_was_compiled_is_refused(done: tuple[Path, str], tmp_path: Path) -> None:
    project = tmp_path / "copy"
    shutil.copytree(done[0], project)
    with (project / "pipeline.py").open("a") as file:
        file.write("# later\n")
    refused = snakemake(project / "build" / "snakemake")
    assert refused.returncode == 2
    assert (
        "error: 'pipeline.py' changed since the plan was compiled\n  help: compile the pipeline again\n"
        in refused.stdout
    )


@pytest.mark.parametrize("name", ["plan.json", "nodes.json"])
def test_files_of_two_plans_are_refused(done: tuple[Path, str], tmp_path: Path, name: str) -> None:
    folder = tmp_path / "snakemake"
    shutil.copytree(done[0] / "build" / "snakemake", folder)
    (folder / name).write_text((folder / name).read_text().replace("sha256:", "sha256:0", 1))
    refused = snakemake(folder)
    assert refused.returncode == 1
    assert (
        "error: Snakefile, nodes.json and plan.json aren't of one plan\n  help: compile the pipeline again\n"
        in refused.stdout
    )


_ITS_TASTE = {
    "No log directive defined",  # the verdict is for the terminal
    "Specify a conda environment or container for each rule.",  # its environment is stagelang's own, and part of every key
}


@pytest.mark.parametrize("example", ["digit_reader", "flight_delays"])
def test_snakemakes_linter_finds_nothing_in_a_golden_file_but_what_is_meant(
    example: str, tmp_path: Path
) -> None:
    project = tmp_path / example
    shutil.copytree(
        ROOT / "examples" / example,
        project,
        ignore=shutil.ignore_patterns(".stagelang", "build", "__pycache__"),
    )
    shutil.copytree(ROOT / "tests" / "golden" / example / "snakemake", project / "build" / "snakemake")
    said = snakemake(project / "build" / "snakemake", "--lint").stdout
    found = [line[6:].rstrip(":") for line in said.splitlines() if line.startswith("    * ")]
    assert set(found) == _ITS_TASTE, said
    assert found.count("No log directive defined") == 1, "rule all's"
