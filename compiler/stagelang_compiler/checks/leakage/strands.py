"""Tells apart what a table is put together of, so that what cross-validation pools is judged fold by fold.

Each fold's rows are scored by a model of the others. Put below each other, all of them are rows that some model has learnt from; but none
is scored by a model that has learnt from it. A strand is a part of a table's rows, with the events behind just that part.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TypeAlias

from stagelang.split import Split
from stagelang_compiler.checks.leakage.follow import Followed
from stagelang_compiler.checks.leakage.lattice import Flow
from stagelang_compiler.checks.leakage.reading import Bodies
from stagelang_compiler.checks.leakage.roles import Inputs, inputs_of, role_of
from stagelang_compiler.graph import Edge, GraphNode

Strands: TypeAlias = Mapping[tuple[int, str], Sequence[Flow]]
"""The strands of artifacts that have several, by their node and port."""


def strands(followed: Followed, bodies: Bodies) -> Strands:
    """Give the strands of all tables; of a pipeline without folds there are none to tell apart."""
    found: dict[tuple[int, str], Sequence[Flow]] = {}
    if not any(isinstance(node.declared, Split) and node.declared.folds for node in followed.nodes):
        return found
    for node in followed.nodes:
        tables = [port for port, shape in node.outputs.items() if shape.kind == "table"]
        for port in tables if node.kind in ("stage", "command") else ():
            read = inputs_of(node, port)
            if role_of(node, port) != "concat" and len(read.givers) != 1:
                continue
            parts = [strand for edge in read.givers for strand in _of(followed, found, edge)]
            if len(parts) > 1 and not _mixes(followed, bodies, node, port):
                own = _own(followed, node, port, read)
                found[id(node), port] = [*dict.fromkeys(Flow(each.rows, each.events | own) for each in parts)]
    return found


def _of(followed: Followed, found: Strands, edge: Edge) -> Sequence[Flow]:
    return found.get((id(edge.producer), edge.port)) or (followed.read(edge),)


def _own(followed: Followed, node: GraphNode, port: str, read: Inputs) -> int:
    """Give the events that a stage adds to all rows: its own, and those behind what it reads beside them."""
    beside = followed.all([*read.states, *read.others]).events
    return beside | (followed.flows[id(node), port].events & ~followed.all(node.inputs).events)


def _mixes(followed: Followed, bodies: Bodies, node: GraphNode, port: str) -> bool:
    """Tell whether a stage computes across rows, so that its strands are one."""
    own = followed.flows[id(node), port].events & ~followed.all(node.inputs).events
    return any(event.kind == "mix" and bodies.mixings(event) for _, event in followed.happened(own))
