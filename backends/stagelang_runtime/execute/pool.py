"""Warm worker processes: started when first needed, kept while the run goes on, replaced when one dies."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import sys
import tempfile
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import IO, Any, final

from attrs import define, field, frozen

from stagelang_compiler import plan_codec
from stagelang_compiler.plan import Plan
from stagelang_runtime.execute import environment
from stagelang_runtime.execute.failure import tail
from stagelang_runtime.execute.job import Job
from stagelang_runtime.store import Store

_TAIL_BYTES = 1 << 16


def _nothing(group: int) -> None:
    """Do nothing with a process group."""


@final
@frozen
class Reply:
    """What a worker said, or None when it has died."""

    worker: Worker
    said: dict[str, Any] | None


@final
@define(eq=False)
class Worker:
    """One process and the files that take what it prints; `threads` is how many its numeric libraries use."""

    process: subprocess.Popen[bytes]
    threads: int
    stdout: Path
    stderr: Path
    job: Job | None = None
    listener: threading.Thread | None = None

    def send(self, job: Job) -> None:
        """Tell it what to do; whether it lived to hear it shows in its reply."""
        self.job = job
        self.write(job.to_json())

    def write(self, message: dict[str, Any]) -> None:
        pipe = self.process.stdin
        assert pipe is not None
        with contextlib.suppress(BrokenPipeError):
            pipe.write(json.dumps(message, separators=(",", ":")).encode() + b"\n")
            pipe.flush()

    def kill(self) -> None:
        """End it and all programs that it started, at once."""
        with contextlib.suppress(ProcessLookupError, PermissionError):
            if hasattr(os, "killpg"):
                os.killpg(self.process.pid, signal.SIGKILL)
            else:
                self.process.kill()

    def printed(self) -> tuple[str, str]:
        """Give the last that it printed, to stdout and stderr."""
        return _tail(self.stdout), _tail(self.stderr)

    def ended(self) -> str:
        """Say how a dead worker ended."""
        code = self.process.wait()
        if code >= 0:
            return f"ended by itself with exit code {code}"
        with contextlib.suppress(ValueError):
            return f"was killed by {signal.Signals(-code).name}"
        return f"was killed by signal {-code}"


@final
@define
class Pool:
    """The workers of one run, at most `limit`; leaving its context ends all of them.

    Args:
        plan: what they carry out nodes of.
        root: the pipeline's folder.
        store: where results are kept.
        post: is given their replies, from threads of its own.
        limit: how many there may be.
        plan_file: the plan's file, where there is one already.
        home: an empty folder for their files, where it isn't to be a temporary one.
        watch: is told each process group that is started.
        unwatch: is told each process group that has ended.
    """

    plan: Plan
    root: Path
    store: Store
    post: Callable[[Reply], None]
    limit: int
    plan_file: Path | None = None
    home: Path | None = None
    watch: Callable[[int], None] = _nothing
    unwatch: Callable[[int], None] = _nothing
    _idle: list[Worker] = field(factory=list[Worker], init=False)
    _busy: list[Worker] = field(factory=list[Worker], init=False)
    _started: int = field(default=0, init=False)
    _folder: tempfile.TemporaryDirectory[str] | None = field(default=None, init=False)

    def __enter__(self) -> Pool:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """End all workers at once, whatever they do."""
        for worker in self._all():
            worker.kill()
        for worker in self._all():
            self._gone(worker)
        if self._folder is not None:
            self._folder.cleanup()

    def start(self, job: Job, threads: int) -> Worker:
        """Give a job to an idle worker with so many threads, or to a new one. Raises OSError."""
        for worker in self._idle:
            if worker.threads == threads:
                self._idle.remove(worker)
                break
        else:
            if self._idle and len([*self._all()]) >= self.limit:
                self._end(self._idle.pop(0))
            worker = self._new(threads)
        self._busy.append(worker)
        worker.send(job)
        return worker

    def release(self, worker: Worker) -> None:
        """Take back a worker that has answered."""
        self._busy.remove(worker)
        worker.job = None
        self._idle.append(worker)

    def bury(self, worker: Worker) -> None:
        """Forget a worker that has died; another is started when one is needed."""
        if worker in self._busy:
            self._busy.remove(worker)
        if worker in self._idle:
            self._idle.remove(worker)
        worker.kill()  # programs that it started may have outlived it
        self._gone(worker)

    def _all(self) -> Iterator[Worker]:
        yield from (*self._idle, *self._busy)

    def _end(self, worker: Worker) -> None:
        if worker.process.stdin is not None:
            worker.process.stdin.close()
        self._gone(worker)

    def _gone(self, worker: Worker) -> None:
        worker.process.wait()
        self.unwatch(worker.process.pid)
        _close(worker)

    def _new(self, threads: int) -> Worker:
        folder = self._prepared()
        self._started += 1
        scratch = folder / f"worker-{self._started}"
        scratch.mkdir()
        stdout, stderr = scratch / "stdout", scratch / "stderr"
        stdout.touch()
        with stderr.open("a+b") as errors:
            process = subprocess.Popen(
                [sys.executable, "-P", "-m", "stagelang_runtime.execute.worker"],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=errors,
                cwd=self.root,
                env=environment.worker_variables(threads, os.environ),
                start_new_session=True,
            )
        self.watch(process.pid)
        worker = Worker(process, threads, stdout, stderr)
        assert process.stdout is not None
        worker.listener = threading.Thread(
            target=_listen, args=(worker, process.stdout, self.post), daemon=True
        )
        worker.listener.start()
        worker.write(
            {
                "plan": str(self._written_plan()),
                "root": str(self.root),
                "store": self.store.location,
                "cache": str(self.store.root),
                "scratch": str(scratch),
                "stdout": str(stdout),
            }
        )
        return worker

    def _prepared(self) -> Path:
        """Give a folder for the workers' files, in which the plan lies unless it does elsewhere."""
        if self.home is not None:
            self.home.mkdir(parents=True, exist_ok=True)
            return self.home
        if self._folder is None:
            self._folder = tempfile.TemporaryDirectory(prefix="stagelang-", ignore_cleanup_errors=True)
        return Path(self._folder.name)

    def _written_plan(self) -> Path:
        if self.plan_file is None:
            self.plan_file = self._prepared() / "plan.json"
            self.plan_file.write_text(plan_codec.dumps(self.plan), encoding="utf-8")
        return self.plan_file


def _listen(worker: Worker, replies: IO[bytes], post: Callable[[Reply], None]) -> None:
    with replies:
        for line in replies:
            post(Reply(worker, json.loads(line)))
    post(Reply(worker, None))


def _close(worker: Worker) -> None:
    with contextlib.suppress(OSError):
        if worker.process.stdin is not None:
            worker.process.stdin.close()
    if worker.listener is not None:
        worker.listener.join()


def _tail(path: Path) -> str:
    with contextlib.suppress(OSError), path.open("rb") as file:
        file.seek(max(0, path.stat().st_size - _TAIL_BYTES))
        return tail(file.read().decode("utf-8", "replace"))
    return ""
