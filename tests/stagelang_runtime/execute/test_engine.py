"""What a run makes of an engine: of machines that are lost, that lack something, that come late, and of an engine that ends."""

from __future__ import annotations

from collections.abc import Callable, Generator, Sequence
from contextlib import contextmanager
from pathlib import Path

import pytest
from attrs import define, evolve, field

from stagelang_compiler import plan as p
from stagelang_compiler.plan import Node, Plan
from stagelang_runtime.execute.engine import Answer, EngineLost, Inbox
from stagelang_runtime.execute.failure import LOST_MACHINE, Failure
from stagelang_runtime.execute.job import Job
from stagelang_runtime.execute.local_engine import LocalEngine, local_engine
from stagelang_runtime.execute.machines import GPU, Machine, Needs
from stagelang_runtime.execute.results import STAGE_FAILED, RunOptions, RunResult
from stagelang_runtime.execute.runner import run
from stagelang_runtime.store import Store
from tests.stagelang_runtime.execute.conftest import Project

CODE = """
@stage
def one(*, n: int = 1) -> Value[int]: return Value.of(n)
@stage
def plus(x: Value[int], *, n: int = 1) -> Value[int]: return Value.of(x.value + n)
"""
LOST = {"failure": Failure(kind=LOST_MACHINE, message="its machine was lost").to_json()}


@define
class Unreliable:
    """The engine of this machine, but for what a test makes of it."""

    local: LocalEngine
    inbox: Inbox
    loses: Callable[[str, int], bool]
    begun: list[tuple[str, bool]]
    there: list[Machine]
    lacks: str = ""
    ends_at: str = ""
    _tries: dict[str, int] = field(factory=dict[str, int], init=False)

    @property
    def machines(self) -> Sequence[Machine]:
        return self.there

    def needs(self, node: Node, attempt: int, *, alone: bool) -> Needs:
        stage = self.local.pool.plan.stages.get(node.stage)
        gpus = stage.resources.gpus if stage and stage.resources else 0
        found = evolve(self.local.needs(node, attempt, alone=alone), alone=alone)
        return evolve(found, amounts=(*found.amounts, (GPU, float(gpus)))) if gpus else found

    def missing(self, needs: Needs) -> str:
        return self.lacks

    def start(self, job: Job, needs: Needs, machine: Machine) -> None:
        self.begun.append((job.node, needs.alone))
        tries = self._tries[job.node] = self._tries.get(job.node, 0) + 1
        if job.node == self.ends_at:
            self.inbox.put(EngineLost("the engine is gone", "start it again"))
        elif self.loses(job.node, tries):
            self.inbox.put(Answer(job.node, LOST))
        else:
            self.local.start(job, needs, machine)

    def hear(self) -> Answer | None:
        if not self.there:
            self.there.append(self.local.machine)
            return None
        return self.local.hear()


@define
class Trial:
    """Runs a project on an unreliable engine, and remembers which nodes began, and whether alone."""

    project: Project
    begun: list[tuple[str, bool]] = field(factory=list[tuple[str, bool]])

    def run(
        self,
        loses: Callable[[str, int], bool] = lambda node, tries: False,
        *,
        lacks: str = "",
        ends_at: str = "",
        late: bool = False,
    ) -> RunResult:
        @contextmanager
        def make(plan: Plan, root: Path, store: Store, inbox: Inbox) -> Generator[Unreliable]:
            with local_engine(plan, root, store, inbox, 2) as local:
                there = [] if late else [local.machine]
                engine = Unreliable(local, inbox, loses, self.begun, there, lacks, ends_at)
                yield engine

        plan, options = self.project.plan, RunOptions(jobs=2, keep_going=True)
        return run(
            plan,
            root=self.project.root,
            store=self.project.store,
            options=options,
            listener=self.project.events.append,
            make_engine=make,
        )


@pytest.fixture
def trial(project: Project) -> Trial:
    project.code(CODE)
    project.node("one")
    project.node("two", "plus", reads={"x": "one"})
    project.node("three", "plus", reads={"x": "two"}, params={"n": 7})
    return Trial(project)


def states(result: RunResult) -> dict[str, str]:
    return {name: node.state for name, node in result.nodes.items()}


def test_a_node_that_is_lost_twice_runs_alone_the_third_time(trial: Trial) -> None:
    result = trial.run(lambda node, tries: node == "two" and tries < 3)
    assert states(result) == {"one": "ran", "two": "ran", "three": "ran"}
    assert trial.begun == [("one", False), ("two", False), ("two", False), ("two", True), ("three", False)]


def test_a_node_that_is_lost_three_times_fails_and_blocks_its_readers(trial: Trial) -> None:
    result = trial.run(lambda node, tries: node == "two")
    assert states(result) == {"one": "ran", "two": "failed", "three": "blocked"}
    failure = result.nodes["two"].failure
    assert failure is not None
    assert failure.message == "its machine was lost (attempt 3 of 3)"
    assert result.exit_code == STAGE_FAILED


def test_more_attempts_outlive_more_losses(trial: Trial) -> None:
    trial.project.recode("plus", resources=p.Resources(attempts=5))
    result = trial.run(lambda node, tries: node == "two" and tries < 5)
    assert states(result)["two"] == "ran"
    assert [node for node, _ in trial.begun].count("two") == 5


def test_what_a_lost_machine_has_finished_is_not_done_again(trial: Trial) -> None:
    trial.run()
    earlier = trial.project.store.receipt_for_id(trial.project.nodes["two"].id)
    assert earlier is not None
    store, key = trial.project.store, str(earlier["key"])
    store.withdraw_receipt(key)

    def finishes_unheard(node: str, tries: int) -> bool:
        if node == "two":
            store.put_receipt(key, earlier)
        return node == "two"

    trial.begun.clear()
    assert states(trial.run(finishes_unheard)) == {"one": "hit", "two": "hit", "three": "hit"}
    assert trial.begun == [("two", False)]


def test_what_no_machine_has_fails_without_being_started(trial: Trial) -> None:
    trial.project.recode("plus", resources=p.Resources(gpus=1))
    result = trial.run(lacks="no machine has gpu 1")
    assert states(result) == {"one": "ran", "two": "failed", "three": "blocked"}
    assert str(result.nodes["two"].failure) == (
        "'two' can't be carried out: no machine has gpu 1\n"
        "  --> pipeline.py:1\n"
        "  help: start a machine that has it, or ask for less with Resources(...)"
    )
    assert [node for node, _ in trial.begun] == ["one"]


def test_a_run_waits_for_machines_that_may_still_come(trial: Trial) -> None:
    assert set(states(trial.run(late=True)).values()) == {"ran"}


def test_an_engine_that_ends_fails_what_runs_and_starts_nothing_more(trial: Trial) -> None:
    trial.project.node("other", "plus", reads={"x": "one"}, params={"n": 9})
    result = trial.run(ends_at="two")
    assert states(result)["two"] == "failed"
    assert states(result)["three"] == "blocked"
    assert str(result.nodes["two"].failure) == (
        "the engine is gone\n  --> pipeline.py:1\n  help: start it again"
    )
    assert result.exit_code == STAGE_FAILED
    assert not result.interrupted
