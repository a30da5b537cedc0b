"""Dask distributed as a pool of workers: who is there, what they have, and one Dask task for each node that runs.

Dask brings the workers, the wires and the dashboard. It decides nothing: a task is bound to the worker that the run chose, is
submitted when it can start at once, and has a key of its own for each attempt, so that neither Dask's queue nor its own retries
ever hold a node. What a worker answers comes as an event, on wires that are open anyhow, ahead of Dask's word that the task has
ended: to fetch it as the task's result would cost as much again. All that talks to Dask runs on its client's event loop; the
run's thread reads `machines` and posts nodes.
"""

from __future__ import annotations

import asyncio
import importlib
import json
import signal
import threading
import uuid
from collections.abc import Callable, Generator, Mapping, Sequence
from concurrent.futures import Future
from contextlib import contextmanager, suppress
from typing import Any, final

from attrs import define, field

from stagelang_runtime.cluster import host
from stagelang_runtime.cluster.options import TASK, ClusterOptions
from stagelang_runtime.execute.engine import Answer, EngineLost, Inbox
from stagelang_runtime.execute.failure import LOST_MACHINE, Failure, Kind
from stagelang_runtime.execute.job import Job
from stagelang_runtime.execute.machines import CPU, GPU, MEMORY, Machine, Needs

_UNLIMITED = float(1 << 62)
_LOOK_EVERY = 2.0
_ANSWER_SECONDS = 30.0
_FINISH_SECONDS = 10.0


@final
@define(eq=False)
class _Member:
    """A worker that takes part, and the resources that Dask knows of it too."""

    machine: Machine
    declared: frozenset[str]
    gone: asyncio.Event = field(factory=asyncio.Event)


@final
class DaskCluster:
    """The workers of one run."""

    def __init__(
        self, options: ClusterOptions, ticket: host.Ticket, inbox: Inbox, tell: Callable[[str], None]
    ) -> None:
        """Connect to a scheduler, or start a cluster here.

        Args:
            options: which.
            ticket: what workers are told of the run.
            inbox: where answers go, and what ends the run.
            tell: shows a line of text.

        Raises:
            EngineLost: there is no scheduler.
        """
        self._options, self._ticket, self._inbox, self._tell = options, ticket, inbox, tell
        self._members: dict[str, _Member] = {}
        self._known: set[str] = set()
        self._refused: dict[str, str] = {}
        self._enough = False
        self._lost: EngineLost | None = None
        self._lock = threading.Lock()
        self._look = asyncio.Event()
        self._nodes: set[asyncio.Task[None]] = set()
        self._cluster, self._client = _connect(options)
        tell(f"scheduler {self._client.scheduler.address}, dashboard {self._client.dashboard_link}")
        self._loop: asyncio.AbstractEventLoop = self._client.loop.asyncio_loop
        self._answers: dict[str, str] = {}
        self._client.subscribe_topic("all", self._hear_event)
        self._client.subscribe_topic(host.topic_of(ticket.run), self._hear_answer)
        self._watching: Future[None] = asyncio.run_coroutine_threadsafe(self._watch(), self._loop)

    @property
    def machines(self) -> Sequence[Machine]:
        """The workers that can take nodes now; none before there are as many as were asked for."""
        with self._lock:
            return [member.machine for member in self._members.values()] if self._enough else []

    @property
    def lost(self) -> EngineLost | None:
        """What ended the cluster, if something did."""
        return self._lost

    def post(self, job: Job, needs: Needs, machine: Machine) -> None:
        """Have a worker carry out a node; the answer goes to the inbox."""
        self._loop.call_soon_threadsafe(self._begin, job, needs, machine)

    def close(self) -> None:
        """End what still runs, and let go of the scheduler; a cluster that was started here ends."""
        with suppress(Exception):
            asyncio.run_coroutine_threadsafe(self._finish(), self._loop).result(_FINISH_SECONDS)
        with suppress(Exception):
            self._client.close(timeout=_FINISH_SECONDS)
        if self._cluster is not None:
            self._cluster.close(timeout=_FINISH_SECONDS)

    # From here on everything runs on the client's event loop.

    def _begin(self, job: Job, needs: Needs, machine: Machine) -> None:
        task = self._loop.create_task(self._carry(job, needs, machine))
        self._nodes.add(task)
        task.add_done_callback(self._nodes.discard)

    async def _carry(self, job: Job, needs: Needs, machine: Machine) -> None:
        """Have a node carried out and post the answer, whatever becomes of the worker."""
        member = self._members.get(machine.name)
        if member is None or member.machine is not machine:
            self._inbox.put(
                Answer(job.node, _failed(LOST_MACHINE, job, f"the worker {machine.name} has gone"))
            )
            return
        key = f"{job.node}-{uuid.uuid4().hex}"
        future = self._client.submit(
            host.carry_out,
            self._ticket.run,
            key,
            job.to_json(),
            needs.threads,
            needs.seconds,
            key=key,
            pure=False,
            retries=0,
            workers=[machine.name],
            allow_other_workers=False,
            resources={name: amount for name, amount in needs.amounts if name in member.declared},
        )
        ended = asyncio.ensure_future(future.exception(asynchronous=True))
        gone = asyncio.ensure_future(member.gone.wait())
        try:
            await asyncio.wait({ended, gone}, return_when=asyncio.FIRST_COMPLETED)
            error = ended.exception() or ended.result() if ended.done() else None
            said = self._said(job, machine, future, error)
        finally:
            ended.cancel()
            gone.cancel()
            future.release()
        if said is not None:
            self._inbox.put(Answer(job.node, said))

    def _said(
        self, job: Job, machine: Machine, future: Any, error: BaseException | None
    ) -> dict[str, Any] | None:
        """Give what a worker answered, or what it means that it hasn't: nothing but an answer is ever taken for one."""
        answer = self._answers.pop(future.key, None)
        if answer is not None:
            found: dict[str, Any] = json.loads(answer)
            return found
        if self._client.status != "running":
            self._lose("the scheduler at {} is gone", _START_AGAIN)
            return None
        where = f"the worker {machine.name} that carried out {job.node!r}"
        if error is None or type(error).__name__ == "KilledWorker" or isinstance(error, KeyError):
            why = f" (Dask says that the task is {future.status})" if future.status != "pending" else ""
            return _failed(LOST_MACHINE, job, f"{where} was lost{why}")
        return _failed("died", job, f"{where} couldn't: {type(error).__name__}: {error}")

    def _hear_answer(self, event: tuple[float, Any]) -> None:
        """Keep what a worker says of a node until its task has ended, which Dask tells afterwards."""
        key, answer = event[1]
        self._answers[key] = answer

    def _hear_event(self, event: tuple[float, Any]) -> None:
        """Look at once when a worker has come or gone."""
        said: Any = event[1]
        match said:
            case {"action": "remove-worker", "worker": str(address)}:
                self._remove(address)
                self._look.set()
            case {"action": "add-worker"}:
                self._look.set()
            case _:
                pass  # of no concern here

    async def _watch(self) -> None:
        """Keep the list of workers as the scheduler's, until it is gone or has had none for too long."""
        last_seen = self._loop.time()
        try:
            while True:
                self._look.clear()
                found = await asyncio.wait_for(self._client.scheduler.identity(), _ANSWER_SECONDS)
                self._compare(found["workers"])
                if self._members and self._enough:
                    last_seen = self._loop.time()
                elif self._loop.time() - last_seen > self._options.patience:
                    self._lose(self._nobody(), _START_WORKERS)
                    return
                with suppress(TimeoutError):
                    await asyncio.wait_for(self._look.wait(), min(_LOOK_EVERY, self._options.patience))
        except OSError:  # Dask's own errors of closed connections are among these
            self._lose("the scheduler at {} is gone", _START_AGAIN)

    def _compare(self, workers: Mapping[str, Mapping[str, Any]]) -> None:
        for address in [*self._known - workers.keys()]:
            self._remove(address)
        for address, worker in workers.items():
            if address not in self._known:
                self._known.add(address)
                task = self._loop.create_task(self._prepare(address, worker))
                self._nodes.add(task)
                task.add_done_callback(self._nodes.discard)

    async def _prepare(self, address: str, worker: Mapping[str, Any]) -> None:
        """Take a worker in once it has the run's code and surroundings."""
        try:
            answers = await self._client.run(
                host.prepare, self._ticket, workers=[address], on_error="return", asynchronous=True
            )
            problem: Any = answers[address]
        except (OSError, KeyError, ValueError) as error:
            problem = error
        if address not in self._known:
            return  # it went meanwhile
        if problem:
            self._refuse(address, _explained(address, problem))
            return
        machine, declared = _measured(address, worker)
        with self._lock:
            self._members[address] = _Member(machine, declared)
            self._enough = self._enough or len(self._members) >= self._options.workers
        self._look.set()
        self._inbox.put(None)

    def _refuse(self, address: str, problem: str) -> None:
        self._refused[address] = problem
        self._tell(f"left out: {problem}")
        if self._known == self._refused.keys() and len(self._known) >= self._options.workers:
            self._lose(self._nobody(), "make the workers' surroundings those of this machine, then run again")

    def _remove(self, address: str) -> None:
        self._known.discard(address)
        self._refused.pop(address, None)
        with self._lock:
            member = self._members.pop(address, None)
        if member is not None:
            member.gone.set()
            self._inbox.put(None)

    def _nobody(self) -> str:
        if self._refused:
            return "no worker of {} can take part: " + "; ".join(self._refused.values())
        wanted, there = self._options.workers, len(self._members)
        few = f"{there} of {wanted} workers have" if there else "no worker has"
        return f"{few} come to {{}} within {self._options.patience:g} s"

    def _lose(self, message: str, action: str) -> None:
        if self._lost is None:
            self._lost = EngineLost(message.replace("{}", self._options.shown), action)
            self._inbox.put(self._lost)

    async def _finish(self) -> None:
        self._watching.cancel()
        for task in self._nodes:
            task.cancel()
        if self._client.status == "running":
            for topic in ("all", host.topic_of(self._ticket.run)):
                self._client.unsubscribe_topic(topic)
            await self._client.run(
                host.finish,
                self._ticket.run,
                workers=[*self._members],
                on_error="ignore",
                asynchronous=True,
            )


_START_AGAIN = "start the scheduler and the workers again, then this: what is done stays done"
_START_WORKERS = "start workers as workers.md says, then run again: what is done stays done"


def _connect(options: ClusterOptions) -> tuple[Any, Any]:
    """Give a cluster, where one was started here, and a client. Raises EngineLost."""
    distributed: Any = importlib.import_module("distributed")
    cluster: Any = None
    try:
        if options.local is not None:
            with _interrupts_are_ours():
                cluster = distributed.LocalCluster(
                    n_workers=1,
                    threads_per_worker=options.local,
                    host="127.0.0.1",
                    dashboard_address="127.0.0.1:0",
                    silence_logs=50,
                )
        client = distributed.Client(
            cluster or options.scheduler or None,
            scheduler_file=options.scheduler_file or None,
            timeout=options.patience,
            set_as_default=False,
        )
    except (OSError, ValueError) as error:
        if cluster is not None:
            cluster.close()
        raise EngineLost(
            f"the scheduler at {options.shown} can't be reached: {error}", "start it, or correct its address"
        ) from None
    return cluster, client


@contextmanager
def _interrupts_are_ours() -> Generator[None]:
    """Have processes that are started meanwhile leave Ctrl-C to this one, which ends them in order."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)


def _measured(address: str, worker: Mapping[str, Any]) -> tuple[Machine, frozenset[str]]:
    """Give what a worker has: what it was started with as `--resources`, else its threads, its memory limit and no GPU."""
    declared: Mapping[str, float] = worker["resources"]
    threads, limit = float(worker["nthreads"]), float(worker["memory_limit"] or 0)
    total = {
        TASK: threads,
        CPU: declared.get(CPU, threads),
        MEMORY: declared.get(MEMORY, limit or _UNLIMITED),
        GPU: declared.get(GPU, 0.0),
    }
    return Machine(address, total), frozenset(declared)


def _explained(address: str, problem: object) -> str:
    match problem:
        case str():
            return problem
        case ImportError():
            return f"{address} can't load stagelang: {problem}"
        case _:
            return f"{address} can't be made ready: {type(problem).__name__}: {problem}"


def _failed(kind: Kind, job: Job, message: str) -> dict[str, Any]:
    return {
        "failure": Failure(
            kind=kind, message=message, help="look at what the worker said before it went"
        ).to_json()
    }
