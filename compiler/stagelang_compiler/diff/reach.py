"""Which nodes lie downstream of a node, and which metrics can differ by it."""

from __future__ import annotations

import functools
from collections.abc import Iterable, Iterator
from typing import final

from attrs import frozen

from stagelang_compiler.plan import Plan


@final
@frozen
class Reach:
    """What lies downstream, as sets of bits: one pass over a plan's edges answers for all of its nodes."""

    plan: Plan

    def nodes(self, names: Iterable[str]) -> Iterator[str]:
        """Give the nodes below some nodes, themselves left out, in the plan's order."""
        asked = list(names)
        yield from _chosen(self._below_all(asked), [node.name for node in self.plan.nodes])

    def count(self, names: Iterable[str]) -> int:
        """Count the nodes below some nodes, themselves left out."""
        return self._below_all(names).bit_count()

    def metrics(self, nodes: Iterable[str] = (), metrics: Iterable[str] = ()) -> tuple[str, ...]:
        """Give the metrics that can differ if some nodes or metrics do, in the plan's order."""
        found = 0
        for name in nodes:
            found |= self._measured[name]
        for name in metrics:
            found |= self._with_expressions[name]
        return self._metric_names(found)

    def _below_all(self, names: Iterable[str]) -> int:
        found = own = 0
        for name in names:
            found |= self._below[name]
            own |= 1 << self._place[name]
        return found & ~own

    def _metric_names(self, mask: int) -> tuple[str, ...]:
        if mask not in self._known:  # many nodes reach the same metrics: one tuple serves them all
            self._known[mask] = tuple(_chosen(mask, [metric.name for metric in self.plan.metrics]))
        return self._known[mask]

    @functools.cached_property
    def _known(self) -> dict[int, tuple[str, ...]]:
        return {}

    @functools.cached_property
    def _place(self) -> dict[str, int]:
        return {node.name: place for place, node in enumerate(self.plan.nodes)}

    @functools.cached_property
    def _below(self) -> dict[str, int]:
        found = dict.fromkeys(self._place, 0)
        for node in reversed(self.plan.nodes):
            under = found[node.name] | 1 << self._place[node.name]
            for each in node.inputs:
                found[each.node] |= under
        return found

    @functools.cached_property
    def _with_expressions(self) -> dict[str, int]:
        """Give for each metric the bits of itself and of all expressions over it."""
        found = {metric.name: 1 << place for place, metric in enumerate(self.plan.metrics)}
        for metric in reversed(self.plan.metrics):  # expressions stand after what they are made of
            for operand in metric.expression.operands if metric.expression else ():
                if isinstance(operand, str):
                    found[operand] |= found[metric.name]
        return found

    @functools.cached_property
    def _measured(self) -> dict[str, int]:
        found = dict.fromkeys(self._place, 0)
        for metric in self.plan.metrics:
            if metric.node:
                found[metric.node] |= self._with_expressions[metric.name]
        for node in reversed(self.plan.nodes):
            for each in node.inputs:
                found[each.node] |= found[node.name]
        return found


def _chosen(mask: int, names: list[str]) -> Iterator[str]:
    for name in names:
        if not mask:
            return
        if mask & 1:
            yield name
        mask >>= 1
