"""Whatever kills a run, the next one ends with the same results as one that nothing disturbed."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from stagelang_compiler import plan_codec
from tests.stagelang_runtime.execute.conftest import await_end, awaited

if TYPE_CHECKING:
    from tests.stagelang_runtime.execute.conftest import Project

RUN = """
import sys
from pathlib import Path
from stagelang_compiler import plan_codec
from tests.stagelang_runtime.execute.conftest import await_end, awaited
from stagelang_runtime.execute.results import RunOptions
from stagelang_runtime.execute.runner import run
from stagelang_runtime.store import Store
if __name__ == "__main__":
    root = Path(sys.argv[1])
    plan = plan_codec.loads((root / "plan.json").read_text())
    store = Store.open_or_create(root / ".stagelang" / "store")
    result = run(plan, root=root, store=store, options=RunOptions(jobs=int(sys.argv[2])))
    for node in result.of_state("failed"):
        print(node.failure)
    sys.exit(result.exit_code)
"""

CODE = """
import os, random, sys, threading, time
import numpy as np

_left = int(os.environ.get("KILL_AT", "0"))
def counted(real):
    def call(*args, **kwargs):
        global _left
        _left -= 1
        if _left == 0:
            os.kill(os.getppid(), 9)
            if os.environ.get("KILL_BOTH"):
                os.kill(os.getpid(), 9)
        return real(*args, **kwargs)
    return call
if _left:
    for _name in ("open", "fsync", "replace", "link", "write"):
        setattr(os, _name, counted(getattr(os, _name)))
if os.environ.get("DISK_FULL"):
    def refuse(*args, **kwargs): raise OSError(28, "No space left on device")
    os.write = refuse

@stage
def start(*, k: int = 0) -> Value[float]: return Value.of(random.random() + k)
@stage
def add(*xs: Value[float]) -> Value[float]:
    return Value.of(sum(x.value for x in xs) + float(np.random.rand()))
@stage
def sleeps(x: Value[float]) -> Value[float]:
    Path("pid").write_text(str(os.getpid()))
    time.sleep(600)
@stage
def leaves_a_thread(x: Value[float]) -> Value[float]:
    threading.Thread(target=time.sleep, args=(600,)).start()
    return x
@stage
def leaves_a_program(x: Value[float]) -> Value[float]:
    import subprocess
    program = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"])
    Path("pid").write_text(str(program.pid))
    os._exit(1)
@stage
def differs() -> Value[str]: return Value.of(os.urandom(8).hex())
@stage
def blas(x: Value[float], *, n: int) -> Value[float]:
    a = np.random.rand(n, n)
    return Value.of(float((a @ a.T).sum() + x.value))
"""


@pytest.fixture
def lattice(project: Project) -> Project:
    """Three rows of three nodes, each reading all of the row before."""
    project.code(CODE)
    before: list[str] = []
    for row in range(3):
        names = [f"n{row}{column}" for column in range(3)]
        for place, name in enumerate(names):
            if before:
                project.node(name, "add", reads={"xs": before})
            else:
                project.node(name, "start", params={"k": place})
        before = names
    return project


def launch(project: Project, jobs: int = 1, **variables: str) -> subprocess.Popen[str]:
    (project.root / "plan.json").write_text(plan_codec.dumps(project.plan))
    return subprocess.Popen(
        [sys.executable, "-c", RUN, str(project.root), str(jobs)],
        env={**os.environ, **variables},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


def finish(process: subprocess.Popen[str]) -> tuple[int, str]:
    said, _ = process.communicate(timeout=120)
    return process.returncode, said


def contents(project: Project, *, jobs: int = 1) -> dict[str, str]:
    result = project.run(jobs=jobs)
    assert result.exit_code == 0
    return {name: node.outputs[0].content for name, node in result.nodes.items()}


def undisturbed(project: Project) -> dict[str, str]:
    """Run in a store of its own."""
    expected = contents(project)
    (project.root / ".stagelang").rename(project.root / ".undisturbed")
    return expected


@pytest.mark.slow
@pytest.mark.parametrize("both", ["", "1"])
def test_a_runner_killed_at_any_of_many_points_loses_nothing(lattice: Project, both: str) -> None:
    expected = undisturbed(lattice)
    killed = 0
    for point in range(1, 23):
        code, said = finish(launch(lattice, KILL_AT=str(point), KILL_BOTH=both))
        assert code in (0, -signal.SIGKILL), said
        killed += code == -signal.SIGKILL
    assert killed >= 10
    assert contents(lattice) == expected


def test_a_runner_killed_a_few_times_loses_nothing(lattice: Project) -> None:
    expected = undisturbed(lattice)
    codes = [finish(launch(lattice, KILL_AT=str(point)))[0] for point in (2, 7, 12)]
    assert codes == [-signal.SIGKILL] * 3
    assert contents(lattice) == expected


def test_an_interrupt_ends_the_workers_and_keeps_what_was_done(lattice: Project) -> None:
    lattice.node("sleeps", reads={"x": "n20"})
    process = launch(lattice)
    pid = int(awaited(lattice.root / "pid"))
    process.send_signal(signal.SIGINT)
    assert finish(process) == (130, "")
    await_end(pid)
    lattice.nodes.pop("sleeps")
    assert set(lattice.states().values()) == {"hit"}


def test_a_worker_ends_when_its_runner_is_killed(lattice: Project) -> None:
    lattice.node("sleeps", reads={"x": "n20"})
    process = launch(lattice)
    pid = int(awaited(lattice.root / "pid"))
    process.kill()
    finish(process)
    await_end(pid)


def test_a_full_disk_is_one_clear_failure_and_leaves_the_store_valid(lattice: Project) -> None:
    expected = undisturbed(lattice)
    code, said = finish(launch(lattice, DISK_FULL="1"))
    assert (code, said) == (
        3,
        (
            f"no space left for the store '{lattice.root}/.stagelang/store'\n"
            "  help: free some space and run again: nothing stored is lost\n"
        ),
    )
    assert contents(lattice) == expected


def test_eight_runners_on_one_store_all_end_well_with_the_same_results(lattice: Project) -> None:
    expected = undisturbed(lattice)
    processes = [launch(lattice, jobs=2) for _ in range(8)]
    assert [finish(process) for process in processes] == [(0, "")] * 8
    assert contents(lattice) == expected
    assert set(lattice.states().values()) == {"hit"}


def test_two_jobs_give_the_same_numbers_as_one(lattice: Project) -> None:
    for name in ("n20", "n21", "n22"):
        lattice.node(f"blas_{name}", "blas", reads={"x": name}, params={"n": 300})
    expected = undisturbed(lattice)
    assert contents(lattice, jobs=2) == expected


def test_an_unrelated_stage_changes_nobodys_numbers(lattice: Project) -> None:
    expected = undisturbed(lattice)
    lattice.nodes = {"another": lattice.node("another", "start"), **lattice.nodes}
    assert contents(lattice).items() > expected.items()


def test_a_program_that_a_dead_worker_leaves_behind_is_ended(lattice: Project) -> None:
    lattice.node("leaves_a_program", reads={"x": "n00"})
    assert lattice.run().exit_code == 3
    await_end(int(awaited(lattice.root / "pid")))


def test_a_lost_result_that_never_repeats_is_replaced(lattice: Project) -> None:
    lattice.node("differs")
    (lost,) = lattice.run().nodes["differs"].outputs
    lattice.store.get_path(lost.object).unlink()
    result = lattice.run()
    assert result.nodes["differs"].state == "ran"
    assert result.nodes["differs"].outputs[0].object != lost.object
    assert set(lattice.states().values()) == {"hit"}


def test_a_thread_that_a_body_leaves_behind_does_not_hold_up_the_run(lattice: Project) -> None:
    lattice.node("leaves_a_thread", reads={"x": "n00"})
    assert lattice.run().exit_code == 0
