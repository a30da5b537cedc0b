"""Writes the rules of the nodes: which notes each waits for, and a comment that says what it is."""

from __future__ import annotations

from collections.abc import Iterator

from stagelang_backends.render import one_line
from stagelang_compiler.plan import Node, Plan

TARGETS = frozenset(("all", "check", "clean", "help", "nodes", "Makefile", "plan.json"))
"""What a Makefile has besides the nodes; a node of such a name is asked for by the file of its note."""


def rules(plan: Plan) -> Iterator[str]:
    """Give the rule of each node, in the plan's order, each with its comment."""
    for node in plan.nodes:
        reads = dict.fromkeys(bound.node for bound in node.inputs)
        again = [".again"] if plan.is_always_run(node) else []
        needed = " ".join([*map(note, reads), *again])
        yield f"# {_said(plan, node)}\n{note(node.name)}:{' ' * bool(needed)}{needed}\n"


def note(name: str) -> str:
    """Give the file that stands for a node's being done."""
    return f".notes/{name}.json"


def shadowed(plan: Plan) -> list[str]:
    """Give the nodes that can't be asked for by name, because the Makefile has a target of that name."""
    return [node.name for node in plan.nodes if node.name in TARGETS]


def is_asked_each_time(plan: Plan) -> bool:
    """Tell whether something that the plan reads can't be watched as a file."""
    return any(node.source is not None and "://" in node.source.location for node in plan.nodes)


def _said(plan: Plan, node: Node) -> str:
    """Say what a node is, where it was written, and whose it is; the end is ours, so that no backslash can end the line."""
    match node.kind:
        case "source":
            what = f"source {one_line(node.source.location)}" if node.source else "source"
        case "split":
            what = f"split by {one_line(node.split.by)}" if node.split else "split"
        case _:
            what = f"{node.kind} {node.stage}" if node.stage != node.name else node.kind
    again = ", run every time" if plan.is_always_run(node) else ""
    owner = f", owner {one_line(node.owner)}" if node.owner else ""
    return f"{node.name}: {what}{again}{owner} ({one_line(str(node.origin))})"
