"""Which columns each column of a pipeline is made of, from node to node: as data, as lines, and as a picture of columns."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Literal, TypeAlias, final

from attrs import frozen

from stagelang_backends.lineage.drawing import Arrow, Box, Drawing, counted, merged
from stagelang_compiler.plan import ColumnLineage, Input, Node, Output, Plan

How: TypeAlias = Literal["source", "kept", "declared", "read", "unknown"]
"""It is read in; a split keeps it; it was declared; it was read from the stage's code; it may be made of anything that the stage reads."""


@final
@frozen(kw_only=True)
class Ref:
    """A column of what a node made; the column `"*"` is any, and the empty one a whole model, value or folder."""

    node: str
    output: str
    column: str

    def __str__(self) -> str:
        port = "" if self.output == "out" else f".{self.output}"
        return f"{self.node}{port}" + (f": {self.column}" if self.column else "")


@final
@frozen(kw_only=True)
class ColumnFact:
    """What one column is made of; where its name is empty, what decides which rows of a table are there, or all of anything else.

    `kind` is that of the artifact.
    """

    ref: Ref
    how: How
    of: tuple[Ref, ...]
    kind: str

    @property
    def title(self) -> str:
        """What to call it beside its node."""
        return self.ref.column or ("which rows" if self.kind == "table" else self.kind)

    def __str__(self) -> str:
        name = f"{self.ref}" if self.ref.column else f"{self.ref}: ({self.title})"
        if self.how == "source":
            return f"{name}  (source)"
        made = ", ".join(map(str, self.of)) or (
            "anything that it reads" if self.how == "unknown" else "no column"
        )
        return f"{name} <- {made}  ({self.how})"


def column_facts(plan: Plan) -> tuple[ColumnFact, ...]:
    """Give what every column of every table is made of, in the plan's order."""
    return tuple(fact for node in plan.nodes for fact in _facts(node, plan))


def _facts(node: Node, plan: Plan) -> Iterator[ColumnFact]:
    stage = plan.stages.get(node.stage)
    if stage is not None:
        yield from (_of_stage(node, each) for each in stage.lineage)
        return
    for output in node.outputs:
        for name in _columns(output, plan):
            kept = tuple(_ref(each, name) for each in node.inputs)
            how: How = "kept" if node.kind == "split" else "source"
            ref = Ref(node=node.name, output=output.name, column=name)
            yield ColumnFact(ref=ref, how=how, of=kept, kind="table")


def _columns(output: Output, plan: Plan) -> list[str]:
    contract = plan.contracts.get(output.contract)
    return [column.name for column in contract.columns] if contract else []


def _of_stage(node: Node, made: ColumnLineage) -> ColumnFact:
    reads: dict[str, list[Input]] = {}
    for each in node.inputs:
        reads.setdefault(each.argument, []).append(each)
    of = [_ref(each, column) for argument, column in made.of for each in reads.get(argument, ())]
    ref = Ref(node=node.name, output=made.output, column=made.column)
    kinds = {each.name: each.kind for each in node.outputs}
    return ColumnFact(ref=ref, how=made.how, of=tuple(of), kind=kinds.get(made.output, "table"))


def _ref(read: Input, column: str) -> Ref:
    return Ref(node=read.node, output=read.output, column=column)


def upstream_of(facts: Sequence[ColumnFact], node: str, column: str) -> tuple[ColumnFact, ...]:
    """Give the facts of a node's column and of all that it is made of; of all of the node's columns where none is named."""
    by_ref: dict[Ref, ColumnFact] = {fact.ref: fact for fact in facts}
    of_output: dict[tuple[str, str], list[Ref]] = {}
    for ref in by_ref:
        of_output.setdefault((ref.node, ref.output), []).append(ref)
    waiting = [ref for ref in by_ref if ref.node == node and column in ("", ref.column)]
    found: set[Ref] = set()
    while waiting:
        ref = waiting.pop()
        if ref in found or ref not in by_ref:
            continue
        found.add(ref)
        for each in by_ref[ref].of:
            waiting += of_output.get((each.node, each.output), []) if each.column == "*" else [each]
    return tuple(fact for fact in facts if fact.ref in found)


def facts_json(plan: Plan, facts: Sequence[ColumnFact]) -> dict[str, Any]:
    """Give facts as plain JSON values."""
    return {
        "pipeline": plan.name,
        "columns": [
            {**_ref_json(fact.ref), "how": fact.how, "of": [_ref_json(each) for each in fact.of]}
            for fact in facts
        ],
    }


def _ref_json(ref: Ref) -> dict[str, str]:
    return {"node": ref.node, "output": ref.output, "column": ref.column}


def columns_drawing(plan: Plan, facts: Sequence[ColumnFact]) -> Drawing:
    """Draw columns: a box for each, in the frame of its node, and an arrow from each that it is made of."""
    shown = [fact for fact in facts if fact.ref.column or fact.kind != "table"]
    boxes = {_key(fact.ref): _box(fact, plan) for fact in shown}
    arrows: list[Arrow] = []
    for fact in shown:
        for each in fact.of:
            boxes.setdefault(_key(each), _whole(each, plan))
            arrows.append(Arrow(tail=_key(each), head=_key(fact.ref)))
    note = f"{counted(len(shown), 'column')} of {counted(len(plan.nodes), 'node')}"
    return Drawing(name=plan.name, note=note, boxes=tuple(boxes.values()), arrows=merged(arrows))


def _key(ref: Ref) -> str:
    return f"{ref.node}/{ref.output}/{ref.column}"


def _box(fact: ColumnFact, plan: Plan) -> Box:
    node = plan.node(fact.ref.node)
    return Box(
        key=_key(fact.ref),
        kind=node.kind,
        heading=fact.how,
        title=fact.title,
        scope=_frame(fact.ref),
    )


def _whole(ref: Ref, plan: Plan) -> Box:
    kinds: Mapping[str, str] = {each.name: each.kind for each in plan.node(ref.node).outputs}
    kind = kinds.get(ref.output, "table")
    return Box(
        key=_key(ref),
        kind=plan.node(ref.node).kind,
        heading=kind,
        title="any column" if kind == "table" else kind,
        scope=_frame(ref),
    )


def _frame(ref: Ref) -> str:
    return ref.node if ref.output == "out" else f"{ref.node}.{ref.output}"
