"""A Dask cluster of separate processes on this machine, and projects that run on it."""

from __future__ import annotations

import importlib
import os
import subprocess
import sys
import time
from collections.abc import Callable, Generator, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any, final

import pytest
from attrs import define, evolve, field

from stagelang_compiler.plan import Plan
from stagelang_compiler.plan_codec import dumps
from stagelang_runtime.cluster.dask_engine import dask_engine
from stagelang_runtime.cluster.options import ClusterOptions
from stagelang_runtime.execute.results import Event, RunOptions, RunResult
from stagelang_runtime.execute.runner import run
from stagelang_runtime.store import Store, sha256_file
from tests.stagelang_runtime.execute.conftest import Project, awaited

psutil: Any = importlib.import_module("psutil")

_PROGRAM = "from distributed.cli.dask_{what} import main; main(prog_name='dask {what}')"


@final
@define
class Cluster:
    """A scheduler and its workers, each a process of its own with a folder of its own."""

    folder: Path
    address: str = ""
    _scheduler: subprocess.Popen[bytes] | None = None
    _workers: list[subprocess.Popen[bytes]] = field(factory=list[Any], init=False)
    _started: int = field(default=0, init=False)

    def start(self) -> None:
        file = self.folder / "scheduler.json"
        options = [
            "--host",
            "127.0.0.1",
            "--port",
            "0",
            "--dashboard-address",
            "127.0.0.1:0",
            "--scheduler-file",
            str(file),
        ]
        self._scheduler = self._begin("scheduler", *options)
        awaited(file)
        for _ in range(6000):
            if (text := file.read_text()).endswith("}"):
                self.address = text.partition('"address": "')[2].partition('"')[0]
                return
            time.sleep(0.01)
        raise AssertionError("the scheduler doesn't come up")

    def worker(self, *options: str, env: Mapping[str, str] | None = None) -> subprocess.Popen[bytes]:
        """Start a worker of one thread, unless said; it has a nanny where '--nanny' is said."""
        self._started += 1
        mine = self.folder / f"worker-{self._started}"
        mine.mkdir()
        usual = ["--nthreads", "1", "--host", "127.0.0.1", "--local-directory", str(mine), "--no-dashboard"]
        usual += [] if "--nanny" in options else ["--no-nanny"]
        process = self._begin("worker", self.address, *usual, *options, env=env, cwd=mine)
        self._workers.append(process)
        return process

    def kill_scheduler(self) -> None:
        assert self._scheduler is not None
        self._scheduler.kill()

    def stop_workers(self) -> None:
        for process in self._workers:
            kill_all(process)
        self._workers.clear()

    def stop(self) -> None:
        self.stop_workers()
        if self._scheduler is not None:
            kill_all(self._scheduler)

    def _begin(
        self, what: str, *words: str, env: Mapping[str, str] | None = None, cwd: Path | None = None
    ) -> subprocess.Popen[bytes]:
        # What a worker has of Python's path must not be this test's, or it would find code without being sent it.
        with (self.folder / f"{what}.log").open("ab") as log:
            return subprocess.Popen(
                [sys.executable, "-P", "-c", _PROGRAM.format(what=what), *words],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                cwd=cwd or self.folder,
                env={**os.environ, "DASK_DISTRIBUTED__ADMIN__TICK__INTERVAL": "1s", **(env or {})},
            )


def kill_all(process: subprocess.Popen[bytes]) -> None:
    """Kill a process and its children, as when a machine is lost."""
    children: list[Any] = []
    with suppress(psutil.NoSuchProcess):
        children = psutil.Process(process.pid).children(recursive=True)
    process.kill()
    process.wait()
    for each in children:
        with suppress(psutil.NoSuchProcess):
            each.kill()


def _nothing(event: Event) -> None:
    """Let an event pass."""


@final
@define
class Runs:
    """Runs a project's plan on a cluster, with the store of the project unless another is said."""

    project: Project
    cluster: Cluster
    events: list[Event] = field(factory=list[Event], init=False)
    on_event: Callable[[Event], object] = _nothing

    @property
    def plan(self) -> Plan:
        files = {"pipeline.py": sha256_file(self.project.root / "pipeline.py")}
        return evolve(self.project.plan, files=files)

    def run(
        self, *, workers: int = 1, store: Store | None = None, keep_going: bool = True, patience: float = 60.0
    ) -> RunResult:
        self.events.clear()
        plan = self.plan
        options = ClusterOptions(scheduler=self.cluster.address, workers=workers, patience=patience)
        return run(
            plan,
            root=self.project.root,
            store=store or self.project.store,
            options=RunOptions(keep_going=keep_going),
            listener=self._hear,
            make_engine=dask_engine(options, dumps(plan)),
        )

    def _hear(self, event: Event) -> None:
        self.events.append(event)
        self.on_event(event)


@pytest.fixture(scope="session")
def shared_cluster(tmp_path_factory: pytest.TempPathFactory) -> Generator[Cluster]:
    cluster = Cluster(tmp_path_factory.mktemp("cluster"))
    cluster.start()
    yield cluster
    cluster.stop()


@pytest.fixture
def cluster(shared_cluster: Cluster) -> Generator[Cluster]:
    """A scheduler without workers; those that a test starts end with it."""
    yield shared_cluster
    shared_cluster.stop_workers()


@pytest.fixture
def own_cluster(tmp_path: Path) -> Generator[Cluster]:
    """A scheduler that a test may kill."""
    (tmp_path / "cluster").mkdir()
    cluster = Cluster(tmp_path / "cluster")
    cluster.start()
    yield cluster
    cluster.stop()


@pytest.fixture
def project(tmp_path: Path) -> Project:
    (tmp_path / "project").mkdir()
    return Project(tmp_path / "project")


@pytest.fixture
def runs(project: Project, cluster: Cluster) -> Runs:
    return Runs(project, cluster)
