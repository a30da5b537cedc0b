"""What runs inside a cluster's worker: the code of a run, unpacked and checked, and warm processes that carry out its nodes."""

from __future__ import annotations

import asyncio
import importlib
import json
import shutil
import threading
import time
from collections.abc import Mapping
from pathlib import Path
from queue import SimpleQueue
from typing import Any, final

from attrs import define, field, frozen

from stagelang_compiler.plan import Plan
from stagelang_compiler.plan_codec import PlanError
from stagelang_runtime.cluster.bundle import CODE_FOLDER, PLAN_FILE, unpack
from stagelang_runtime.cluster.guard import Guard
from stagelang_runtime.cluster.surroundings import Surroundings, differences, surroundings
from stagelang_runtime.execute.engine import Inbox
from stagelang_runtime.execute.job import Job
from stagelang_runtime.execute.local_engine import LocalEngine
from stagelang_runtime.execute.machines import CPU, Machine, Needs
from stagelang_runtime.execute.pool import Pool
from stagelang_runtime.store import MissingObject, Store, StoreError, attach_store

_IDLE_SECONDS = 60.0
"""After how long a process that nobody needed ends: a run whose own machine is gone never says that it is over."""


@final
@frozen(kw_only=True)
class Ticket:
    """What a worker is told of a run before it carries out any of its nodes.

    Args:
        run: a word of the run's own.
        plan: the digest of its plan, which lies in the store with its code.
        store: the store's location.
        surroundings: what the run's keys were made with.
    """

    run: str
    plan: str
    store: str
    surroundings: Mapping[str, Any]


@final
@define(eq=False)
class _Slot:
    """A pool of one process, with what it is told and says."""

    engine: LocalEngine
    machine: Machine
    threads: int = 0
    idle_since: float = 0.0


@final
@define(eq=False)
class Host:
    """Carries out nodes of one run in this worker, each thread of it one at a time."""

    plan: Plan
    store: Store
    folder: Path
    guard: Guard = field(factory=Guard)
    _slots: list[_Slot] = field(factory=list[_Slot], init=False)
    _idle: list[_Slot] = field(factory=list[_Slot], init=False)
    _made: int = field(default=0, init=False)
    _closed: bool = field(default=False, init=False)
    _lock: threading.Lock = field(factory=threading.Lock, init=False)

    def carry_out(self, job: Job, needs: Needs) -> dict[str, Any]:
        """Carry out a node in a process that is warm, or else new, and give what became of it. Raises OSError."""
        slot = self._take(needs.threads)
        try:
            while not slot.engine.inbox.empty():
                slot.engine.hear()  # its process may have died while it had nothing to do
            slot.engine.start(job, needs, slot.machine)
            while (answer := slot.engine.hear()) is None:
                pass
            return answer.said
        finally:
            with self._lock:
                slot.idle_since = time.monotonic()
                self._idle.append(slot)

    def close(self, idle_for: float | None = None) -> None:
        """End all processes and remove all files; or end only processes that nobody has needed for so many seconds."""
        with self._lock:
            if idle_for is None:
                self._closed, ended, self._idle = True, [*self._slots], []
            else:
                ended = [slot for slot in self._idle if time.monotonic() - slot.idle_since >= idle_for]
            self._slots = [slot for slot in self._slots if slot not in ended]
            self._idle = [slot for slot in self._idle if slot not in ended]
        for slot in ended:
            slot.engine.pool.close()
        if idle_for is None:
            self.guard.close()
            shutil.rmtree(self.folder, ignore_errors=True)

    @property
    def is_closed(self) -> bool:
        """Whether the run is over."""
        return self._closed

    def _take(self, threads: int) -> _Slot:
        with self._lock:
            if self._closed:
                raise RuntimeError("the run is over")
            warm = [slot for slot in self._idle if slot.threads == threads] or self._idle
            if warm:
                slot = warm[-1]
                self._idle.remove(slot)
            else:
                self._made += 1
                slot = self._new(self.folder / f"slot-{self._made}")
                self._slots.append(slot)
        slot.threads = threads
        return slot

    def _new(self, home: Path) -> _Slot:
        inbox: Inbox = SimpleQueue()
        pool = Pool(
            self.plan,
            self.folder / CODE_FOLDER,
            self.store,
            inbox.put,
            limit=1,
            plan_file=self.folder / PLAN_FILE,
            home=home,
            watch=self.guard.watch,
            unwatch=self.guard.unwatch,
        )
        machine = Machine("this process", {CPU: 1.0})
        return _Slot(LocalEngine(pool, inbox, machine), machine)


_HOSTS: dict[str, Host] = {}


async def prepare(ticket: Ticket, dask_worker: Any) -> str:
    """Make this worker ready for a run and say nothing, or say why it can't take part.

    Args:
        ticket: what there is to know of the run.
        dask_worker: the worker, which gives a folder of its own.
    """
    folder = Path(dask_worker.local_directory) / f"stagelang-{ticket.run}"
    return await asyncio.to_thread(_prepare, ticket, folder, str(dask_worker.address))


def _prepare(ticket: Ticket, folder: Path, where: str) -> str:
    store = attach_store(ticket.store, str(folder / "cache" / "store"))
    try:
        (folder / "cache").mkdir(parents=True, exist_ok=True)
        plan = unpack(ticket.plan, store, folder / "run")
    except MissingObject:
        return (
            f"the store at {_shown(ticket.store)}, as {where} sees it, doesn't hold the plan: it isn't the store of this run; "
            "give a folder that both see, or a URL such as s3://bucket/prefix, with --store"
        )
    except (StoreError, PlanError, OSError, ValueError) as error:
        return f"{where} can't use the store at {_shown(ticket.store)}: {error}"
    found = [*differences(Surroundings(**ticket.surroundings), surroundings(plan), where)]
    if found:
        shutil.rmtree(folder, ignore_errors=True)
        return "; ".join(found)
    if ticket.run not in _HOSTS:
        host = _HOSTS[ticket.run] = Host(plan, store, folder / "run")
        threading.Thread(target=_end_the_idle, args=(host,), daemon=True).start()
    return ""


def topic_of(run: str) -> str:
    """Name the topic of Dask's events under which a run's workers answer."""
    return f"stagelang-{run}"


def carry_out(run: str, key: str, job: Mapping[str, Any], threads: int, seconds: float) -> None:
    """Carry out one node of a run for which this worker is ready, and answer what became of it: the key, and JSON.

    Args:
        run: the run's word.
        key: the task's own key.
        job: what to do.
        threads: how many threads its numeric libraries may use.
        seconds: after how long it is stopped.

    Raises:
        KeyError: this worker knows nothing of the run.
        OSError: no process can be started.
    """
    distributed: Any = importlib.import_module("distributed")
    said = _HOSTS[run].carry_out(Job.from_json(job), Needs(amounts=(), threads=threads, seconds=seconds))
    answer = json.dumps(said, separators=(",", ":"))
    distributed.get_worker().log_event(topic_of(run), [key, answer])


async def finish(run: str) -> None:
    """End all that this worker still does for a run."""
    host = _HOSTS.pop(run, None)
    if host is not None:
        await asyncio.to_thread(host.close)


def _end_the_idle(host: Host) -> None:
    while not host.is_closed:
        time.sleep(_IDLE_SECONDS / 4)
        host.close(idle_for=_IDLE_SECONDS)


def _shown(location: str) -> str:
    from stagelang_runtime.location import without_password

    return repr(without_password(location))
