"""The order in which a run looks at nodes: each after all that it reads, and otherwise as in the plan."""

from __future__ import annotations

import heapq
from collections.abc import Collection, Hashable, Sequence
from typing import final

from stagelang_compiler.plan import Plan


@final
class Schedule:
    """Which nodes wait for which, and which are ready. Those that are settled from the start are never ready by themselves."""

    def __init__(self, plan: Plan, settled: Collection[str] = ()) -> None:
        self._order = {node.name: position for position, node in enumerate(plan.nodes)}
        self._waiting = {
            node.name: {bound.node for bound in node.inputs}
            for node in plan.nodes
            if node.name not in settled
        }
        self._readers: dict[str, list[str]] = {}
        for name, producers in self._waiting.items():
            for producer in producers:
                self._readers.setdefault(producer, []).append(name)
        self._ready = [
            (self._order[name], name) for name, producers in self._waiting.items() if not producers
        ]
        heapq.heapify(self._ready)
        self._startable: dict[Hashable, list[tuple[int, str]]] = {}

    def next_ready(self) -> str | None:
        """Take the first node whose producers are all done, if there is one."""
        return heapq.heappop(self._ready)[1] if self._ready else None

    def ready(self, node: str) -> None:
        """Say that a node is to be looked at again."""
        heapq.heappush(self._ready, (self._order[node], node))

    def done(self, node: str) -> None:
        """Say that a node is done, which may make its readers ready."""
        for reader in self._readers.get(node, ()):
            producers = self._waiting[reader]
            if node in producers:
                producers.discard(node)
                if not producers:
                    self.ready(reader)

    def hold(self, node: str, producer: str) -> None:
        """Say that a node has to wait for a producer that is being made again."""
        self._waiting[node] = {producer}

    def startable(self, node: str, kind: Hashable) -> None:
        """Say that a node has to run, once there is room for its kind."""
        heapq.heappush(self._startable.setdefault(kind, []), (self._order[node], node))

    def first_startable(self) -> Sequence[str]:
        """Give the first node of each kind that is to start, in the plan's order."""
        return [name for _, name in sorted(waiting[0] for waiting in self._startable.values())]

    def started(self, kind: Hashable) -> None:
        """Say that the first node of a kind has started."""
        heapq.heappop(self._startable[kind])
        if not self._startable[kind]:
            del self._startable[kind]
