"""What a run is asked and what it answers: options, events while it runs, and the result of each node."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from typing import Any, Literal, TypeAlias, final

from attrs import field, frozen

from stagelang_runtime.execute.failure import Failure
from stagelang_runtime.execute.key import Artifact

State = Literal["ran", "hit", "failed", "blocked", "not started"]
Answer = Literal["pass", "fail", "not evaluated"]
Receipt: TypeAlias = Mapping[str, Any]

OK, GATE_FAILED, STAGE_FAILED, INTERRUPTED = 0, 1, 3, 130
"""Exit codes of a run; 2 is for wrong usage and 4 for a fault of stagelang's own."""


@final
@frozen(kw_only=True)
class RunOptions:
    """How to carry out a plan.

    Args:
        jobs: how many threads the stages that run at the same time may use together; each takes as many as its
            resources say.
        keep_going: finish the branches that don't depend on a failed node.
        force: run every node, even where its result is there.
    """

    jobs: int = field(factory=lambda: os.cpu_count() or 1)
    keep_going: bool = False
    force: bool = False


@final
@frozen(kw_only=True)
class Reason:
    """Why a node runs: the first component of its key that differs from the last time, with both values."""

    component: str
    old: str = ""
    new: str = ""
    text: str

    def __str__(self) -> str:
        return self.text


@final
@frozen(kw_only=True)
class BudgetEntry:
    """One limit of a budget, what was measured against it, and the answer; seconds or bytes."""

    what: Literal["wall", "memory"]
    limit: float
    measured: float | None
    answer: Answer
    note: str = ""


@final
@frozen(kw_only=True)
class NodeResult:
    """What became of one node. `blocked_by` names the failed nodes that it would have read, directly or not."""

    node: str
    state: State
    key: str = ""
    reason: Reason | None = None
    receipt: Receipt | None = None
    failure: Failure | None = None
    blocked_by: tuple[str, ...] = ()
    budget: tuple[BudgetEntry, ...] = ()
    healed: bool = False

    @property
    def outputs(self) -> tuple[Artifact, ...]:
        """The artifacts that it made, by port."""
        return artifacts_of(self.node, self.receipt) if self.receipt else ()

    @property
    def seconds(self) -> float:
        """How long its body took when it ran; 0 where it never did."""
        return float(self.receipt["seconds"]) if self.receipt else 0.0


@final
@frozen(kw_only=True)
class RunResult:
    """What became of a run: its nodes in the plan's order, the pipeline's budget, and how long it took."""

    plan_name: str
    nodes: Mapping[str, NodeResult]
    seconds: float
    budget: tuple[BudgetEntry, ...] = ()
    interrupted: bool = False

    def of_state(self, state: State) -> tuple[NodeResult, ...]:
        """Give the nodes of one state."""
        return tuple(node for node in self.nodes.values() if node.state == state)

    @property
    def exit_code(self) -> int:
        """Give what the command ends with: 0 done, 1 a gate or budget failed, 3 a stage failed, 130 interrupted."""
        if self.interrupted:
            return INTERRUPTED
        failures = [node.failure for node in self.of_state("failed") if node.failure]
        if any(failure.kind != "gate" for failure in failures):
            return STAGE_FAILED
        entries = (*self.budget, *(entry for node in self.nodes.values() for entry in node.budget))
        over = any(entry.answer == "fail" for entry in entries)
        return GATE_FAILED if failures or over else OK


@final
@frozen(kw_only=True)
class Event:
    """Something that happened while a run went on; `done` of `total` nodes are settled."""

    kind: Literal["started", "ran", "hit", "failed", "blocked", "healing", "again"]
    node: str
    done: int
    total: int
    seconds: float = 0.0
    reason: Reason | None = None
    failure: Failure | None = None
    stdout: str = ""
    stderr: str = ""


Listener: TypeAlias = Callable[[Event], None]


def artifacts_of(node: str, receipt: Receipt) -> tuple[Artifact, ...]:
    """Read a receipt's outputs."""
    return tuple(
        Artifact(
            node=node,
            port=output["port"],
            kind=output["kind"],
            codec=output["codec"],
            content=output["content"],
            object=output["object"],
            size=output["size"],
            rows=output["rows"],
        )
        for output in receipt["outputs"]
    )
