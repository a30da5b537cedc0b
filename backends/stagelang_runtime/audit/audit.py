"""Audits for interference: changes the judged rows in their sources, re-runs what is before a fitted object, compares contents.

Nothing of a run is overwritten: the changed sources lie in `.stagelang/audit`, and the nodes that read them have ids of their own, so
that the store shares what didn't change and remembers what did.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from pathlib import Path
from typing import Literal, final

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
from attrs import evolve, frozen

from stagelang_compiler.plan import Node, Plan, Source
from stagelang_runtime.audit.change import HOWS, How, change
from stagelang_runtime.audit.judged import Judged, behind, downstream, fitted, judged_rows, upstream
from stagelang_runtime.audit.runs import FOLDER, carry_out, part_of, table_of, why_not
from stagelang_runtime.execute.results import NodeResult, RunOptions, RunResult
from stagelang_runtime.store import Store
from stagelang_runtime.store.tables import write_table


@final
@frozen(kw_only=True)
class Answer:
    """What came of changing some rows. `changed` names what was fitted and changed with them; `why` says why it wasn't measured."""

    judged: Judged
    answer: Literal["independent", "interferes", "not measured"]
    changed: tuple[str, ...] = ()
    why: str = ""

    def __str__(self) -> str:
        if self.answer == "interferes":
            names = ", ".join(map(repr, self.changed))
            return f"interferes: {names} changed when only {self.judged} did"
        if self.answer == "independent":
            return f"independent: nothing that was fitted changed when {self.judged} did"
        return f"not measured: {self.judged}: {self.why}"


def audit(plan: Plan, *, root: Path, store: Store, options: RunOptions | None = None) -> tuple[Answer, ...]:
    """Say for all rows that metrics are measured on whether anything fitted before these metrics changes with them.

    Args:
        plan: the pipeline's plan.
        root: the pipeline's folder.
        store: where results are kept.
        options: how to run; `force` is not heeded.

    Raises:
        StoreError: the store can't be used.
    """
    root, options = root.absolute(), evolve(options or RunOptions(), force=False)
    judged, states = judged_rows(plan), fitted(plan)
    if not states:
        return tuple(Answer(judged=each, answer="independent") for each in judged)
    part = part_of(plan, {each.node for each in judged} | {each.name for each in states})
    base = carry_out(part, root, store, options, {})
    why = why_not(base)
    if why:
        return tuple(Answer(judged=each, answer="not measured", why=why) for each in judged)
    before = {each: behind(plan, each) for each in judged}
    return tuple(
        _Asked(
            part,
            root,
            store,
            options,
            base,
            each,
            tuple(node for node in states if node.name in before[each]),
        ).answer()
        for each in judged
    )


@final
@frozen
class _Asked:
    """One question: these rows, in this plan, after this run."""

    plan: Plan
    root: Path
    store: Store
    options: RunOptions
    base: RunResult
    judged: Judged
    states: tuple[Node, ...]

    def answer(self) -> Answer:
        rows = list(self._sources())
        if not rows:
            by = self.plan.node(self.judged.node).split
            why = (
                f"no source holds the column {by.by!r}, by which its rows are known"
                if by
                else "it is no table"
            )
            return Answer(judged=self.judged, answer="not measured", why=why)
        changed: dict[str, None] = {}
        for source, mask in rows:
            for how in HOWS:
                again = self._again(source, mask, how)
                stopped = again.of_state("failed")
                if stopped:
                    why = f"{stopped[0].node!r} failed on changed rows"
                    return Answer(judged=self.judged, answer="not measured", why=why)
                changed.update(
                    (each.name, None)
                    for each in self.states
                    if _contents(again.nodes[each.name]) != _contents(self.base.nodes[each.name])
                )
        answer: Literal["interferes", "independent"] = "interferes" if changed else "independent"
        return Answer(judged=self.judged, answer=answer, changed=tuple(changed))

    def _sources(self) -> Iterator[tuple[Node, npt.NDArray[np.bool_]]]:
        """Give the sources of the judged rows, and which of their rows these are."""
        node = self.plan.node(self.judged.node)
        if node.source is not None:
            if node.source.format != "files":
                yield node, np.ones(self._table(node.name, "out").num_rows, dtype=np.bool_)
            return
        assert node.split is not None
        by = node.split.by
        values = self._table(node.name, self.judged.part).column(by).unique()
        before = upstream(self.plan, [node.name])
        for source in self.plan.nodes:
            if source.name not in before or source.source is None or source.source.format == "files":
                continue
            table = self._table(source.name, "out")
            if by in table.column_names and table.schema.field(by).type == values.type:
                yield (
                    source,
                    np.asarray(pc.is_in(table.column(by), value_set=values).to_numpy(), dtype=np.bool_),
                )

    def _table(self, node: str, output: str) -> pa.Table:
        return table_of(self.store, self.base.nodes[node], output)

    def _again(self, source: Node, rows: npt.NDArray[np.bool_], how: How) -> RunResult:
        """Run what is between a source with changed rows and what was fitted."""
        table = self._table(source.name, "out")
        contract = self.plan.contracts[source.outputs[0].contract]
        kept = {each.name for each in contract.columns if each.key or each.group or each.time or each.unique}
        split = self.plan.node(self.judged.node).split
        kept |= {split.by} if split else set()
        changed = change(table, rows, kept, how, self.plan.seed)
        label = hashlib.sha256(f"{source.id} {self.judged} {how}".encode()).hexdigest()[:16]
        location = FOLDER / f"{label}.parquet"
        (self.root / FOLDER).mkdir(parents=True, exist_ok=True)
        write_table(changed, self.root / location)
        touched = downstream(self.plan, source.name)
        needed = upstream(self.plan, [each.name for each in self.states])
        moved = evolve(source, source=Source(location=location.as_posix(), format="parquet"))
        nodes = [
            moved if node is source else node
            for node in self.plan.nodes
            if node.name in needed or node is source
        ]
        nodes = [evolve(each, id=own_id(each.id, label)) if each.name in touched else each for each in nodes]
        given = {node.name: self.base.nodes[node.name].receipt for node in nodes if node.name not in touched}
        return carry_out(evolve(self.plan, nodes=tuple(nodes)), self.root, self.store, self.options, given)


def own_id(node: str, label: str) -> str:
    """Give a changed node an id of its own, of the same form."""
    prefix, _, digest = node.rpartition(":")
    own = hashlib.sha256(f"audit {label} {digest}".encode()).hexdigest()
    return f"{prefix}:{own}" if prefix else own


def _contents(result: NodeResult) -> tuple[tuple[str, str], ...]:
    return tuple((each.port, each.content) for each in result.outputs)
