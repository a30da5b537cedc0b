"""What `run_dask.py` does with its arguments, its plan and its cluster on this machine."""

from __future__ import annotations

import importlib
import os
import re
import signal
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from stagelang_runtime.cluster.script import main
from stagelang_runtime.execute.results import INTERRUPTED, STAGE_FAILED
from tests.stagelang_runtime.execute.conftest import await_end, awaited

psutil: Any = importlib.import_module("psutil")

SPEC = """\
import os, time
from pathlib import Path
from stagelang import Pipeline, Value, stage

@stage
def one(*, n: int = 1) -> Value[int]:
    return Value.of(n)

@stage
def lingers(x: Value[int], *, file: str = "") -> Value[int]:
    if file:
        Path(file).write_text("begun")
        while not os.path.exists(file + ".go"): time.sleep(0.01)
    return x

@stage
def fails(x: Value[int]) -> Value[int]:
    raise RuntimeError("no")

pipeline = Pipeline("small", seed=1, outputs=[lingers(one(), file={file!r})])
broken = Pipeline("broken", seed=1, outputs=[fails(one())])
"""


@pytest.fixture
def project(tmp_path: Path) -> Path:
    (tmp_path / "pipeline.py").write_text(SPEC.format(file=str(tmp_path / "begun")))
    return tmp_path


def emit(project: Path, pipeline: str) -> Path:
    words = [
        sys.executable,
        "-m",
        "stagelang_backends.cli",
        "compile",
        "--target",
        "dask",
        "--pipeline",
        pipeline,
    ]
    subprocess.run(words, cwd=project, check=True, capture_output=True)
    return project / "build" / "dask" / "run_dask.py"


def ports(process: subprocess.Popen[str]) -> Sequence[Any]:
    """Give the addresses at which a process and its children listen."""
    found = psutil.Process(process.pid)
    family = [found, *found.children(recursive=True)]
    each = [connection for one in family for connection in one.net_connections(kind="inet")]
    return [connection.laddr for connection in each if connection.status == psutil.CONN_LISTEN]


def test_a_local_cluster_runs_the_plan_and_is_reached_by_nobody_else(project: Path) -> None:
    script = emit(project, "small")
    command = [sys.executable, str(script), "--local", "2"]
    process = subprocess.Popen(
        command, cwd=project, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    awaited(project / "begun")
    listening = ports(process)
    (project / "begun.go").touch()
    stdout, stderr = process.communicate()
    assert process.returncode == 0, stderr
    assert {address.ip for address in listening} == {"127.0.0.1"}
    assert "small: pass  (2 ran in " in stdout
    first, *lines = stderr.splitlines()
    assert re.fullmatch(r"scheduler tcp://127\.0\.0\.1:\d+, dashboard http://127\.0\.0\.1:\d+/status", first)
    assert [line.partition("/2] ")[2][:8] for line in lines] == ["done one", "done lin"]
    again = subprocess.run(command, cwd=project, capture_output=True, text=True, check=False)
    assert "small: pass  (2 up to date in " in again.stdout
    assert again.stderr == ""  # no cluster was started for it


def test_an_interrupted_script_ends_all_that_it_started(project: Path) -> None:
    command = [sys.executable, str(emit(project, "small")), "--local", "1"]
    with subprocess.Popen(
        command,
        cwd=project,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    ) as process:
        awaited(project / "begun")
        family = psutil.Process(process.pid).children(recursive=True)
        os.killpg(process.pid, signal.SIGINT)  # as a terminal does: to all in the foreground
        stdout, stderr = process.communicate()
    assert process.returncode == INTERRUPTED
    assert "small: error  (1 ran, 1 not started in " in stdout
    assert [
        line for line in stderr.splitlines() if not line.startswith(("scheduler", "[1/2] done one"))
    ] == []
    assert len(family) >= 3  # the nanny's worker, the stage, and the guard at least
    for each in family:
        await_end(each.pid)


def test_a_failed_stage_ends_the_script_as_it_ends_a_run_here(project: Path) -> None:
    command = [sys.executable, str(emit(project, "broken")), "--local", "1"]
    done = subprocess.run(command, cwd=project, capture_output=True, text=True, check=False)
    assert done.returncode == STAGE_FAILED
    assert "FAIL fails" in done.stderr
    assert "stage 'fails' raised RuntimeError: no" in done.stderr
    assert "broken: error  (1 ran, 1 failed in " in done.stdout


def test_a_plan_of_another_digest_is_refused(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    plan = tmp_path / "plan.json"
    plan.write_text("{}\n")
    assert main(plan=plan, root=tmp_path, digest="sha256:" + "0" * 64, arguments=["--local", "1"]) == 2
    assert capfd.readouterr().err == (
        "error: plan.json isn't the plan that this script was made for\n"
        f"  expected: sha256:{'0' * 64}\n"
        "  found: sha256:ca3d163bab055381827226140568f3bef7eaac187cebd76878e0b63e9e442356\n"
        "  help: compile the pipeline again\n"
    )


def test_a_missing_library_is_named_with_the_command_that_installs_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    def nothing(name: str) -> None:
        """Find no library."""

    monkeypatch.setattr("importlib.util.find_spec", nothing)
    assert main(plan=tmp_path / "plan.json", root=tmp_path, digest="", arguments=[]) == 2
    assert capfd.readouterr().err == (
        "error: Dask distributed isn't installed\n  help: pip install 'stagelang[dask]'\n"
    )


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--local", "0"], "expected --local above 0, got 0"),
        (["--workers", "-1"], "expected --workers above 0, got -1"),
        (["--patience", "0"], "expected --patience above 0, got 0"),
        (
            ["--local", "1", "--scheduler", "tcp://a:1"],
            "argument --scheduler: not allowed with argument --local",
        ),
    ],
    ids=["no thread", "no worker", "no patience", "two clusters"],
)
def test_arguments_that_make_no_sense_are_refused(
    arguments: list[str], said: str, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as ended:
        main(plan=tmp_path / "plan.json", root=tmp_path, digest="", arguments=arguments)
    assert ended.value.code == 2
    assert capfd.readouterr().err.splitlines()[-1].endswith(f"error: {said}")
