"""Follows rows through a graph: the abstract value of every artifact, and the events behind it.

Stages whose types don't tell whether they mix rows are taken to do so *perhaps*: their bodies are read only where that would matter.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Protocol, final

from attrs import Factory, define, frozen

from stagelang.contract import columns_of
from stagelang.handle import Table
from stagelang.source import Source
from stagelang.split import Split
from stagelang_compiler.checks.leakage import transfer
from stagelang_compiler.checks.leakage.lattice import NOTHING, EventKind, Flow, joined
from stagelang_compiler.checks.leakage.roles import (
    CARRIERS,
    Inputs,
    declared_role,
    inputs_of,
    kind_of,
    role_of,
)
from stagelang_compiler.checks.leakage.ways import Rows, Shares, Way, Ways, bits_of
from stagelang_compiler.graph import Edge, Graph, GraphNode


@final
@frozen(eq=False, kw_only=True)
class Event:
    """A stage that let rows influence something else than themselves.

    `reads` are the rows by argument, `rows` all of them; `before` the events behind what it read. `certain` says that types or a
    declaration tell; what isn't certain is told by the body.
    """

    kind: EventKind
    node: GraphNode
    reads: Mapping[str, Rows]
    rows: Rows
    before: int
    certain: bool


@final
@define(eq=False)
class Followed:
    """What following a graph gave."""

    nodes: Sequence[GraphNode]
    ways: Ways = Factory(Ways)
    events: list[Event] = Factory(list[Event])
    flows: dict[tuple[int, str], Flow] = Factory(dict[tuple[int, str], Flow])
    kinds: dict[EventKind, int] = Factory(dict[EventKind, int])
    """The bits of the events of each kind."""
    harmless: int = 0
    """The bits of events that turned out to be none when their bodies were read."""
    into: dict[int, Flow] = Factory(dict[int, Flow])
    """What goes into each split, by its position."""

    def read(self, edge: Edge) -> Flow:
        """Give the abstract value of what an edge carries."""
        return self.flows.get((id(edge.producer), edge.port), NOTHING)

    def all(self, edges: Sequence[Edge]) -> Flow:
        """Give the join of what several edges carry."""
        return joined(map(self.read, edges))

    def happened(self, events: int) -> list[tuple[int, Event]]:
        """List events with their bits."""
        return [(1 << position, self.events[position]) for position in bits_of(events)]

    def event(self, kind: EventKind, node: GraphNode, edges: Sequence[Edge], certain: bool) -> int:
        """Note an event of these rows, and give its bit; of no rows there is none."""
        reads: dict[str, Rows] = {}
        for edge in edges:
            rows = self.read(edge).rows if kind_of(edge) in CARRIERS else 0
            if rows:
                reads[edge.argument] = reads.get(edge.argument, 0) | rows
        if not reads:
            return 0
        before = self.all(node.inputs).events
        rows = Ways.union(reads.values())
        return self._noted(
            Event(kind=kind, node=node, reads=reads, rows=rows, before=before, certain=certain)
        )

    def stated(self, node: GraphNode, rows: Rows) -> int:
        """Note that what a source holds was fitted to rows elsewhere, as it says, and give the event's bit."""
        reads = {"learnt_from": rows}
        return self._noted(Event(kind="fit", node=node, reads=reads, rows=rows, before=0, certain=True))

    def _noted(self, event: Event) -> int:
        bit = 1 << len(self.events)
        self.events.append(event)
        self.kinds[event.kind] = self.kinds.get(event.kind, 0) | bit
        return bit


class _Noting(Protocol):
    def __call__(self, kind: EventKind, edges: Sequence[Edge], certain: bool) -> int: ...


def follow(graph: Graph) -> Followed:
    """Give each artifact's abstract value, in one pass from the sources.

    What a source was fitted to may be tables that come after it: then a second pass knows which rows these hold.
    """
    found = _passed(graph, {})
    stated = {
        id(node): [way for table in node.declared.learnt_from for way in _ways_of(found, graph, table)]
        for node in graph.nodes
        if isinstance(node.declared, Source) and not isinstance(node.declared.learnt_from, str)
    }
    return _passed(graph, stated) if any(stated.values()) else found


def _ways_of(found: Followed, graph: Graph, table: Table[Any, Any]) -> Sequence[Way]:
    made = graph.node_of(table)
    return found.ways.each(found.flows.get((id(made[0]), made[1]), Flow()).rows) if made else ()


def _passed(graph: Graph, stated: Mapping[int, Sequence[Way]]) -> Followed:
    found = Followed(graph.nodes)
    for position, node in enumerate(graph.nodes):
        match node.kind:
            case "source":
                learnt = found.ways.union(map(found.ways.of, stated.get(id(node), ())))
                behind = found.stated(node, learnt) if learnt else 0
                found.flows[id(node), "out"] = Flow(found.ways.of(((position, ""),)), behind)
            case "split":
                table = found.into[position] = found.all(node.inputs)
                _share_out(found, position, node)
                for port in node.outputs:
                    found.flows[id(node), port] = transfer.divided(found.ways, table, position, port)
            case "metric":
                found.flows[id(node), "out"] = found.all(node.inputs)
            case _:
                _call(found, position, node)
    return found


def _share_out(found: Followed, position: int, node: GraphNode) -> None:
    """Say what shares a split by hash takes: all splits of one table place a value by the same number between 0 and 1."""
    declared = node.declared
    shares = shares_of(declared) if isinstance(declared, Split) and node.inputs else None
    if shares is not None and isinstance(declared, Split):
        edge = node.inputs[0]
        found.ways.shared_out(position, (id(edge.producer), edge.port, str(declared.by)), shares)


def shares_of(declared: Split) -> Shares | None:
    """Give what share of all values each part takes; None where it isn't by hash."""
    if declared.method == "fold":
        low, high = (declared.fold - 1) / declared.folds, declared.fold / declared.folds
        return {"train": ((0.0, low), (high, 1.0)), declared.parts[1]: ((low, high),)}
    test, validation = declared.test, declared.validation or 0.0
    if declared.method != "hash" or not isinstance(test, float) or not isinstance(validation, float):
        return None
    until = test + validation
    return {"test": ((0.0, test),), "validation": ((test, until),), "train": ((until, 1.0),)}


def _call(found: Followed, position: int, node: GraphNode) -> None:
    events: dict[tuple[EventKind, bool], int] = {}

    def event(kind: EventKind, edges: Sequence[Edge], certain: bool) -> int:
        """Note each of a stage's events once, however many outputs it has."""
        if (kind, certain) not in events:
            events[kind, certain] = found.event(kind, node, edges, certain)
        return events[kind, certain]

    for port, shape in node.outputs.items():
        read = inputs_of(node, port)
        role = role_of(node, port, read)
        givers, others, states = found.all(read.givers), found.all(read.others), found.all(read.states)
        if shape.kind not in CARRIERS:
            if role == "select":
                flow = transfer.chosen([states], givers.join(others), event("select", node.inputs, True))
            else:
                flow = transfer.fitted([givers, others, states], event("fit", node.inputs, True))
        elif role == "make":
            flow = transfer.applied(states, Flow(found.ways.of(((position, ""),))))
        else:
            flow = transfer.applied(states, transfer.stacked([givers]))
            if role == "select":
                flow = transfer.chosen(
                    [givers, states], others, event("select", read.others or read.givers, True)
                )
                flow = flow.join(givers)
            elif role in ("aggregate", "augment") or declared_role(node) is None:
                certain = declared_role(node) is not None
                flow = transfer.aggregated(flow, event("mix", read.givers, certain))
            if read.others:
                flow = transfer.matched(flow, others, _joining(event, node, read))
        found.flows[id(node), port] = flow


def _joining(event: _Noting, node: GraphNode, read: Inputs) -> int:
    """Note that other tables' rows were joined, unless the stage is declared to treat each row by itself."""
    declared = declared_role(node)
    if declared in ("map", "apply", "concat"):
        return 0
    by_key = all(_share_a_key(edge, giver) for edge in read.others for giver in read.givers)
    return event("join", read.others, declared is not None or not by_key)


def _share_a_key(one: Edge, other: Edge) -> bool:
    """Tell whether rows of two tables can be matched one to one: both have a key of the same name."""
    keys: list[set[str]] = []
    for edge in (one, other):
        contract = edge.needed.contract if edge.needed else None
        columns = columns_of(contract) if contract else {}
        keys.append({name for name, column in columns.items() if column.limits.key})
    return bool(keys[0] & keys[1])
