"""A run on a cluster gives what a run here gives, heals where workers are lost, and never ends well by mistake."""

from __future__ import annotations

import os
import threading
from importlib.metadata import version
from pathlib import Path
from typing import Any

import pytest

from stagelang_compiler import plan as p
from stagelang_runtime.execute.results import STAGE_FAILED, RunResult
from stagelang_runtime.store import Store
from tests.stagelang_runtime.cluster.conftest import Cluster, Runs, kill_all
from tests.stagelang_runtime.execute.conftest import ORIGIN, Project, await_end, awaited

CODE = """
import os, sys, time, signal, subprocess, re
@stage
def one(*, n: int = 1) -> Value[int]: return Value.of(n)
@stage
def plus(x: Value[int], *, n: int = 1) -> Value[int]: return Value.of(x.value + n)
@stage
def prints(x: Value[int]) -> Value[int]:
    print("to stdout"); print("to stderr", file=sys.stderr)
    return x
@stage
def divides(x: Value[int]) -> Value[int]: return Value.of(1 // (x.value - 1))
@stage
def folder(x: Value[int]) -> Files:
    Path("out").mkdir(exist_ok=True); Path("out/a.txt").write_text(str(x.value))
    return Files.of(Path("out"))
@stage
def where() -> Value[str]: return Value.of(os.getcwd())
def count(file: str) -> int:
    with open(file, "a") as log: log.write("x")
    return os.stat(file).st_size
@stage
def third_time(x: Value[int], *, file: str = "") -> Value[int]:
    if count(file) < 3: raise RuntimeError("not yet")
    return x
@stage
def lasts(x: Value[int], *, file: str = "") -> Value[int]:
    child = subprocess.Popen(["sleep", "1000"])
    Path(file).write_text(f"{os.getpid()} {child.pid}")
    child.wait()
    return x
@stage
def lasts_once(x: Value[int], *, file: str = "") -> Value[int]:
    if not os.path.exists(file):
        Path(file + ".new").write_text(f"{os.getpid()}"); os.rename(file + ".new", file)
        re.match("(a+)+$", "a" * 60 + "b")  # holds Python's lock: no thread of this process can notice anything
    return x
def worker() -> int:
    return os.getppid()
@stage
def poison(x: Value[int], *, file: str = "", times: int = 1000) -> Value[int]:
    if count(file) <= times:
        os.kill(worker(), signal.SIGKILL)
        time.sleep(1000)
    return x
"""


@pytest.fixture
def written(project: Project) -> Project:
    project.code(CODE)
    project.node("one")
    return project


def states(result: RunResult) -> dict[str, str]:
    return {name: node.state for name, node in result.nodes.items()}


def message(result: RunResult, node: str) -> str:
    failure = result.nodes[node].failure
    assert failure is not None
    return failure.message


_TIME_AND_PLACE = ("started", "seconds", "memory", "environment")


def receipts(result: RunResult) -> dict[str, Any]:
    return {
        name: {field: value for field, value in node.receipt.items() if field not in _TIME_AND_PLACE}
        for name, node in result.nodes.items()
        if node.receipt is not None
    }


def test_receipts_are_those_of_a_run_here_but_for_time_and_place(
    written: Project, runs: Runs, cluster: Cluster, tmp_path: Path
) -> None:
    cluster.worker("--nthreads", "2")
    (written.root / "items.csv").write_text("k,v\n" + "".join(f"{n},{n}\n" for n in range(20)))
    columns = [p.Column(name=name, type="int", key=name == "k", origin=ORIGIN) for name in "kv"]
    written.contract("Items", *columns)
    source = p.Source(location="items.csv", format="csv")
    written.node("items", kind="source", gives="table", promises={"out": "Items"}, source=source)
    split = p.Split(method="hash", by="k", test=0.5)
    written.node("halves", kind="split", reads={"table": "items"}, gives={"train": "table", "test": "table"}, split=split)  # fmt: skip
    written.node("prints", reads={"x": "one"})
    written.node("more", "plus", reads={"x": "prints"}, params={"n": 5})
    written.node("divides", reads={"x": "one"})
    written.node("after", "plus", reads={"x": "divides"})
    written.node("folder", reads={"x": "more"}, gives="files")
    there = runs.run(store=Store.open_or_create(tmp_path / "there"))
    written.events.clear()
    here = written.run(keep_going=True)
    assert states(there) == states(here)
    assert message(there, "divides") == message(here, "divides")
    assert there.nodes["after"].blocked_by == ("divides",)
    assert receipts(there) == receipts(here)
    assert len(receipts(there)) == 6
    again = runs.run(store=Store.open_or_create(tmp_path / "there"))
    assert states(again) == {**states(there), **dict.fromkeys(receipts(there), "hit")}


def test_stages_run_in_the_workers_folder_from_code_that_came_through_the_store(
    written: Project, runs: Runs, cluster: Cluster
) -> None:
    cluster.worker()
    written.node("where")
    result = runs.run()
    receipt = result.nodes["where"].receipt
    assert receipt is not None
    place = written.store.get_bytes(receipt["outputs"][0]["object"]).decode()
    assert place.startswith(f'"{cluster.folder}')
    assert not Path(place.strip('"')).exists()  # and it is gone once the run is over


def test_a_stage_is_tried_as_often_as_it_says(
    written: Project, runs: Runs, cluster: Cluster, tmp_path: Path
) -> None:
    cluster.worker()
    written.stage("third_time", resources=p.Resources(attempts=3))
    written.stage("twice", qualname="third_time", resources=p.Resources(attempts=2))
    written.node("third_time", reads={"x": "one"}, params={"file": str(tmp_path / "a")})
    written.node("twice", reads={"x": "one"}, params={"file": str(tmp_path / "b")})
    result = runs.run()
    assert states(result) == {"one": "ran", "third_time": "ran", "twice": "failed"}
    assert message(result, "twice") == "stage 'twice' raised RuntimeError: not yet (attempt 2 of 2)"
    said = [event.failure.message for event in runs.events if event.kind == "again" and event.failure]
    assert said == [
        "stage 'third_time' raised RuntimeError: not yet (attempt 1 of 3)",
        "stage 'third_time' raised RuntimeError: not yet (attempt 2 of 3)",
        "stage 'twice' raised RuntimeError: not yet (attempt 1 of 2)",
    ]


def test_a_stage_over_its_time_ends_with_all_that_it_started(
    written: Project, runs: Runs, cluster: Cluster, tmp_path: Path
) -> None:
    cluster.worker()
    written.stage("lasts", resources=p.Resources(time_seconds=1.0))
    written.node("lasts", reads={"x": "one"}, params={"file": str(tmp_path / "pids")})
    result = runs.run()
    assert message(result, "lasts") == "'lasts' was stopped: it took longer than its 1 s"
    for pid in awaited(tmp_path / "pids").split():
        await_end(int(pid))


def test_what_no_worker_has_fails_at_once_and_blocks_what_needs_it(
    written: Project, runs: Runs, cluster: Cluster
) -> None:
    cluster.worker("--resources", "cpu=2 memory=3221225472")
    written.stage("seen", qualname="plus", resources=p.Resources(gpus=1))
    written.stage("wide", qualname="plus", resources=p.Resources(cpus=2, memory_bytes=2**30))
    written.node("seen", reads={"x": "one"})
    written.node("after", "plus", reads={"x": "seen"})
    written.node("wide", reads={"x": "one"})
    result = runs.run()
    assert states(result) == {"one": "ran", "seen": "failed", "after": "blocked", "wide": "ran"}
    assert message(result, "seen") == (
        "'seen' can't be carried out: no worker has cpu 1, gpu 1 (there is: cpu 2, memory 3 GiB, gpu 0)"
    )
    assert result.exit_code == STAGE_FAILED


def test_a_run_waits_for_a_worker_that_comes_late(written: Project, runs: Runs, cluster: Cluster) -> None:
    (written.root / "a").mkdir()
    (written.root / "a" / "b.txt").write_text("b")
    source = p.Source(location="a/*.txt", format="files")
    written.node("files", kind="source", gives="files", source=source)
    runs.on_event = lambda event: cluster.worker() if (event.kind, event.node) == ("ran", "files") else None
    assert states(runs.run()) == {"one": "ran", "files": "ran"}


def test_no_worker_in_time_ends_the_run_with_a_failure(written: Project, runs: Runs) -> None:
    result = runs.run(patience=0.5)
    assert states(result) == {"one": "failed"}
    assert message(result, "one") == f"no worker has come to {runs.cluster.address} within 0.5 s"
    assert result.exit_code == STAGE_FAILED


def test_no_scheduler_ends_the_run_with_a_failure(written: Project, runs: Runs) -> None:
    runs.cluster = Cluster(runs.cluster.folder, "tcp://127.0.0.1:1")
    assert message(runs.run(patience=0.5), "one").startswith(
        "the scheduler at tcp://127.0.0.1:1 can't be reached: "
    )


def test_another_worker_takes_over_from_one_that_is_killed_and_nothing_of_it_lives_on(
    written: Project, runs: Runs, cluster: Cluster, tmp_path: Path
) -> None:
    first = cluster.worker()
    file = tmp_path / "pid"
    written.node("lasts_once", reads={"x": "one"}, params={"file": str(file)})
    written.node("after", "plus", reads={"x": "lasts_once"})

    def kill(event: Any) -> None:
        if (event.kind, event.node) == ("again", "lasts_once"):
            cluster.worker()

    runs.on_event = kill

    def wait_and_kill() -> None:
        awaited(file)
        first.kill()

    killer = threading.Thread(target=wait_and_kill)
    killer.start()
    result = runs.run()
    killer.join()
    assert states(result) == {"one": "ran", "lasts_once": "ran", "after": "ran"}
    (failure,) = [event.failure for event in runs.events if event.kind == "again" and event.failure]
    assert failure.message.endswith("that carried out 'lasts_once' was lost (attempt 1 of 3)")
    await_end(int(file.read_text()))


def test_a_lost_machine_heals_on_another(
    written: Project, runs: Runs, cluster: Cluster, tmp_path: Path
) -> None:
    first = cluster.worker("--nanny")
    file = tmp_path / "pid"
    written.node("lasts_once", reads={"x": "one"}, params={"file": str(file)})

    def wait_and_kill() -> None:
        awaited(file)
        cluster.worker()
        kill_all(first)  # nanny, worker and the stage itself

    killer = threading.Thread(target=wait_and_kill)
    killer.start()
    assert states(runs.run()) == {"one": "ran", "lasts_once": "ran"}
    killer.join()


def test_a_dead_scheduler_is_a_failure_and_the_next_run_goes_on_from_there(
    written: Project, runs: Runs, own_cluster: Cluster, cluster: Cluster, tmp_path: Path
) -> None:
    own_cluster.worker()
    file = tmp_path / "pid"
    written.node("lasts_once", reads={"x": "one"}, params={"file": str(file)})
    written.node("after", "plus", reads={"x": "lasts_once"})

    def wait_and_kill() -> None:
        awaited(file)
        own_cluster.kill_scheduler()

    killer = threading.Thread(target=wait_and_kill)
    killer.start()
    runs.cluster = own_cluster
    result = runs.run()
    killer.join()
    assert states(result) == {"one": "ran", "lasts_once": "failed", "after": "blocked"}
    assert message(result, "lasts_once") == f"the scheduler at {own_cluster.address} is gone"
    assert result.exit_code == STAGE_FAILED
    runs.cluster = cluster
    cluster.worker()
    assert states(runs.run()) == {"one": "hit", "lasts_once": "ran", "after": "ran"}


def test_a_stage_that_kills_its_worker_fails_alone(
    written: Project, runs: Runs, cluster: Cluster, tmp_path: Path
) -> None:
    cluster.worker("--nanny", "--nthreads", "2")
    written.node("poison", reads={"x": "one"}, params={"file": str(tmp_path / "deaths")})
    for number in range(6):
        written.node(f"innocent-{number}", "plus", reads={"x": "one"}, params={"n": number})
    result = runs.run()
    # One that was done when its worker died, before it could say so, is found to be up to date.
    assert {name for name, state in states(result).items() if state not in ("ran", "hit")} == {"poison"}
    assert message(result, "poison").endswith("was lost (attempt 3 of 3)")
    assert (tmp_path / "deaths").read_text() == "xxx"


def test_five_deaths_of_a_worker_fail_nothing_that_waits(
    written: Project, runs: Runs, cluster: Cluster, tmp_path: Path
) -> None:
    cluster.worker("--nanny")
    written.stage("poison", resources=p.Resources(attempts=6))
    written.node("poison", reads={"x": "one"}, params={"file": str(tmp_path / "deaths"), "times": 5})
    for number in range(8):
        written.node(f"innocent-{number}", "plus", reads={"x": "one"}, params={"n": number})
    result = runs.run()
    assert set(states(result).values()) <= {"ran", "hit"}
    assert (tmp_path / "deaths").read_text() == "xxxxxx"


def test_workers_of_other_surroundings_are_left_out_by_name(
    written: Project, runs: Runs, cluster: Cluster, capfd: pytest.CaptureFixture[str]
) -> None:
    written.stage("one", env=("STAGELANG_TEST_WORD",), distributions=("attrs",))
    os.environ["STAGELANG_TEST_WORD"] = "secret"
    try:
        other = cluster.folder / "site"
        (other / "attrs-1.2.3.dist-info").mkdir(parents=True, exist_ok=True)
        (other / "attrs-1.2.3.dist-info" / "METADATA").write_text("Name: attrs\nVersion: 1.2.3\n")
        cluster.worker(env={"STAGELANG_TEST_WORD": "other", "PYTHONPATH": str(other)})
        result = runs.run()
    finally:
        del os.environ["STAGELANG_TEST_WORD"]
    said = message(result, "one")
    assert said.startswith(f"no worker of {cluster.address} can take part: distribution 'attrs' is ")
    assert f"is {version('attrs')} here and 1.2.3 on tcp://" in said
    assert "variable 'STAGELANG_TEST_WORD' is set here and set to something else on tcp://" in said
    assert "secret" not in said
    assert "left out: distribution 'attrs'" in capfd.readouterr().err
