"""The engine of a run on a cluster: sources are read here, where their files are, and all else is given to workers."""

from __future__ import annotations

import sys
import uuid
from collections.abc import Callable, Generator, Sequence
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, final

from attrs import define, evolve, field

from stagelang_compiler.plan import Node, Plan
from stagelang_runtime.cluster.options import TASK, ClusterOptions
from stagelang_runtime.execute.engine import Answer, EngineLost, Inbox, MakeEngine
from stagelang_runtime.execute.job import Job
from stagelang_runtime.execute.local_engine import LocalEngine, local_engine, local_needs
from stagelang_runtime.execute.machines import CPU, GPU, MEMORY, Machine, Needs
from stagelang_runtime.store import Store

if TYPE_CHECKING:
    from stagelang_runtime.cluster.dask_cluster import DaskCluster

_HERE = "place beside the run"


@final
@define
class DaskEngine:
    """Connects when the first node has to run, so that a run that finds all up to date needs no cluster."""

    plan: Plan
    local: LocalEngine
    connect: Callable[[], DaskCluster]
    cluster: DaskCluster | None = field(default=None, init=False)
    _here: Machine = field(init=False)

    def __attrs_post_init__(self) -> None:
        self._here = Machine("this machine", {_HERE: self.local.machine.total[CPU]})

    @property
    def machines(self) -> Sequence[Machine]:
        """Give this machine, for sources, and the workers that are there. Raises EngineLost."""
        if self.cluster is None:
            self.cluster = self.connect()
        if self.cluster.lost is not None:
            raise self.cluster.lost
        return (self._here, *self.cluster.machines)

    def needs(self, node: Node, attempt: int, *, alone: bool) -> Needs:
        """Ask for a stage's threads, memory and graphics processors; for more memory each time, up to the largest worker's."""
        if node.kind == "source":
            return Needs(amounts=((_HERE, 1.0),))
        asked = local_needs(self.plan, node, float("inf"))
        stage = self.plan.stages.get(node.stage)
        resources = stage.resources if stage else None
        amounts = {TASK: 1.0, **dict(asked.amounts)}
        if resources is not None and resources.memory_bytes:
            amounts[MEMORY] = self._memory(float(resources.memory_bytes), attempt)
        if resources is not None and resources.gpus:
            amounts[GPU] = float(resources.gpus)
        return evolve(asked, amounts=tuple(amounts.items()), alone=alone)

    def missing(self, needs: Needs) -> str:
        """Say what no worker has that a node needs; nothing while there is no worker."""
        workers = self.cluster.machines if self.cluster else ()
        if not workers:
            return ""
        wanted = ", ".join(_amount(name, amount) for name, amount in needs.amounts if name != TASK)
        had = "; ".join(
            sorted({", ".join(_amount(name, each.total[name]) for name in _SHOWN) for each in workers})
        )
        return f"no worker has {wanted} (there is: {had})"

    def start(self, job: Job, needs: Needs, machine: Machine) -> None:
        """Give a job to a process here or to a worker. Raises OSError."""
        if machine is self._here:
            self.local.start(job, needs, machine)
        elif self.cluster is not None:
            self.cluster.post(job, needs, machine)

    def hear(self) -> Answer | None:
        """Wait for an answer, or until there is reason to look up. Raises EngineLost."""
        return self.local.hear()

    def _memory(self, asked: float, attempt: int) -> float:
        workers = self.cluster.machines if self.cluster else ()
        largest = max((worker.total[MEMORY] for worker in workers), default=asked)
        return max(asked, min(asked * attempt, largest))


_SHOWN = (CPU, MEMORY, GPU)


def dask_engine(options: ClusterOptions, text: str) -> MakeEngine:
    """Make what makes the engine of a run.

    Args:
        options: which cluster.
        text: the plan's canonical text.
    """
    return partial(_opened, options, text)


@contextmanager
def _opened(
    options: ClusterOptions, text: str, plan: Plan, root: Path, store: Store, inbox: Inbox
) -> Generator[DaskEngine]:
    def connect() -> DaskCluster:
        # A run that finds all up to date has no use for any of these.
        from stagelang_runtime.cluster.bundle import ship
        from stagelang_runtime.cluster.dask_cluster import DaskCluster
        from stagelang_runtime.cluster.host import Ticket
        from stagelang_runtime.cluster.surroundings import surroundings

        try:
            digest = ship(plan, text, root, store)
        except OSError as error:
            raise EngineLost(f"the pipeline's code can't be read: {error}", "run again") from error
        ticket = Ticket(
            run=uuid.uuid4().hex,
            plan=digest,
            store=store.location,
            surroundings=surroundings(plan).to_json(),
        )
        return DaskCluster(options, ticket, inbox, _tell)

    jobs = options.local or _SOURCES_AT_ONCE
    with local_engine(plan, root, store, inbox, jobs) as local:
        engine = DaskEngine(plan, local, connect)
        try:
            yield engine
        finally:
            if engine.cluster is not None:
                engine.cluster.close()


_SOURCES_AT_ONCE = 2


def _tell(line: str) -> None:
    print(line, file=sys.stderr)


def _amount(name: str, amount: float) -> str:
    if name == MEMORY:
        return "memory without limit" if amount >= 1 << 60 else f"memory {amount / 2**30:.3g} GiB"
    return f"{name} {amount:g}"
