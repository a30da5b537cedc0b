"""Workers that share no disk with the run, nor with each other, share a store at a URL."""

from __future__ import annotations

import socket
import threading
from collections.abc import Generator
from contextlib import suppress
from pathlib import Path
from typing import final

import pytest
from typing_extensions import override

from stagelang_compiler import plan as p
from stagelang_runtime.store import Store, open_store
from tests.stagelang_runtime.cluster.conftest import Cluster, Runs
from tests.stagelang_runtime.execute.conftest import Project, awaited
from tests.stagelang_runtime.store.s3 import S3Server

CODE = """
import os, time
@stage
def where(*, n: int = 0) -> Value[str]:
    time.sleep(0.2)  # so that the other worker gets the next
    return Value.of(os.getcwd())
@stage
def length(x: Value[str]) -> Value[int]: return Value.of(1 if x.value else 0)
@stage
def total(x: list[Value[int]]) -> Value[int]: return Value.of(sum(each.value for each in x))
@stage
def lingers(*, file: str = "") -> Value[int]:
    if not os.path.exists(file):
        Path(file).write_text("begun")
        while not os.path.exists(file + ".go"): time.sleep(0.01)
    return Value.of(1)
"""


def test_two_workers_in_folders_of_their_own_give_what_a_run_here_gives(
    project: Project, runs: Runs, cluster: Cluster, bucket: str, tmp_path: Path
) -> None:
    project.code(CODE)
    for number in range(4):
        project.node(f"where-{number}", "where", params={"n": number})
        project.node(f"length-{number}", "length", reads={"x": f"where-{number}"})
    project.node("total", reads={"x": [f"length-{number}" for number in range(4)]})
    cluster.worker()
    cluster.worker()
    store = open_store(f"s3://{bucket}/store", cache=tmp_path / "cache" / "store")
    result = runs.run(store=store, workers=2)
    assert {node.state for node in result.nodes.values()} == {"ran"}
    places = {
        store.get_bytes(result.nodes[f"where-{number}"].outputs[0].object).decode() for number in range(4)
    }
    assert len(places) == 2
    assert store.get_bytes(result.nodes["total"].outputs[0].object) == b"4\n"
    again = runs.run(store=open_store(f"s3://{bucket}/store", cache=tmp_path / "other" / "store"))
    assert {node.state for node in again.nodes.values()} == {"hit"}


def test_a_cut_connection_to_the_store_costs_an_attempt_and_no_more(
    project: Project, runs: Runs, cluster: Cluster, s3: S3Server, bucket: str, wire: Wire, tmp_path: Path
) -> None:
    project.code(CODE)
    file = tmp_path / "begun"
    project.stage("lingers", resources=p.Resources(attempts=2))
    project.node("lingers", params={"file": str(file)})
    cluster.worker(env={"AWS_ENDPOINT_URL": f"http://127.0.0.1:{wire.port}", "AWS_MAX_ATTEMPTS": "1"})

    def cut() -> None:
        awaited(file)
        wire.cut()
        Path(f"{file}.go").touch()

    cutter = threading.Thread(target=cut)
    cutter.start()
    runs.on_event = lambda event: wire.mend() if event.kind == "again" else None
    result = runs.run(store=open_store(f"s3://{bucket}/store", cache=tmp_path / "cache" / "store"))
    cutter.join()
    (failure,) = [event.failure for event in runs.events if event.kind == "again" and event.failure]
    assert failure.kind == "store"
    assert failure.message.endswith("(attempt 1 of 2)")
    assert result.nodes["lingers"].state == "ran"


def test_a_folder_that_is_not_the_runs_own_store_is_found_out(
    project: Project, runs: Runs, cluster: Cluster, tmp_path: Path
) -> None:
    project.code(CODE)
    project.node("where")
    cluster.worker()
    store = Store.open_or_create(tmp_path / "store")
    result = runs.run(store=Elsewhere(store.root))
    failure = result.nodes["where"].failure
    assert failure is not None
    assert (
        "doesn't hold the plan: it isn't the store of this run; give a folder that both see"
        in failure.message
    )


@final
class Elsewhere(Store):
    """A folder that is another one for a worker, as on a machine with a disk of its own."""

    @property
    @override
    def location(self) -> str:
        return f"{self.root}-of-its-own"


@final
class Wire:
    """Passes connections on to a server, until it is cut."""

    def __init__(self, to: int) -> None:
        self._to, self._ends, self._is_cut = to, list[socket.socket](), False
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]
        self._threads = [threading.Thread(target=self._listen)]
        self._threads[0].start()

    def cut(self) -> None:
        self._is_cut = True
        for end in self._ends:
            with suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)

    def mend(self) -> None:
        self._is_cut = False

    def close(self) -> None:
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self.cut()
        for thread in self._threads:
            thread.join()
        for end in self._ends:
            end.close()

    def _listen(self) -> None:
        while True:
            try:
                near, _ = self._listener.accept()
            except OSError:
                return
            if self._is_cut:
                near.close()
                continue
            far = socket.create_connection(("127.0.0.1", self._to))
            self._ends += [near, far]
            for one, other in ((near, far), (far, near)):
                self._threads.append(threading.Thread(target=_pass_on, args=(one, other)))
                self._threads[-1].start()


def _pass_on(one: socket.socket, other: socket.socket) -> None:
    with suppress(OSError):
        while data := one.recv(1 << 16):
            other.sendall(data)
    with suppress(OSError):
        other.shutdown(socket.SHUT_WR)


@pytest.fixture
def wire(s3: S3Server) -> Generator[Wire]:
    wire = Wire(s3.port)
    yield wire
    wire.close()
