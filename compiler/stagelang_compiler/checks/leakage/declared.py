"""SL617: a role that a stage declares and its types contradict."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from stagelang.stage import Role
from stagelang_compiler.checks.leakage.roles import CARRIERS, STATES, declared_role, kind_of
from stagelang_compiler.checks.leakage.rules import CONTRADICTED_ROLE
from stagelang_compiler.diagnostics import Diagnostic, Place
from stagelang_compiler.graph import Graph, GraphNode

_NEEDS: Mapping[Role, str] = {
    "map": "rows in, rows out",
    "fit": "rows in; a Model, a Value or Files out",
    "deploy": "rows in; a Model, a Value or Files out",
    "apply": "rows and a Model, Value or Files in, rows out",
    "aggregate": "rows in",
    "augment": "rows in, rows out",
    "select": "rows in",
    "join": "rows of two arguments in, rows out",
    "concat": "several tables in, rows out",
}


def check_declared_roles(graph: Graph) -> Iterator[Diagnostic]:
    """Check that each declared role can be one of a stage of its types; each stage is told of once."""
    told: set[object] = set()
    for node in graph.nodes:
        role = declared_role(node)
        if node.stage is None or node.stage in told or node.misbound or node.misplaced:
            continue
        if role is None or role not in _NEEDS:  # what is no role is found among the settings
            continue
        told.add(node.stage)
        if not _fits(role, node):
            yield Diagnostic(
                rule=CONTRADICTED_ROLE,
                message=f"stage {node.base!r} declares role={role!r}, which its types contradict",
                places=(Place(node.stage.origin, "declared here"), Place(node.origin, "used here")),
                subject=node.name,
                expected=_NEEDS[role],
                found=_types(node),
                help="leave the role out, or declare the one that the stage has",
            )


def _fits(role: Role, node: GraphNode) -> bool:
    read = [kind_of(edge) for edge in node.inputs]
    given = {shape.kind for shape in node.outputs.values()}
    rows, states = sum(kind in CARRIERS for kind in read), sum(kind in STATES for kind in read)
    to_rows = not given.isdisjoint(CARRIERS)
    arguments = {edge.argument for edge in node.inputs if kind_of(edge) in CARRIERS}
    match role:
        case "map" | "augment":
            return rows > 0 and to_rows
        case "fit" | "deploy":
            return rows > 0 and not given.isdisjoint((*STATES, "files"))
        case "apply":
            return to_rows and rows > 0 and (states > 0 or "files" in read)
        case "aggregate" | "select":
            return rows > 0
        case "join":
            return to_rows and len(arguments) > 1
        case "concat":
            return to_rows and rows > 1


def _types(node: GraphNode) -> str:
    read = ", ".join(kind_of(edge).capitalize() for edge in node.inputs) or "nothing"
    return (
        f"{read} in, {', '.join(shape.kind.capitalize() for shape in node.outputs.values()) or 'nothing'} out"
    )


CHECKS = (check_declared_roles,)
