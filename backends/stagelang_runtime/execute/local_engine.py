"""The engine of this machine: warm processes, a limit on their threads together, and an end to those that take too long."""

from __future__ import annotations

import time
from collections.abc import Generator, Sequence
from contextlib import contextmanager
from pathlib import Path
from queue import Empty
from typing import final

from attrs import define, evolve, field

from stagelang_compiler.plan import Node, Plan
from stagelang_runtime.execute.engine import Answer, EngineLost, Inbox
from stagelang_runtime.execute.failure import Failure
from stagelang_runtime.execute.job import Job
from stagelang_runtime.execute.machines import CPU, Machine, Needs
from stagelang_runtime.execute.pool import Pool, Reply, Worker
from stagelang_runtime.store import Store

_LONGEST_WAIT = 3600.0


@final
@define
class LocalEngine:
    """Carries out nodes in a pool of processes."""

    pool: Pool
    inbox: Inbox
    machine: Machine
    _running: dict[str, tuple[Worker, Needs, float]] = field(
        factory=dict[str, tuple[Worker, Needs, float]], init=False
    )

    @property
    def machines(self) -> Sequence[Machine]:
        """Give the one that there is."""
        return (self.machine,)

    def needs(self, node: Node, attempt: int, *, alone: bool) -> Needs:
        """Ask for a stage's threads, and for all that there are where it wants more; memory is only measured here."""
        return local_needs(self.pool.plan, node, self.machine.total[CPU])

    def missing(self, needs: Needs) -> str:
        """Say nothing: whatever a node asks for, it is tried."""
        return ""

    def start(self, job: Job, needs: Needs, machine: Machine) -> None:
        """Give a job to a process. Raises OSError."""
        worker = self.pool.start(job, needs.threads)
        self._running[job.node] = (worker, needs, time.monotonic() + needs.seconds)

    def hear(self) -> Answer | None:
        """Wait for a reply, a wake-up, or the moment at which a node has used up its time. Raises EngineLost."""
        soonest = min((deadline for _, _, deadline in self._running.values()), default=float("inf"))
        try:
            heard = self.inbox.get(timeout=max(0.0, min(soonest - time.monotonic(), _LONGEST_WAIT)))
        except Empty:
            for worker, _, deadline in self._running.values():
                if deadline <= time.monotonic():
                    worker.kill()
            return None
        match heard:
            case EngineLost():
                raise heard
            case Reply():
                return self._answer(heard)
            case _:
                return heard

    def _answer(self, reply: Reply) -> Answer | None:
        worker, job = reply.worker, reply.worker.job
        if reply.said is None:
            failure = self._mourn(worker)
            if job is None:
                return None
            del self._running[job.node]
            return Answer(job.node, {"failure": failure.to_json()})
        assert job is not None
        del self._running[job.node]
        self.pool.release(worker)
        return Answer(job.node, reply.said)

    def _mourn(self, worker: Worker) -> Failure:
        """Bury a dead process and say of what the node died that it was carrying out."""
        stdout, stderr = worker.printed()
        ended = worker.ended()
        self.pool.bury(worker)
        name = worker.job.node if worker.job is not None else ""
        _, needs, deadline = self._running.get(name, (worker, None, float("inf")))
        if needs is not None and deadline <= time.monotonic():
            failure = Failure(
                kind="time limit",
                message=f"{name!r} was stopped: it took longer than its {needs.seconds:g} s",
                help="give it more with Resources(time=...)",
            )
        else:
            failure = Failure(
                kind="died",
                message=f"the process that carried out {name!r} {ended}",
                help="what it printed last may tell why; SIGKILL is often the system's answer to too little memory",
            )
        node = self.pool.plan.by_name.get(name)
        where = str(node.origin) if node is not None else ""
        return evolve(failure, where=where, stdout=stdout, stderr=stderr)


def local_needs(plan: Plan, node: Node, cpus: float) -> Needs:
    """Give the threads that a node asks for, of so many, and its time limit."""
    stage = plan.stages.get(node.stage)
    resources = stage.resources if stage else None
    threads = resources.cpus if resources else 1
    seconds = resources.time_seconds if resources else None
    return Needs(
        amounts=((CPU, min(float(threads), cpus)),),
        threads=threads,
        seconds=float("inf") if seconds is None else seconds,
    )


@contextmanager
def local_engine(plan: Plan, root: Path, store: Store, inbox: Inbox, jobs: int) -> Generator[LocalEngine]:
    """Make an engine whose nodes use at most so many threads together."""
    with Pool(plan, root, store, inbox.put, jobs) as pool:
        yield LocalEngine(pool, inbox, Machine("this machine", {CPU: float(jobs)}))
