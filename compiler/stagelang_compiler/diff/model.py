"""What differs between two plans, as plain frozen facts: for texts, comments and pictures to be made of."""

from __future__ import annotations

import functools
from collections.abc import Iterator, Mapping
from typing import Literal, TypeAlias, final

from attrs import field, frozen

from stagelang.origin import Origin
from stagelang_compiler.diff.grades import Grade
from stagelang_compiler.plan import Plan

Kind: TypeAlias = Literal["added", "removed", "changed", "renamed"]
Subject: TypeAlias = Literal[
    "setting", "library", "contract", "stage", "node", "metric", "gate", "output", "experiment", "waiver"
]
Cause: TypeAlias = Literal[
    "code",  # functions, classes, constants, imports; a command's arguments and files
    "parameter",
    "data",  # where a source reads and how, how a split divides
    "environment",  # distributions, declared variables, the network, resources, budgets
    "contract",  # what an input or output promises, and how an output is kept
    "wiring",  # which artifacts are read
    "seed",
    "meaning",  # what a metric's number says
    "limit",  # what a gate or an experiment asks for
    "owner",
    "setting",
]
NodeState: TypeAlias = Literal["added", "removed", "changed", "renamed", "upstream", "unchanged"]
"""'changed' and 'renamed' by themselves, 'upstream' only since something upstream did."""


@final
@frozen(kw_only=True)
class Reason:
    """One thing that differs in a changed or renamed one: `what` it is, and its text in the base and in the head.

    `old` is empty where it was added, `new` where it was removed; both are where only a digest tells them apart.
    """

    cause: Cause
    what: str
    kind: Kind = "changed"
    old: str = ""
    new: str = ""
    counts: bool = True
    """Whether a result can differ by it: not by an owner, a budget or a tag."""


@final
@frozen(kw_only=True)
class Change:
    """One thing that was added, removed, changed or renamed.

    A renamed one may have changed as well: `reasons` say how. An added or a removed one has none.
    """

    subject: Subject
    kind: Kind
    old: str
    """Its name in the base; empty where it was added."""
    new: str
    """Its name in the head; empty where it was removed."""
    reasons: tuple[Reason, ...] = ()
    nodes: tuple[str, ...] = ()
    """Of a stage: its nodes in the head, or in the base where it was removed."""
    reaches: int = 0
    """How many other nodes of the head lie downstream (of a removed node: that read what came after it in the base)."""
    metrics: tuple[str, ...] = ()
    """The metrics of the head whose values it can change, in the plan's order."""

    @property
    def name(self) -> str:
        """Its name now, or the one it had."""
        return self.new or self.old

    @property
    def counts(self) -> bool:
        """Whether a result can differ by it."""
        return self.kind in ("added", "removed") or any(reason.counts for reason in self.reasons)


@final
@frozen(kw_only=True)
class Edge:
    """An artifact that a node reads: `producer.output` into the reader's argument, at `index` if it takes several."""

    producer: str
    output: str
    reader: str
    argument: str
    index: int | None = None


@final
@frozen(kw_only=True)
class EdgeChange:
    """An edge that was added, removed, or (changed) now comes from elsewhere; a renamed end alone is no change."""

    kind: Kind
    old: Edge | None
    new: Edge | None


@final
@frozen(kw_only=True)
class GradedReason:
    """One thing that differs, and what that is to both sides."""

    reason: Reason
    grade: Grade


@final
@frozen(kw_only=True)
class User:
    """Who makes or uses a contract's tables or a metric's number: a node, a gate or a metric of the head, and its owner."""

    kind: Literal["node", "gate", "metric"]
    name: str
    owner: str
    origin: Origin


@final
@frozen(kw_only=True)
class Promise:
    """A contract or a metric in one of the two plans: its name, version and owner, and where it is written."""

    name: str
    version: str
    owner: str
    origin: Origin


@final
@frozen(kw_only=True)
class Graded:
    """A change of a contract, a metric or a gate, and what it is to whom. A gate has no version and no users."""

    subject: Literal["contract", "metric", "gate"]
    kind: Kind
    old: Promise | None
    new: Promise | None
    grade: Grade
    reasons: tuple[GradedReason, ...] = ()
    producers: tuple[User, ...] = ()
    consumers: tuple[User, ...] = ()

    @property
    def name(self) -> str:
        """Its name now, or the one it had."""
        found = self.new or self.old
        assert found is not None, "what changed is in one of the plans"
        return found.name

    def reason_grade(self, reason: Reason) -> Grade | None:
        """Give what one of the reasons is to both sides, if it is anything to them."""
        return next((each.grade for each in self.reasons if each.reason == reason), None)


@final
@frozen(kw_only=True)
class PlanDiff:
    """All that differs between two plans, each kind of thing in the head's order and then, what was removed, in the base's.

    Lines, files, comments and descriptions never count, nor in which module code lies.
    """

    base: Plan = field(repr=False)
    head: Plan = field(repr=False)
    settings: tuple[Change, ...] = ()
    libraries: tuple[Change, ...] = ()
    """Installed ones, as far as both sides' are known: no plan holds them."""
    contracts: tuple[Change, ...] = ()
    stages: tuple[Change, ...] = ()
    """Declarations: what is said here of a stage is repeated in the reasons of its nodes."""
    nodes: tuple[Change, ...] = ()
    """Nodes that differ by themselves, and not only since something upstream does."""
    edges: tuple[EdgeChange, ...] = ()
    metrics: tuple[Change, ...] = ()
    gates: tuple[Change, ...] = ()
    outputs: tuple[Change, ...] = ()
    experiments: tuple[Change, ...] = ()
    waivers: tuple[Change, ...] = ()
    affected: tuple[str, ...] = ()
    """Nodes of the head whose results can differ, by themselves or through what is upstream, in the plan's order."""
    upstream: tuple[str, ...] = ()
    """Nodes of the head that differ only since something upstream does, in the plan's order."""
    moved: tuple[str, ...] = ()
    """Nodes of the head that are the same but for the module of some code: no change, though they run once more."""
    renamed: Mapping[str, str] = field(factory=dict[str, str])
    """The names of renamed nodes: in the base -> in the head."""
    metrics_reached: tuple[str, ...] = ()
    """The metrics of the head whose values can differ, new ones included, in the plan's order."""
    gates_reached: tuple[str, ...] = ()
    """The gates of the head that judge such a metric, or that were changed or added themselves."""
    graded: tuple[Graded, ...] = ()
    """What changes of contracts, metrics and gates are to those who make and use them."""

    @property
    def changes(self) -> Iterator[Change]:
        """Give all changes but those of edges: broad ones first."""
        for group in (
            self.settings,
            self.libraries,
            self.contracts,
            self.stages,
            self.nodes,
            self.metrics,
            self.gates,
            self.outputs,
            self.experiments,
            self.waivers,
        ):
            yield from group

    @property
    def is_empty(self) -> bool:
        """Whether nothing differs that a person would call a change."""
        return not self.edges and next(self.changes, None) is None

    @functools.cached_property
    def states(self) -> Mapping[str, NodeState]:
        """Say of every node how it stands: of the head by its name, and of those removed by the name they had."""
        found: dict[str, NodeState] = {node.name: "unchanged" for node in self.head.nodes}
        found |= dict.fromkeys(self.upstream, "upstream")
        found |= {change.name: change.kind for change in self.nodes}
        return found

    @functools.cached_property
    def grades(self) -> Mapping[tuple[str, str], Graded]:
        """Give what is graded by its kind of thing and its name now, or the one it had."""
        return {(each.subject, each.name): each for each in self.graded}
