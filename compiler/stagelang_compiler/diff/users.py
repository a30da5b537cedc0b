"""Who makes and who reads what a contract or a metric promises, with the owners to tell."""

from __future__ import annotations

import functools
from collections.abc import Mapping
from typing import final

from attrs import frozen

from stagelang_compiler.diff.model import User
from stagelang_compiler.plan import Metric, Node, Plan


@final
@frozen
class Users:
    """The nodes, gates and metrics of a plan by what they make or use; each plan is walked once."""

    plan: Plan

    def makers_of(self, contract: str) -> tuple[User, ...]:
        """Give the nodes that make tables under a contract, or whose tables are read under it."""
        return self._of_nodes(self._contracts[0].get(contract, {}))

    def readers_of(self, contract: str) -> tuple[User, ...]:
        """Give the nodes that read tables under a contract, or that rely on what it promises through another."""
        return self._of_nodes(self._contracts[1].get(contract, {}))

    def measured_by(self, metric: Metric) -> tuple[User, ...]:
        """Give the nodes that make what a metric measures."""
        node = self.plan.by_name.get(metric.node)
        return self._of_nodes(dict.fromkeys(each.node for each in node.inputs) if node else {})

    def users_of(self, metric: Metric) -> tuple[User, ...]:
        """Give the gates that judge a metric and the metrics that are made of it."""
        return self._of_metrics.get(metric.name, ())

    def _of_nodes(self, names: Mapping[str, None]) -> tuple[User, ...]:
        nodes = (self.plan.by_name[name] for name in names)
        return tuple(
            User(kind="node", name=node.name, owner=self._owner(node), origin=node.origin) for node in nodes
        )

    def _owner(self, node: Node) -> str:
        stage = self.plan.stages.get(node.stage)
        return node.owner or (stage.owner if stage else "") or self.plan.owner

    @functools.cached_property
    def _of_metrics(self) -> Mapping[str, tuple[User, ...]]:
        found: dict[str, tuple[User, ...]] = {}
        for gate in self.plan.gates:
            user = User(kind="gate", name=gate.name, owner=self.plan.owner, origin=gate.origin)
            found[gate.metric] = (*found.get(gate.metric, ()), user)
        for each in self.plan.metrics:
            owner = each.owner or self.plan.owner
            user = User(kind="metric", name=each.name, owner=owner, origin=each.origin)
            for operand in each.expression.operands if each.expression else ():
                if isinstance(operand, str):
                    found[operand] = (*found.get(operand, ()), user)
        return found

    @functools.cached_property
    def _contracts(self) -> tuple[Mapping[str, dict[str, None]], Mapping[str, dict[str, None]]]:
        """Give the names of makers and of readers, by contract."""
        makers: dict[str, dict[str, None]] = {}
        readers: dict[str, dict[str, None]] = {}
        for node in self.plan.nodes:
            for made in node.outputs:
                makers.setdefault(made.contract, {})[node.name] = None
            for read in node.inputs:
                readers.setdefault(read.promised, {})[node.name] = None
                readers.setdefault(read.contract, {})[node.name] = None
                makers.setdefault(read.contract, {})[read.node] = None
        return makers, readers
