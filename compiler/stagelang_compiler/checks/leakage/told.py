"""Tells what another rule says already, so that one mistake is told of once."""

from __future__ import annotations

from stagelang_compiler.graph import Edge, GraphNode


def is_training(edge: Edge) -> bool:
    """Tell whether a metric says itself that it is one of training rows, or another rule says that it is."""
    shapes = (edge.needed, edge.given)
    return any(shape is not None and getattr(shape.population, "__name__", "") == "Train" for shape in shapes)


def is_told(node: GraphNode) -> bool:
    """Tell whether another rule says already that a stage is given rows of a wrong population."""
    return any(
        edge.given is not None
        and edge.needed is not None
        and isinstance(edge.given.population, type)
        and isinstance(edge.needed.population, type)
        and not issubclass(edge.given.population, edge.needed.population)
        for edge in node.inputs
    )
