"""Says of a plan which rows its metrics are measured on, and what was fitted before them."""

from __future__ import annotations

from collections.abc import Iterable
from typing import final

from attrs import frozen

from stagelang_compiler.plan import Input, Node, Output, Plan

_STATES = ("model", "value")


@final
@frozen(kw_only=True)
class Judged:
    """Rows that a metric is measured on: a part of a split, or a whole source where `part` is empty."""

    node: str
    part: str

    @property
    def output(self) -> str:
        """The output of the node that holds them."""
        return self.part or "out"

    def __str__(self) -> str:
        return f"the {self.part} rows of {self.node!r}" if self.part else f"the rows of {self.node!r}"


def judged_rows(plan: Plan) -> tuple[Judged, ...]:
    """Give the rows that metrics are measured on, but for training rows."""
    pending = [read for node in plan.nodes if node.kind == "metric" for read in node.inputs]
    found: dict[Judged, None] = {}
    seen: set[tuple[str, str]] = set()
    while pending:
        read = pending.pop()
        node = plan.node(read.node)
        if (read.node, read.output) in seen or output_of(plan, read).kind != "table":
            continue
        seen.add((read.node, read.output))
        if node.kind == "split":
            if read.output != "train":
                found[Judged(node=node.name, part=read.output)] = None
        elif node.kind == "source":
            found[Judged(node=node.name, part="")] = None
        else:
            pending += givers(plan, node, read.output)
    return tuple(sorted(found, key=lambda each: (each.node, each.part)))


def output_of(plan: Plan, read: Input) -> Output:
    """Give what a node reads, as its producer declares it."""
    return next(each for each in plan.node(read.node).outputs if each.name == read.output)


def givers(plan: Plan, node: Node, output: str) -> list[Input]:
    """Give the inputs that a table's rows come from: those of its own population, else all."""
    population = next(each.population for each in node.outputs if each.name == output)
    tables = [read for read in node.inputs if output_of(plan, read).kind == "table"]
    same = [read for read in tables if output_of(plan, read).population == population]
    return same or tables


def fitted(plan: Plan) -> tuple[Node, ...]:
    """Give the nodes before the metrics that make a model or a value, in the plan's order."""
    before = upstream(plan, (node.name for node in plan.nodes if node.kind == "metric"))
    return tuple(
        node
        for node in plan.nodes
        if node.name in before
        and node.kind in ("stage", "command")
        and any(each.kind in _STATES for each in node.outputs)
    )


def behind(plan: Plan, judged: Judged) -> frozenset[str]:
    """Give what metrics depend on for some judged rows: of tables put below each other, those only that hold them.

    So each fold of a cross-validation is asked about the models that have scored it, and not about those of the other folds.
    """
    pending = [node.name for node in plan.nodes if node.kind == "metric"]
    found: set[str] = set()
    holds: dict[str, bool] = {}
    while pending:
        name = pending.pop()
        if name in found:
            continue
        found.add(name)
        inputs = plan.node(name).inputs
        spread = [read.node for read in inputs if read.index is not None]
        for each in spread:
            if each not in holds:
                holds[each] = judged.node in upstream(plan, [each])
        kept = [each for each in spread if holds[each]]
        pending += [read.node for read in inputs if read.index is None] + (kept or spread)
    return frozenset(found)


def upstream(plan: Plan, names: Iterable[str]) -> frozenset[str]:
    """Give these nodes and all that they depend on, by name."""
    pending, found = [*names], set[str]()
    while pending:
        name = pending.pop()
        if name not in found:
            found.add(name)
            pending += [read.node for read in plan.node(name).inputs]
    return frozenset(found)


def downstream(plan: Plan, name: str) -> frozenset[str]:
    """Give a node and all that depend on it, by name."""
    found = {name}
    for node in plan.nodes:  # each after those it reads
        if any(read.node in found for read in node.inputs):
            found.add(node.name)
    return frozenset(found)
