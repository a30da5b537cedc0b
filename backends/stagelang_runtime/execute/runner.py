"""Carries out a whole plan on this machine: decides order and place, and leaves the rest to workers."""

from __future__ import annotations

import signal
import threading
import time
from collections.abc import Generator, Iterable, Mapping
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from queue import SimpleQueue
from typing import Any, final

from attrs import define, evolve, field

from stagelang_compiler.plan import Node, Plan
from stagelang_runtime.execute.budget import judge_node, judge_run
from stagelang_runtime.execute.engine import Engine, EngineLost, Inbox, MakeEngine
from stagelang_runtime.execute.failure import LOST_INPUT, LOST_MACHINE, MAY_PASS, Failure, NodeFailed
from stagelang_runtime.execute.history import History, read_history, write_history
from stagelang_runtime.execute.job import Job
from stagelang_runtime.execute.key import Artifact
from stagelang_runtime.execute.local_engine import local_engine
from stagelang_runtime.execute.machines import Machine, Needs, Room
from stagelang_runtime.execute.prepare import Preparation, gates_passed
from stagelang_runtime.execute.present import is_present, named_objects
from stagelang_runtime.execute.reasons import FORCED, healing
from stagelang_runtime.execute.record import can_be_remembered, record_of
from stagelang_runtime.execute.results import (
    Event,
    Listener,
    NodeResult,
    Reason,
    Receipt,
    RunOptions,
    RunResult,
    State,
    artifacts_of,
)
from stagelang_runtime.execute.schedule import Schedule
from stagelang_runtime.execute.state import forget, remember
from stagelang_runtime.execute.watched import watch
from stagelang_runtime.store import Store
from stagelang_runtime.store.atomic import Disk

_MOST_HEALINGS = 3
_MOST_LOSSES = 3
"""On how many machines that are lost a node is tried, even where its attempts are fewer: most such losses are none of its doing."""


def run(
    plan: Plan,
    *,
    root: Path,
    store: Store,
    options: RunOptions | None = None,
    listener: Listener | None = None,
    make_engine: MakeEngine | None = None,
) -> RunResult:
    """Carry out all nodes of a plan that aren't up to date.

    Args:
        plan: what to carry out.
        root: the pipeline's folder, to which the plan's paths are relative.
        store: where results are kept.
        options: how.
        listener: is told what happens while it happens.
        make_engine: makes what carries out the nodes; unless said, processes on this machine.

    Raises:
        StoreError: the store can't be used.
    """
    root = root.absolute()
    history = read_history(store, plan.name)
    begun_ns, watched = time.time_ns(), watch(plan, root)
    with Disk(str(history.folder)):
        forget(history.folder)
    result = run_part(
        plan,
        root=root,
        store=store,
        history=history,
        given={},
        options=options or RunOptions(),
        listener=listener,
        make_engine=make_engine,
    )
    with Disk(str(history.folder)):
        write_history(history, result)
        if watched is not None and can_be_remembered(plan, result) and not store.is_shared:
            remember(history.folder, record_of(plan, root, store, result), watched, begun_ns)
    return result


def run_part(
    plan: Plan,
    *,
    root: Path,
    store: Store,
    history: History,
    given: Mapping[str, Receipt],
    options: RunOptions,
    listener: Listener | None = None,
    make_engine: MakeEngine | None = None,
) -> RunResult:
    """Carry out those nodes of a plan that aren't given and aren't up to date; remembers nothing outside the store.

    Args:
        plan: what to carry out; a part of one will do where all that its first nodes read is given.
        root: the pipeline's folder, absolute.
        store: where results are kept.
        history: what is remembered of the nodes' last runs, to say why they run.
        given: receipts of nodes that are taken as up to date without looking, by name.
        options: how.
        listener: is told what happens while it happens.
        make_engine: makes what carries out the nodes; unless said, processes on this machine.

    Raises:
        StoreError: the store can't be used.
    """
    started = time.perf_counter()
    store.look_ahead((node.id for node in plan.nodes if node.name not in given), named_objects)
    inbox: Inbox = SimpleQueue()
    make = make_engine or partial(local_engine, jobs=options.jobs)
    with _interruptible(inbox) as stop, make(plan, root, store, inbox) as engine:
        work = _Run(
            plan=plan,
            preparation=Preparation(plan=plan, root=root, store=store),
            options=options,
            engine=engine,
            history=history,
            listener=listener,
            stop=stop,
            schedule=Schedule(plan, given.keys()),
        )
        work.take(given)
        work.carry_out()
    seconds = time.perf_counter() - started
    nodes = {node.name: work.results[node.name] for node in plan.nodes}
    return RunResult(
        plan_name=plan.name,
        nodes=nodes,
        seconds=seconds,
        budget=judge_run(plan.budget, seconds, nodes.values()),
        interrupted=stop.is_set(),
    )


@contextmanager
def _interruptible(inbox: Inbox) -> Generator[threading.Event]:
    """Let Ctrl-C and SIGTERM set an event and wake the runner up, which then ends its workers and returns."""
    stop = threading.Event()
    if threading.current_thread() is not threading.main_thread():
        yield stop
        return

    def interrupt(*_: object) -> None:
        stop.set()
        inbox.put(None)

    signals = (signal.SIGINT, signal.SIGTERM)
    before = [signal.signal(each, interrupt) for each in signals]
    try:
        yield stop
    finally:
        for each, handler in zip(signals, before, strict=True):
            signal.signal(each, handler)


@final
@define(kw_only=True)
class _Run:
    """The state of a run. A node waits, is ready, can start, runs, and is settled once it is in `results`."""

    plan: Plan
    preparation: Preparation
    options: RunOptions
    engine: Engine
    history: History
    listener: Listener | None
    stop: threading.Event
    schedule: Schedule
    results: dict[str, NodeResult] = field(factory=dict[str, NodeResult], init=False)
    _jobs: dict[str, tuple[Job, Reason]] = field(factory=dict[str, tuple[Job, Reason]], init=False)
    _needs: dict[str, Needs] = field(factory=dict[str, Needs], init=False)
    _running: dict[str, tuple[Machine, Mapping[str, float]]] = field(
        factory=dict[str, tuple[Machine, Mapping[str, float]]], init=False
    )
    _tries: dict[str, int] = field(factory=dict[str, int], init=False)
    _losses: dict[str, int] = field(factory=dict[str, int], init=False)
    _artifacts: dict[tuple[str, str], Artifact] = field(factory=dict[tuple[str, str], Artifact], init=False)
    _passed: dict[str, set[str]] = field(factory=dict[str, set[str]], init=False)
    _healings: dict[str, int] = field(factory=dict[str, int], init=False)
    _again: dict[str, Reason] = field(factory=dict[str, Reason], init=False)
    _failed: bool = field(default=False, init=False)

    def take(self, given: Mapping[str, Receipt]) -> None:
        """Settle nodes whose receipts are at hand, without a word."""
        listener, self.listener = self.listener, None
        for name, receipt in given.items():
            node = self.plan.node(name)
            self._settle(
                NodeResult(
                    node=name,
                    state="hit",
                    key=receipt["key"],
                    receipt=receipt,
                    budget=self._judged(node, receipt),
                )
            )
        self.listener = listener

    def carry_out(self) -> None:
        """Run until nothing is left to do, or nothing more can be done."""
        try:
            while not self.stop.is_set():
                waits = self._advance()
                if not (waits or self._running):
                    break
                self._hear()
        except EngineLost as lost:
            self._abandon(lost)
        self._leave_the_rest()

    def _advance(self) -> bool:
        """Settle all that is up to date, start what there is room for, and tell whether anything waits for room."""
        while not (self.stop.is_set() or (self._failed and not self.options.keep_going)):
            name = self.schedule.next_ready()
            if name is not None:
                self._prepare(name)
                continue
            waiting = self.schedule.first_startable()
            if not (waiting and self._start_one(waiting)):
                return bool(waiting)
        return False

    def _start_one(self, waiting: Iterable[str]) -> bool:
        """Start, or give up, the first node of those that can start beside what waits before it."""
        room = Room(self.engine.machines)
        for name in waiting:
            needs = self._needs[name]
            machine = room.find(needs)
            if machine is not None:
                self._start(name, needs, machine)
                return True
            missing = "" if room.could_hold(needs) else self.engine.missing(needs)
            if missing:
                self.schedule.started(needs)
                self._fail(self.plan.node(name), _without(self.plan.node(name), missing))
                return True
            room.keep(needs)
        return False

    def _prepare(self, name: str) -> None:
        node = self.plan.node(name)
        try:
            job = self.preparation.job(node, self._artifact, self._passed)
            again = self._again.get(name)
            if again is not None or self.options.force:
                self.preparation.store.withdraw_receipt(job.key)
            receipt = self.preparation.hit(job)
        except NodeFailed as failed:
            self._fail(node, failed.failure)
            return
        if receipt is not None:
            self.preparation.store.link_id(node.id, job.key)
            self._settle(
                NodeResult(
                    node=name, state="hit", key=job.key, receipt=receipt, budget=self._judged(node, receipt)
                )
            )
            return
        reason = again or (
            FORCED if self.options.force else self.history.reason_to_run(self.plan, node, job.components)
        )
        self._jobs[name] = (job, reason)
        tries, losses = self._tries.get(name, 0), self._losses.get(name, 0)
        # What was lost twice may have broken its machines, or those beside it did: alone, it shows.
        needs = self.engine.needs(node, tries + 1, alone=losses > 1)
        self._needs[name] = needs
        self.schedule.startable(name, needs)

    def _start(self, name: str, needs: Needs, machine: Machine) -> None:
        self.schedule.started(needs)
        job, reason = self._jobs[name]
        self._tell("started", name, reason=reason)
        self._running[name] = (machine, machine.take(needs))
        self.engine.start(job, needs, machine)

    def _hear(self) -> None:
        """Wait for one answer, or a reason to look up."""
        answer = self.engine.hear()
        if answer is None:
            return
        node, said = self.plan.node(answer.node), answer.said
        machine, taken = self._running.pop(node.name)
        machine.give_back(taken)
        if "lost" in said:
            self._heal(node, *said["lost"])
        elif "failure" in said:
            self._try_again_or_fail(node, Failure.from_json(said["failure"]))
        else:
            self._done(node, said["receipt"])

    def _try_again_or_fail(self, node: Node, failure: Failure) -> None:
        """Look at a node anew whose failure may pass, until it has used up its attempts."""
        stage = self.plan.stages.get(node.stage)
        attempts = stage.resources.attempts if stage and stage.resources else 1
        counts, most = self._tries, attempts
        if failure.kind == LOST_MACHINE:
            counts, most = self._losses, max(attempts, _MOST_LOSSES)
        count = counts[node.name] = counts.get(node.name, 0) + 1
        may_pass = failure.kind in MAY_PASS
        if may_pass and most > 1:
            failure = evolve(failure, message=f"{failure.message} (attempt {count} of {most})")
        if not may_pass or count >= most:
            self._fail(node, failure)
            return
        del self._jobs[node.name]
        self._tell("again", node.name, failure=failure)
        self.schedule.ready(node.name)

    def _abandon(self, lost: EngineLost) -> None:
        """Fail what runs, or else what was to start, since nothing can be carried out any more."""
        failure = Failure(kind="engine", message=lost.message, help=lost.help)
        for name in [*self._running] or [*self.schedule.first_startable()][:1]:
            self._fail(self.plan.node(name), evolve(failure, where=str(self.plan.node(name).origin)))
        self._running.clear()

    def _done(self, node: Node, receipt: Receipt) -> None:
        job, reason = self._jobs.pop(node.name)
        self._settle(
            NodeResult(
                node=node.name,
                state="ran",
                key=job.key,
                reason=reason,
                receipt=receipt,
                budget=self._judged(node, receipt),
                healed=node.name in self._again,
            )
        )

    def _heal(self, node: Node, producer: str, digest: str) -> None:
        """Run a producer again whose output is gone or damaged, and then the node that wanted to read it."""
        self._healings[node.name] = self._healings.get(node.name, 0) + 1
        if self._healings[node.name] > _MOST_HEALINGS:
            message = f"what {producer!r} made for {node.name!r} is gone from the store each time that it is made again"
            self._fail(
                node,
                Failure(
                    kind="store", message=message, help="look for what deletes or damages the store's files"
                ),
            )
            return
        result = self.results.get(producer)
        if not all(bound.node in self.plan.by_name for bound in self.plan.node(producer).inputs):
            self._fail(node, _lost_given(node.name, producer))
            return
        if result is not None and not self._is_there(result, digest):
            del self.results[producer]
            self._again[producer] = healing(node.name)
            self._tell("healing", producer, reason=self._again[producer])
            self.schedule.ready(producer)
        if producer in self.results:
            self.schedule.ready(node.name)
        else:
            self.schedule.hold(node.name, producer)

    def _is_there(self, result: NodeResult, digest: str) -> bool:
        """Tell whether an output is there; where it has another digest now, its reader only has to start again."""
        outputs = [artifact for artifact in result.outputs if artifact.object == digest]
        return all(is_present(self.preparation.store, each.kind, each.object, each.size) for each in outputs)

    def _artifact(self, node: str, port: str) -> Artifact:
        return self._artifacts[node, port]

    def _settle(self, result: NodeResult) -> None:
        self.results[result.node] = result
        if result.receipt is not None:
            for content, contract in gates_passed(result.receipt):
                self._passed.setdefault(content, set()).add(contract)
            for artifact in artifacts_of(result.node, result.receipt):
                self._artifacts[artifact.node, artifact.port] = artifact
            self.schedule.done(result.node)
        kind = "hit" if result.state == "hit" else "ran" if result.state == "ran" else "failed"
        receipt: Mapping[str, Any] = result.receipt or {}
        self._tell(
            kind,
            result.node,
            seconds=result.seconds,
            reason=result.reason,
            failure=result.failure,
            stdout=receipt.get("stdout", ""),
            stderr=receipt.get("stderr", ""),
        )

    def _fail(self, node: Node, failure: Failure) -> None:
        self._failed = True
        _, reason = self._jobs.pop(node.name, (None, None))
        self._settle(NodeResult(node=node.name, state="failed", reason=reason, failure=failure))

    def _leave_the_rest(self) -> None:
        """Say of every node that wasn't reached whether a failure stands in its way."""
        for node in self.plan.nodes:
            if node.name in self.results:
                continue
            blockers = dict.fromkeys(each for bound in node.inputs for each in self._blockers(bound.node))
            state: State = "blocked" if blockers else "not started"
            self.results[node.name] = NodeResult(node=node.name, state=state, blocked_by=tuple(blockers))
            if blockers:
                self._tell("blocked", node.name)

    def _blockers(self, name: str) -> Iterable[str]:
        result = self.results[name]
        return (name,) if result.state == "failed" else result.blocked_by

    def _judged(self, node: Node, receipt: Receipt) -> Any:
        stage = self.plan.stages.get(node.stage)
        return judge_node(stage.budget if stage else None, receipt)

    def _tell(self, kind: Any, name: str, **said: Any) -> None:
        if self.listener is not None:
            self.listener(
                Event(kind=kind, node=name, done=len(self.results), total=len(self.plan.nodes), **said)
            )


def _lost_given(node: str, producer: str) -> Failure:
    """Say that what a node reads is gone, and that the part of the plan at hand can't make it again."""
    return Failure(
        kind=LOST_INPUT,
        message=f"what {producer!r} made for {node!r} is gone from the store or damaged",
        help="run the whole pipeline, which makes it again",
    )


def _without(node: Node, missing: str) -> Failure:
    """Say that a node asks for what no machine has."""
    return Failure(
        kind="engine",
        message=f"{node.name!r} can't be carried out: {missing}",
        where=str(node.origin),
        help="start a machine that has it, or ask for less with Resources(...)",
    )
