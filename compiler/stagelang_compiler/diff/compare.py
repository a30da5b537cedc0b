"""Compares two plans.

before  two plans: embed(components=6) in the base, embed(components=8) in the head
after   PlanDiff(nodes=(Change(new="embed", reasons=(Reason(what="parameter components", old="6", new="8"),)),), upstream=("fit", ...))
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import final

from attrs import evolve, frozen

from stagelang_compiler.diff import declared
from stagelang_compiler.diff.beside import SAME, Beside
from stagelang_compiler.diff.code import CodeComparison
from stagelang_compiler.diff.grading import Grading
from stagelang_compiler.diff.matching import Matching, match
from stagelang_compiler.diff.model import Change, Edge, EdgeChange, Kind, PlanDiff, Reason, Subject
from stagelang_compiler.diff.reach import Reach
from stagelang_compiler.diff.reasons import Reasons
from stagelang_compiler.plan import Node, Plan


def diff(base: Plan, head: Plan, beside: Beside = SAME) -> PlanDiff:
    """Say what differs between two plans, why, and what that can reach; takes time linear in their sizes.

    Args:
        base: the plan that is compared with.
        head: the plan whose changes are told.
        beside: what else is known to differ.
    """
    matching = match(base, head)
    code = CodeComparison(base, head)
    reasons = Reasons(base, head, matching, code)
    stages = _Stages.of(reasons)
    nodes = _Nodes.of(reasons, stages, beside)
    names = declared.match_metrics(base, head, matching)
    reach = _Reached(base, head, matching)
    metrics = reach.of_metrics(declared.metrics(base, head, names, code))
    gates = tuple(declared.gates(base, head, names))
    contracts = reach.of_contracts(_contracts(reasons))
    own = reach.of_nodes(nodes.changes)
    reached = reach.together(*own, *metrics, reach.of_users(beside.users))
    grading = Grading(base=base, head=head, matching=matching, metric_names=names)
    return PlanDiff(
        base=base,
        head=head,
        settings=tuple(declared.settings(base, head)),
        libraries=tuple(beside.changes()),
        contracts=contracts,
        stages=reach.of_stages(stages.changes, own),
        nodes=own,
        edges=tuple(_edges(base, head, matching)),
        metrics=metrics,
        gates=gates,
        outputs=tuple(declared.outputs(base, head, matching)),
        experiments=tuple(declared.experiments(base, head, matching)),
        waivers=tuple(declared.waivers(base, head)),
        affected=nodes.touched,
        upstream=nodes.upstream,
        moved=nodes.moved,
        renamed={old: new for old, new in matching.nodes.items() if old != new},
        metrics_reached=reached,
        gates_reached=_gates_reached(head, gates, reached),
        graded=(
            *grading.of_contracts(contracts),
            *grading.of_metrics(metrics, own),
            *grading.of_gates(gates),
        ),
    )


def nothing(head: Plan) -> Plan:
    """Give the plan of a pipeline that isn't there yet: the same settings and nothing else."""
    return evolve(
        head,
        files={},
        contracts={},
        stages={},
        nodes=(),
        metrics=(),
        gates=(),
        outputs=(),
        experiments=(),
        waivers=(),
    )


@final
@frozen
class _Stages:
    """How declarations differ: the changes, and for each of the head its reasons and whether its code only lies elsewhere."""

    changes: tuple[Change, ...]
    reasons: Mapping[str, tuple[Reason, ...]]
    moved: frozenset[str]

    @classmethod
    def of(cls, judge: Reasons) -> _Stages:
        back = {new: old for old, new in judge.matching.stages.items()}
        reasons: dict[str, tuple[Reason, ...]] = {}
        moved: set[str] = set()
        changes: list[Change] = []
        for name, stage in judge.head.stages.items():
            old = judge.base.stages.get(back.get(name, ""))
            if old is None:
                changes.append(Change(subject="stage", kind="added", old="", new=name))
                continue
            reasons[name], elsewhere = judge.of_stage(old, stage)
            moved |= {name} if elsewhere else set()
            changes += _changed("stage", old.name, name, reasons[name])
        changes += [
            Change(subject="stage", kind="removed", old=name, new="")
            for name in judge.base.stages
            if name not in judge.matching.stages
        ]
        return cls(tuple(changes), reasons, frozenset(moved))


@final
@frozen
class _Nodes:
    """How nodes differ, by themselves and through what is upstream."""

    changes: tuple[Change, ...]
    upstream: tuple[str, ...]
    moved: tuple[str, ...]
    touched: tuple[str, ...]
    """Those of the head whose results can differ."""

    @classmethod
    def of(cls, judge: Reasons, stages: _Stages, beside: Beside) -> _Nodes:
        back = {new: old for old, new in judge.matching.nodes.items()}
        changes: list[Change] = []
        upstream: list[str] = []
        moved: dict[str, None] = {}
        touched: dict[str, None] = {}
        for node in judge.head.nodes:
            found = _own(judge, stages, node, back.get(node.name, ""), moved, beside)
            changes += found
            below = node.name in beside.users or any(each.node in touched for each in node.inputs)
            if (
                not below
                and not any(change.counts for change in found)
                and _is_another(judge, back, node, moved)
            ):
                found = (*found, *_changed("node", node.name, node.name, (_UNTOLD,)))
            if below or any(change.counts for change in found):
                touched[node.name] = None
                upstream += [] if found else [node.name]
        changes += [
            Change(subject="node", kind="removed", old=node.name, new="")
            for node in judge.base.nodes
            if node.name not in judge.matching.nodes
        ]
        still = tuple(name for name in moved if name not in touched)
        return cls(tuple(changes), tuple(upstream), still, tuple(touched))


def _own(
    judge: Reasons, stages: _Stages, node: Node, old_name: str, moved: dict[str, None], beside: Beside
) -> tuple[Change, ...]:
    """Say how a node differs by itself; one whose identity differs for no reason but where code lies is noted as moved."""
    old = judge.base.by_name.get(old_name)
    if old is None:
        return (Change(subject="node", kind="added", old="", new=node.name),)
    of_files = beside.reasons(node.name) if old.source == node.source else ()
    reasons = (*judge.of_node(old, node, stages.reasons.get(node.stage, ())), *of_files)
    lies_elsewhere = node.stage in stages.moved or any(each.node in moved for each in node.inputs)
    if old.id != node.id and lies_elsewhere:
        moved[node.name] = None
    return tuple(_changed("node", old.name, node.name, reasons))


def _changed(subject: Subject, old: str, new: str, reasons: tuple[Reason, ...]) -> Iterator[Change]:
    if reasons or old != new:
        kind: Kind = "changed" if old == new else "renamed"
        yield Change(subject=subject, kind=kind, old=old, new=new, reasons=reasons)


_UNTOLD = Reason(cause="code", what="its identity, for no reason that the plans tell")


def _is_another(judge: Reasons, back: Mapping[str, str], node: Node, moved: Mapping[str, None]) -> bool:
    """Tell whether a node's identity differs though nothing that was compared does: then it counts, to be safe."""
    old = judge.base.by_name.get(back.get(node.name, ""))
    return old is not None and old.id != node.id and node.name not in moved


def _contracts(judge: Reasons) -> Iterator[Change]:
    back = {new: old for old, new in judge.matching.contracts.items()}
    for name, contract in judge.head.contracts.items():
        old = judge.base.contracts.get(back.get(name, ""))
        if old is None:
            yield Change(subject="contract", kind="added", old="", new=name)
        else:
            yield from _changed("contract", old.name, name, judge.of_contract(old, contract))
    for name in judge.base.contracts:
        if name not in judge.matching.contracts:
            yield Change(subject="contract", kind="removed", old=name, new="")


def _edges(base: Plan, head: Plan, matching: Matching) -> Iterator[EdgeChange]:
    """Compare edges by reader and argument; one that now comes from elsewhere is changed."""
    before = {
        (matching.nodes.get(edge.reader, ""), edge.argument, edge.index)
        if edge.reader in matching.nodes
        else edge: edge
        for edge in _edges_of(base)
    }
    for edge in _edges_of(head):
        old = before.pop((edge.reader, edge.argument, edge.index), None)
        if old is None:
            yield EdgeChange(kind="added", old=None, new=edge)
        elif (matching.nodes.get(old.producer), old.output) != (edge.producer, edge.output):
            yield EdgeChange(kind="changed", old=old, new=edge)
    for old in before.values():
        yield EdgeChange(kind="removed", old=old, new=None)


def _edges_of(plan: Plan) -> Iterator[Edge]:
    for node in plan.nodes:
        for each in node.inputs:
            yield Edge(
                producer=each.node,
                output=each.output,
                reader=node.name,
                argument=each.argument,
                index=each.index,
            )


def _gates_reached(head: Plan, gates: Iterable[Change], metrics: Iterable[str]) -> tuple[str, ...]:
    judged, own = set(metrics), {change.new for change in gates if change.kind in ("added", "changed")}
    return tuple(gate.name for gate in head.gates if gate.metric in judged or gate.name in own)


@final
class _Reached:
    """Says of changes which nodes and metrics of the head they can reach."""

    def __init__(self, base: Plan, head: Plan, matching: Matching) -> None:
        self.base, self.head, self.matching = base, head, matching
        self.below, self.below_before = Reach(head), Reach(base)

    def of_nodes(self, changes: Iterable[Change]) -> tuple[Change, ...]:
        """Say it of nodes."""
        return tuple(self._with(change, [change.name]) for change in changes)

    def of_stages(self, changes: Iterable[Change], nodes: Iterable[Change]) -> tuple[Change, ...]:
        """Say it of declarations: through their nodes, whose changes are known."""
        now, before = _nodes_of(self.head), _nodes_of(self.base)
        known = {change.name: change for change in nodes}
        found: list[Change] = []
        for change in changes:
            names = now.get(change.new, []) if change.new else before.get(change.old, [])
            metrics = self.together(*(known[name] for name in names if name in known))
            found.append(evolve(self._with(change, names), nodes=tuple(names), metrics=metrics))
        return tuple(found)

    def of_contracts(self, changes: Iterable[Change]) -> tuple[Change, ...]:
        """Say it of contracts: through the nodes that read or make such a table."""
        now, before = _users_of(self.head), _users_of(self.base)
        return tuple(
            self._with(
                change, now.get(change.new, []) if change.new else before.get(change.old, []), with_own=True
            )
            for change in changes
        )

    def of_metrics(self, changes: Iterable[Change]) -> tuple[Change, ...]:
        """Say it of metrics: an expression differs with what it is made of."""
        return tuple(
            evolve(change, metrics=self.below.metrics(metrics=[change.new]))
            if change.new and change.counts
            else change
            for change in changes
        )

    def of_users(self, names: Iterable[str]) -> Change:
        """Say it of the nodes that depend on a library that differs, as if they had changed together."""
        return Change(
            subject="library", kind="changed", old="", new="", metrics=self.below.metrics(sorted(names))
        )

    def together(self, *changes: Change) -> tuple[str, ...]:
        """Give the metrics that any of some changes can reach, in the head's order."""
        found = {name for metrics in {change.metrics for change in changes} for name in metrics}
        return tuple(metric.name for metric in self.head.metrics if metric.name in found)

    def _with(self, change: Change, names: list[str], *, with_own: bool = False) -> Change:
        """Say what lies below some nodes of the head, or of a removed thing in the base."""
        if not change.new:
            names = [self.matching.nodes.get(name, "") for name in self.below_before.nodes(names)]
            names, with_own = [name for name in names if name], True
        below = self.below.count(names) + (len(names) if with_own else 0)
        metrics = self.below.metrics(names) if change.counts else ()
        return evolve(change, reaches=below, metrics=metrics)


def _nodes_of(plan: Plan) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for node in plan.nodes:
        found.setdefault(node.stage, []).append(node.name)
    return found


def _users_of(plan: Plan) -> dict[str, list[str]]:
    found: dict[str, dict[str, None]] = {}
    for node in plan.nodes:
        for name in (*(each.contract for each in node.inputs), *(each.contract for each in node.outputs)):
            found.setdefault(name, {})[node.name] = None
    return {name: list(users) for name, users in found.items()}
