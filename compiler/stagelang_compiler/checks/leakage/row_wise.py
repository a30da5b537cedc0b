"""Names the stages that the rules of leakage take to treat each row by itself: the theorem's assumption, which a run can test."""

from __future__ import annotations

from stagelang_compiler.checks.leakage.follow import follow
from stagelang_compiler.checks.leakage.reading import Bodies
from stagelang_compiler.checks.leakage.roles import declared_role, role_of
from stagelang_compiler.graph import Graph


def row_wise(graph: Graph) -> tuple[str, ...]:
    """Give the nodes from rows to rows that are declared, or whose types and bodies tell, to treat each row by itself."""
    followed, bodies = follow(graph), Bodies()
    mixing = {id(event.node) for event in followed.events if event.kind == "mix" and bodies.mixings(event)}
    return tuple(
        node.name
        for node in graph.nodes
        if node.kind in ("stage", "command")
        and any(
            shape.kind == "table" and role_of(node, port) in ("map", "apply")
            for port, shape in node.outputs.items()
        )
        and (id(node) not in mixing or declared_role(node) in ("map", "apply"))
    )
