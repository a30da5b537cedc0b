"""What a stage does with rows: declared with `role=`, else told by its types."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal, TypeAlias, final

from attrs import frozen

from stagelang.metric import MetricDefinition
from stagelang.stage import Role
from stagelang_compiler.graph import Edge, GraphNode

Inferred: TypeAlias = Role | Literal["make"]
"""A role, or "make": rows that come from nowhere, as from a source."""

CARRIERS = ("table", "files")
"""Kinds of artifacts that hold rows."""
STATES = ("model", "value")
"""Kinds of artifacts that were made from rows and hold none."""


@final
@frozen(kw_only=True)
class Inputs:
    """A stage's inputs, told apart: `givers` give the rows of its tables, `others` are tables and files beside them."""

    givers: Sequence[Edge]
    others: Sequence[Edge]
    states: Sequence[Edge]


def kind_of(edge: Edge) -> str:
    """Give what kind of artifact goes along an edge."""
    shape = edge.needed or edge.given
    return shape.kind if shape is not None else ""


def declared_role(node: GraphNode) -> Role | None:
    """Give the role that a stage was declared to have."""
    stage = node.stage
    return None if stage is None or isinstance(stage, MetricDefinition) else stage.settings.role


def inputs_of(node: GraphNode, port: str) -> Inputs:
    """Tell apart what a node reads, for one of its outputs.

    A table that it gives holds the rows of the inputs of its own population, else of all tables, else of all files.
    """
    tables = [edge for edge in node.inputs if kind_of(edge) == "table"]
    files = [edge for edge in node.inputs if kind_of(edge) == "files"]
    declared = node.stage.signature.outputs.get(port) if node.stage else None
    same = [
        edge for edge in tables if edge.needed and declared and edge.needed.population == declared.population
    ]
    givers = same or tables or files
    return Inputs(
        givers=givers,
        others=[edge for edge in (*tables, *files) if edge not in givers],
        states=[edge for edge in node.inputs if kind_of(edge) in STATES],
    )


def role_of(node: GraphNode, port: str, read: Inputs | None = None) -> Inferred:
    """Tell a stage's role for one of its outputs; `read` are its inputs for it, where they are known."""
    declared = declared_role(node)
    if declared is not None:
        return declared
    read = read or inputs_of(node, port)
    carriers = [*read.givers, *read.others]
    if node.outputs[port].kind in STATES:
        models = [edge for edge in node.inputs if kind_of(edge) == "model"]
        return "select" if len(models) > 1 and carriers else "fit"
    if not carriers:
        return "make"
    if read.states:
        return "apply"
    if len(carriers) == 1:
        return "map"
    return "join" if read.others or len({edge.argument for edge in carriers}) > 1 else "concat"
