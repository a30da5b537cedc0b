"""Finds what in the head is what in the base: by name, else by what it is, so that a rename is no removal and addition.

A thing of the same name is the same thing. What is left is matched by its own code, its settings and the things that it reads, then by
less of these, its place, or its readers; of several that are alike, in the order of the plans.
"""

from __future__ import annotations

import json
from collections import defaultdict, deque
from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from typing import TypeVar, final

from attrs import frozen

from stagelang_compiler.plan import Contract, Input, Node, Plan, Stage

T = TypeVar("T")


@final
@frozen(kw_only=True)
class Matching:
    """The names in the head of what there is in the base, where it still is: base -> head."""

    contracts: Mapping[str, str]
    stages: Mapping[str, str]
    nodes: Mapping[str, str]


def match(base: Plan, head: Plan) -> Matching:
    """Match contracts, stages and nodes."""
    contracts = _named(base.contracts, head.contracts)
    _more(contracts, base.contracts, head.contracts, lambda each: each.digest)
    _more(contracts, base.contracts, head.contracts, _columns)
    stages = _named(base.stages, head.stages)
    for key in (_stage_whole, _stage_own):
        _more(stages, base.stages, head.stages, key)
    return Matching(contracts=contracts, stages=stages, nodes=_Nodes(base, head, stages).match())


def _named(base: Iterable[str], head: Iterable[str]) -> dict[str, str]:
    there = set(head)
    return {name: name for name in base if name in there}


def _more(
    found: dict[str, str], base: Mapping[str, T], head: Mapping[str, T], key: Callable[[T], Hashable]
) -> None:
    """Match what is left by a key; of several that share one, in order; None matches nothing."""
    taken = set(found.values())
    waiting: defaultdict[Hashable, deque[str]] = defaultdict(deque)
    for name, each in base.items():
        if name not in found:
            waiting[key(each)].append(name)
    for name, each in head.items():
        if name not in taken and waiting and (mark := key(each)) is not None and waiting.get(mark):
            found[waiting[mark].popleft()] = name


def _columns(contract: Contract) -> Hashable:
    return tuple((column.name, column.type, column.key, column.role) for column in contract.columns)


def _stage_whole(stage: Stage) -> Hashable:
    """Tell a stage by all of its code but for names."""
    pieces = tuple(sorted(piece.digest for piece in stage.code.components[1:]))
    own = _stage_own(stage)
    return None if own is None else (own, stage.owner, pieces)


def _stage_own(stage: Stage) -> Hashable:
    """Tell a stage by the code of its function alone, but for its name; a command by what it runs."""
    if not stage.code.components:
        return None
    ran = (stage.command.argv, tuple(sorted(stage.command.files.items()))) if stage.command else None
    return stage.kind, stage.code.components[0].digest, ran


@final
class _Nodes:
    """Matches nodes; producers stand before their readers in both plans, so one pass can build on what it has found."""

    def __init__(self, base: Plan, head: Plan, stages: Mapping[str, str]) -> None:
        self.base, self.head, self.stages = base, head, stages
        self.found = _named(base.by_name, head.by_name)
        self.back = {name: name for name in self.found}

    def match(self) -> dict[str, str]:
        """Give the matched names, base -> head, in the base's order."""
        if len(self.found) < min(len(self.base.nodes), len(self.head.nodes)):
            # what one step finds is what the next reads: a second round settles chains that a looser step has begun
            for _ in range(2):
                self._pass(_wholly)
                self._pass(_but_for_settings)
                self._pass(_by_place)
                self._by_readers()
        return {node.name: self.found[node.name] for node in self.base.nodes if node.name in self.found}

    def _pass(self, key: Callable[[Node, Sequence[Hashable]], Hashable]) -> None:
        waiting: defaultdict[Hashable, deque[str]] = defaultdict(deque)
        for node in self._left(self.base, self.found):
            reads = [(*_slot(each), each.node) for each in node.inputs]
            waiting[self._stage(node), key(node, reads)].append(node.name)
        for node in self._left(self.head, self.back):
            reads = [(*_slot(each), self.back.get(each.node)) for each in node.inputs]
            there = waiting.get((node.stage, key(node, reads)))
            if there:
                self._take(there.popleft(), node.name)

    def _by_readers(self) -> None:
        """Match nodes of one nature by what reads them, where something does."""

        def readers(plan: Plan, names: Mapping[str, str]) -> dict[str, set[Hashable]]:
            found: dict[str, set[Hashable]] = defaultdict(set)
            for node in plan.nodes:
                for each in node.inputs:
                    found[each.node].add((*_slot(each), names.get(node.name)))
            return found

        before, after = readers(self.base, {name: name for name in self.found}), readers(self.head, self.back)
        waiting: defaultdict[Hashable, list[str]] = defaultdict(list)
        for node in self._left(self.base, self.found):
            waiting[self._stage(node), _nature(node), frozenset(before[node.name])].append(node.name)
        for node in self._left(self.head, self.back):
            read = frozenset(after[node.name])
            there = waiting.get((node.stage, _nature(node), read))
            if read and there and len(there) == 1:
                self._take(there.pop(), node.name)

    def _left(self, plan: Plan, taken: Mapping[str, str]) -> list[Node]:
        return [node for node in plan.nodes if node.name not in taken]

    def _stage(self, node: Node) -> str | None:
        return self.stages.get(node.stage) if node.stage else ""

    def _take(self, old: str, new: str) -> None:
        self.found[old] = new
        self.back[new] = old


def _slot(each: Input) -> tuple[Hashable, ...]:
    return each.argument, -1 if each.index is None else each.index, each.output


def _settings(node: Node) -> Hashable:
    return node.kind, json.dumps(dict(node.params), sort_keys=True), node.source, node.split


def _nature(node: Node) -> Hashable:
    """Tell a stage's node by its settings; where a source reads and how a split divides may differ."""
    return _settings(node) if node.stage else (node.kind, tuple(each.contract for each in node.outputs))


def _wholly(node: Node, reads: Sequence[Hashable]) -> Hashable:
    return _settings(node), tuple(reads)


def _but_for_settings(node: Node, reads: Sequence[Hashable]) -> Hashable:
    """Tell a node by what it reads; a source reads nothing, and is its location."""
    return (node.kind, tuple(reads)) if node.inputs else (node.kind, node.name, node.source)


def _by_place(node: Node, _: Sequence[Hashable]) -> Hashable:
    """Tell a node by its name without its scope: a renamed scope keeps what it holds apart."""
    return node.kind, node.name.removeprefix(f"{node.scope}/") if node.scope else node.name
