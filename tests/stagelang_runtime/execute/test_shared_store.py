"""Runs whose store is on an S3 server: machines share results, and a network that breaks costs time, nothing else."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
import threading
from collections.abc import Generator
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any, final

import pytest

from stagelang_runtime.store import remote
from stagelang_runtime.store.remote import Remote
from stagelang_runtime.store.shared import SharedStore

if TYPE_CHECKING:
    from stagelang_runtime.execute.results import RunResult
    from tests.stagelang_runtime.execute.conftest import Project
    from tests.stagelang_runtime.store.s3 import S3Server

CODE = """
import socket, tempfile
import pandas as pd

class Rows(Contract):
    v: Column[int]

@stage
def start(*, k: int = 0) -> Value[int]: return Value.of(k)
@stage
def table(x: Value[int]) -> Table[Rows]:
    return Table.of(Rows, pd.DataFrame({"v": range(x.value, x.value + 100)}))
@stage
def files(x: Value[int]) -> Files:
    folder = Path(tempfile.mkdtemp())
    for i in range(5):
        (folder / f"f{i}").write_text(f"file {i} of {x.value}")
    return Files.of(folder)
@stage
def total(t: Table[Rows], f: Files) -> Value[int]:
    return Value.of(int(t.pandas["v"].sum()) + sum(len(each.read_text()) for each in f.paths))
@stage
def cuts(x: Value[int], *, port: int) -> Value[int]:
    with socket.create_connection(("127.0.0.1", port)) as line:
        line.recv(1)
    return Value.of(x.value + 1)
"""


@final
class Wire:
    """A way to a server that can be cut and mended; whoever connects to `control` cuts it."""

    def __init__(self, port: int) -> None:
        self.target, self.cut, self.ends = port, False, list[socket.socket]()
        self.front, self.control = (socket.create_server(("127.0.0.1", 0)) for _ in range(2))
        self.url = f"http://127.0.0.1:{self.front.getsockname()[1]}"
        for serve in (self._serve, self._obey):
            threading.Thread(target=serve, daemon=True).start()

    def close(self) -> None:
        self.cut = True
        for each in (*self.ends, self.front, self.control):
            each.close()

    def _serve(self) -> None:
        with suppress(OSError):
            while True:
                near, _ = self.front.accept()
                if self.cut:
                    near.close()
                    continue
                far = socket.create_connection(("127.0.0.1", self.target))
                self.ends += [near, far]
                for one, other in ((near, far), (far, near)):
                    threading.Thread(target=_pass_on, args=(one, other), daemon=True).start()

    def _obey(self) -> None:
        with suppress(OSError):
            while True:
                asked, _ = self.control.accept()
                self.cut = True
                for each in self.ends:
                    with suppress(OSError):
                        each.shutdown(socket.SHUT_RDWR)
                asked.sendall(b"!")
                asked.close()


def _pass_on(one: socket.socket, other: socket.socket) -> None:
    with suppress(OSError):
        while data := one.recv(1 << 16):
            other.sendall(data)
    with suppress(OSError):
        other.shutdown(socket.SHUT_RDWR)


@pytest.fixture
def wire(s3: S3Server, monkeypatch: pytest.MonkeyPatch) -> Generator[Wire]:
    wire = Wire(s3.port)
    monkeypatch.setenv("AWS_ENDPOINT_URL", wire.url)
    monkeypatch.setattr(remote, "_WAITS", (0.0,))
    remote.forget_connections()
    yield wire
    wire.close()
    remote.forget_connections()


@pytest.fixture
def shared(project: Project, bucket: str) -> Project:
    remote.forget_connections()
    project.url = f"s3://{bucket}/results"
    project.code(CODE)
    project.node("start", params={"k": 3})
    project.node("table", reads={"x": "start"}, gives="table")
    project.node("files", reads={"x": "start"}, gives="files")
    project.node("total", reads={"t": "table", "f": "files"})
    return project


def elsewhere(project: Project, name: str) -> None:
    """Go on with a checkout on another machine: the same code in another folder, and no store."""
    root = project.root.with_name(name)
    shutil.copytree(project.root, root, ignore=shutil.ignore_patterns(".stagelang"))
    project.root = root


def contents(result: RunResult) -> dict[str, list[str]]:
    return {name: [each.content for each in node.outputs] for name, node in result.nodes.items()}


def value(project: Project, result: RunResult, node: str) -> bytes:
    return project.store.get_bytes(result.nodes[node].outputs[0].object)


def test_a_second_machine_runs_nothing_and_has_the_results(shared: Project) -> None:
    first = shared.run()
    assert {node.state for node in first.nodes.values()} == {"ran"}
    elsewhere(shared, "other")
    second = shared.run()
    assert {node.state for node in second.nodes.values()} == {"hit"}
    assert contents(second) == contents(first)
    assert value(shared, second, "total").strip() == b"5305"


def test_a_second_machine_goes_on_from_the_first_ones_results(shared: Project) -> None:
    shared.run()
    elsewhere(shared, "other")
    shared.recode("total", digest="sha256:" + "1" * 64)
    assert shared.states() == {"start": "hit", "table": "hit", "files": "hit", "total": "ran"}


def test_a_run_knows_that_nothing_changed_only_by_asking_the_store(shared: Project, s3: S3Server) -> None:
    shared.run()
    state = shared.store.root.parent / "state"
    assert list(state.rglob("last.json"))
    assert list(state.rglob("done.json")) == []
    bucket = shared.url.split("/")[2]
    for name in s3.names(bucket):
        Remote(f"s3://{bucket}").delete(name)
    assert set(shared.states().values()) == {"ran"}


def test_an_object_that_is_gone_is_made_again_though_it_is_in_this_machines_cache(shared: Project) -> None:
    first = shared.run()
    digest = first.nodes["table"].outputs[0].object[7:]
    Remote(shared.url).delete(f"objects/{digest[:2]}/{digest}")
    assert shared.states() == {"start": "hit", "table": "ran", "files": "hit", "total": "hit"}
    elsewhere(shared, "other")
    assert set(shared.states().values()) == {"hit"}


@pytest.mark.parametrize("node", ["table", "files"])
def test_an_object_damaged_at_the_url_is_made_again_when_another_machine_reads_it(
    shared: Project, node: str
) -> None:
    first = shared.run()
    found = first.nodes[node].outputs[0]
    Remote(shared.url).write(f"objects/{found.object[7:9]}/{found.object[7:]}", b"x" * found.size)
    elsewhere(shared, "other")
    shared.recode("total", digest="sha256:" + "1" * 64)
    second = shared.run()
    assert {name: each.state for name, each in second.nodes.items()} == {
        "start": "hit",
        "table": "ran" if node == "table" else "hit",
        "files": "ran" if node == "files" else "hit",
        "total": "ran",
    }
    assert contents(second) == contents(first)
    elsewhere(shared, "third")
    assert set(shared.states().values()) == {"hit"}


def test_a_connection_cut_in_the_middle_of_a_run_fails_it_and_the_next_run_goes_on(
    shared: Project, wire: Wire, s3: S3Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    shared.node("cuts", reads={"x": "total"}, params={"port": wire.control.getsockname()[1]})
    broken = shared.run()
    failure = broken.nodes["cuts"].failure
    assert failure is not None
    assert (failure.kind, broken.exit_code) == ("store", 3)
    assert failure.message.startswith(f"can't reach the store '{shared.url}': ")
    assert failure.help == "check the network and the endpoint, then run again: what was finished is kept"
    wire.cut = False
    mended = shared.run()
    assert {name: each.state for name, each in mended.nodes.items()} == {
        **dict.fromkeys(("start", "table", "files", "total"), "hit"),
        "cuts": "failed",  # it cut the wire again
    }
    wire.cut = False
    monkeypatch.setenv("AWS_ENDPOINT_URL", s3.endpoint)  # a way that isn't cut
    whole = shared.run()
    assert (whole.nodes["cuts"].state, whole.exit_code) == ("ran", 0)
    assert {**contents(whole), "cuts": []} == contents(mended)


def test_a_server_that_lost_everything_is_filled_again_with_the_same(
    shared: Project, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from tests.stagelang_runtime.store.s3 import S3Server

    server = S3Server(tmp_path / "log")
    for name, said in server.environment.items():
        monkeypatch.setenv(name, said)
    try:
        server.start()
        server.make("lost")
        shared.url = "s3://lost"
        first = shared.run()
        server.stop()
        remote.forget_connections()
        server.start()
        server.make("lost")
        second = shared.run()
    finally:
        server.stop()
    assert {node.state for node in second.nodes.values()} == {"ran"}
    assert contents(second) == contents(first)


_BOTH = """
import sys
from pathlib import Path
from stagelang_compiler import plan_codec
from stagelang_runtime.execute.results import RunOptions
from stagelang_runtime.execute.runner import run
from stagelang_runtime.location import locate_store
root = Path(sys.argv[1])
plan = plan_codec.loads((root / "plan.json").read_text())
store = locate_store(sys.argv[2], root / ".stagelang").open()
result = run(plan, root=root, store=store, options=RunOptions(jobs=1))
print(*sorted(f"{n}:{each.content}" for n, node in result.nodes.items() for each in node.outputs))
sys.exit(result.exit_code)
"""


def test_two_machines_at_the_same_time_come_to_the_same(shared: Project) -> None:
    from stagelang_compiler import plan_codec

    (shared.root / "plan.json").write_text(plan_codec.dumps(shared.plan), encoding="utf-8")
    roots = [shared.root]
    elsewhere(shared, "other")
    roots.append(shared.root)
    environment: dict[str, Any] = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    runs = [
        subprocess.Popen(
            [sys.executable, "-c", _BOTH, str(root), shared.url],
            env=environment,
            stdout=subprocess.PIPE,
            text=True,
        )
        for root in roots
    ]
    said = [run.communicate(timeout=100)[0] for run in runs]
    assert [run.returncode for run in runs] == [0, 0]
    assert said[0] == said[1] != ""
    assert isinstance(shared.store, SharedStore)
    assert len(list(shared.store.receipt_keys())) == 4
