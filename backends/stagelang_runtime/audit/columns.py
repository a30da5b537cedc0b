"""Tests what columns say they aren't made of: each such column of what a stage reads is permuted, and the stage carried out again.

A column that changes then depends on what it says it doesn't, whatever was declared or read from the code. Rows are matched by a key that
the table keeps; where it keeps none, by their places, if as many are there. As in the other audit, nothing of a run is overwritten.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Literal, final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from attrs import evolve, frozen

from stagelang_compiler.plan import ColumnLineage, Input, Node, Output, Plan, Source
from stagelang_runtime.audit.audit import own_id
from stagelang_runtime.audit.runs import FOLDER, carry_out, part_of
from stagelang_runtime.execute.artifacts import get_table
from stagelang_runtime.execute.key import label
from stagelang_runtime.execute.results import NodeResult, RunOptions, RunResult
from stagelang_runtime.store import Store
from stagelang_runtime.store.tables import write_table


@final
@frozen(kw_only=True)
class ColumnAnswer:
    """What came of permuting what a column says it isn't made of.

    `changed` names the columns of which it was made after all; `permuted` counts those that were tried; `why` says why it wasn't measured.
    """

    node: str
    output: str
    column: str
    how: str
    answer: Literal["independent", "depends", "not measured", "nothing to permute"]
    changed: tuple[str, ...] = ()
    permuted: int = 0
    why: str = ""

    def __str__(self) -> str:
        port = "" if self.output == "out" else f", {self.output!r},"
        name = f"{self.column!r} of {self.node!r}{port}"
        if self.answer == "depends":
            says = "it says" if self.how == "declared" else "its code seems to say"
            changed = f"changed when only {', '.join(self.changed)} was permuted"
            return f"depends: {name} {changed}, of which {says} that it isn't made"
        if self.answer == "not measured":
            return f"not measured: {name}: {self.why}"
        if self.answer == "nothing to permute":
            return f"nothing to permute: {name} is made of all that its stage reads, but for keys and what doesn't vary"
        count = "1 column was" if self.permuted == 1 else f"{self.permuted} columns were"
        return f"independent: {name} didn't change when {count} permuted of which it isn't made ({self.how})"


@final
@frozen(kw_only=True)
class _Claim:
    """One column and what it is made of."""

    output: Output
    made: ColumnLineage

    def isnt_made_of(self, argument: str, column: str) -> bool:
        """Tell whether it says that it doesn't depend on a column."""
        return (argument, column) not in self.made.of and (argument, "*") not in self.made.of


def audit_columns(
    plan: Plan, *, root: Path, store: Store, options: RunOptions | None = None
) -> tuple[ColumnAnswer, ...]:
    """Say of each column whose lineage is known whether it depends on what it says it doesn't.

    Args:
        plan: the pipeline's plan.
        root: the pipeline's folder.
        store: where results are kept.
        options: how to run; `force` is not heeded.

    Raises:
        StoreError: the store can't be used.
    """
    root, options = root.absolute(), evolve(options or RunOptions(), force=False)
    claims = {node.name: found for node in plan.nodes if (found := [*_claims(plan, node)])}
    if not claims:
        return ()
    part = part_of(plan, set(claims))
    base = carry_out(part, root, store, options, {})
    answers: list[ColumnAnswer] = []
    for name, claimed in claims.items():
        failed = base.of_state("failed")
        if base.nodes[name].receipt is None:
            why = f"{failed[0].node!r} failed" if failed else "it was interrupted"
            answers += (_unmeasured(name, each, why) for each in claimed)
        else:
            asked = _Asked(
                plan=part, root=root, store=store, options=options, base=base, node=part.node(name)
            )
            answers += asked.answers(claimed)
    return tuple(answers)


def _claims(plan: Plan, node: Node) -> Iterator[_Claim]:
    stage = plan.stages.get(node.stage)
    outputs = {each.name: each for each in node.outputs if each.kind == "table"}
    for made in stage.lineage if stage else ():
        if made.column and made.how != "unknown" and made.output in outputs:
            yield _Claim(output=outputs[made.output], made=made)


def _unmeasured(node: str, claim: _Claim, why: str) -> ColumnAnswer:
    made = claim.made
    return ColumnAnswer(
        node=node, output=made.output, column=made.column, how=made.how, answer="not measured", why=why
    )


@final
@frozen(kw_only=True)
class _Asked:
    """One node, in a plan, after a run."""

    plan: Plan
    root: Path
    store: Store
    options: RunOptions
    base: RunResult
    node: Node

    def answers(self, claims: Sequence[_Claim]) -> Iterator[ColumnAnswer]:
        """Permute column after column, and answer for each claim."""
        reads = [read for read in self.node.inputs if self._is_table(read)]
        tables = {label(read): self._table(read.node, read.output) for read in reads}
        questions = [*self._questions(reads, claims, tables)]
        variants = [tables] + [
            {**tables, label(read): permuted(tables[label(read)], column, self.plan.seed)}
            for read, column, _ in questions
        ]
        before, control, *after = self._made(reads, variants)
        changed: dict[_Claim, list[str]] = {claim: [] for claim in claims}
        tried: dict[_Claim, int] = dict.fromkeys(claims, 0)
        why: dict[_Claim, str] = {}
        for claim in claims:
            if before is None or control is None or self._differs(claim, before, control) is not False:
                why[claim] = "it isn't the same when the stage is carried out again"
        for (read, column, asked), made in zip(questions, after, strict=True):
            for claim in (each for each in asked if each not in why):
                differs = None if made is None or before is None else self._differs(claim, before, made)
                if differs is None:
                    what = "the stage failed" if made is None else "no key matches its rows"
                    why[claim] = f"{what} when {column!r} of {label(read)!r} was permuted"
                else:
                    tried[claim] += 1
                    changed[claim] += [f"{column!r} of {label(read)!r}"] if differs else []
        for claim in claims:
            yield self._answer(claim, changed[claim], tried[claim], why.get(claim, ""))

    def _answer(self, claim: _Claim, changed: Sequence[str], tried: int, why: str) -> ColumnAnswer:
        if why and not changed:
            return _unmeasured(self.node.name, claim, why)
        return ColumnAnswer(
            node=self.node.name,
            output=claim.made.output,
            column=claim.made.column,
            how=claim.made.how,
            answer="depends" if changed else "independent" if tried else "nothing to permute",
            changed=tuple(changed),
            permuted=tried,
        )

    def _questions(
        self, reads: Sequence[Input], claims: Sequence[_Claim], tables: Mapping[str, pa.Table]
    ) -> Iterator[tuple[Input, str, list[_Claim]]]:
        """Give the columns to permute, and the claims that are asked: keys name the rows, and an order must hold."""
        for read in reads:
            contract = self.plan.contracts[read.promised]
            kept = {each.name for each in contract.columns if each.key or each.unique} | {*contract.sorted_by}
            for name in tables[label(read)].column_names:
                asked = [claim for claim in claims if claim.isnt_made_of(read.argument, name)]
                if asked and name not in kept and _varies(tables[label(read)].column(name)):
                    yield read, name, asked

    def _is_table(self, read: Input) -> bool:
        return bool(read.promised) and read.promised in self.plan.contracts

    def _table(self, node: str, output: str) -> pa.Table:
        (artifact,) = (each for each in self.base.nodes[node].outputs if each.port == output)
        return get_table(self.store, artifact)

    def _made(
        self, reads: Sequence[Input], variants: Sequence[Mapping[str, pa.Table]]
    ) -> Iterator[Mapping[str, pa.Table] | None]:
        """Give what the node made, and what it makes of each variant of its tables; None where it fails. All are one run."""
        (self.root / FOLDER).mkdir(parents=True, exist_ok=True)
        others = [node for node in self.plan.nodes if self._is_made(node)]
        given = {node.name: receipt for node in others if (receipt := self.base.nodes[node.name].receipt)}
        moved: list[str] = []
        nodes: list[Node] = [*others]
        for number, tables in enumerate(variants):
            word = hashlib.sha256(f"columns {self.node.id} {number}".encode()).hexdigest()[:16]
            sources = {
                label(read): self._source(read, tables[label(read)], f"audit-{word}-{place}")
                for place, read in enumerate(reads)
            }
            inputs = tuple(
                evolve(read, node=sources[label(read)].name, output="out") if label(read) in sources else read
                for read in self.node.inputs
            )
            moved.append(f"audit-{word}")
            stage = self.node.stage if number else f"{self.node.stage}.again"
            again = evolve(
                self.node, name=moved[-1], stage=stage, inputs=inputs, id=own_id(self.node.id, word)
            )
            nodes += [*sources.values(), again]
        options = evolve(self.options, keep_going=True)
        # The first is on the same rows: it is carried out for all that the store holds, to see whether it gives the same.
        own = self.plan.stages[self.node.stage]
        stages = {**self.plan.stages, f"{own.name}.again": evolve(own, always_run=True)}
        plan = evolve(self.plan, nodes=tuple(nodes), stages=stages)
        result = carry_out(plan, self.root, self.store, options, given)
        yield from (self._tables(each) for each in (result.nodes[name] for name in (self.node.name, *moved)))

    def _tables(self, made: NodeResult) -> dict[str, pa.Table] | None:
        if made.receipt is None:
            return None
        return {each.port: get_table(self.store, each) for each in made.outputs if each.kind == "table"}

    def _is_made(self, node: Node) -> bool:
        return self.base.nodes[node.name].receipt is not None

    def _source(self, read: Input, table: pa.Table, name: str) -> Node:
        """Put a table into a file, and give a source that reads it as the node's input."""
        location = FOLDER / f"{name}.parquet"
        write_table(table, self.root / location)
        output = Output(name="out", kind="table", contract=read.promised, population=read.population)
        source = Source(location=location.as_posix(), format="parquet")
        return Node(
            name=name,
            id=own_id(self.node.id, name),
            kind="source",
            outputs=(output,),
            source=source,
            origin=self.node.origin,
        )

    def _differs(
        self, claim: _Claim, before: Mapping[str, pa.Table], after: Mapping[str, pa.Table]
    ) -> bool | None:
        """Tell whether a column differs where the same rows are there; None where rows can't be matched."""
        one, other = before[claim.made.output], after[claim.made.output]
        contract = self.plan.contracts[claim.output.contract]
        keys = [each.name for each in contract.columns if each.key and each.name in one.column_names]
        name = claim.made.column
        if not keys:
            return None if one.num_rows != other.num_rows else not one.column(name).equals(other.column(name))
        key = keys[0]
        places = pc.index_in(one.column(key), value_set=other.column(key).combine_chunks())
        there = pc.is_valid(places)
        if one.num_rows and not pc.any(there).as_py():
            return None
        mine = one.column(name).filter(there)
        theirs = other.column(name).take(places.filter(there))
        return not mine.combine_chunks().equals(theirs.combine_chunks())


def permuted(table: pa.Table, column: str, seed: int) -> pa.Table:
    """Give the table with the values of one column in another order, so that each promise but the order's still holds."""
    places = np.random.default_rng(seed).permutation(table.num_rows)
    position = table.column_names.index(column)
    return table.set_column(
        position, table.schema.field(position), table.column(position).take(pa.array(places))
    )


def _varies(column: pa.ChunkedArray) -> bool:
    """Tell whether permuting a column changes it."""
    if pa.types.is_nested(column.type):
        return len(column) > 1 and any(
            column[place] != column[0] for place in range(1, min(len(column), 1000))
        )
    return len(column.unique()) > 1
