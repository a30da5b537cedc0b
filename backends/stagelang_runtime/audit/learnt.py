"""The gates between rows that were learnt from and rows that judge: no key and no group in both, and the times apart."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TypeAlias, final

import pyarrow as pa
import pyarrow.compute as pc
from attrs import frozen

from stagelang_compiler.plan import Contract, Node, Plan
from stagelang_runtime.audit.judged import Judged, behind, givers, output_of
from stagelang_runtime.audit.measured import Measured, What
from stagelang_runtime.gates.overlap import check_disjoint
from stagelang_runtime.gates.times import check_times

Tables: TypeAlias = Mapping[tuple[str, str], pa.Table]
"""Tables of a run, by their node and output."""


@final
@frozen
class Learnt:
    """A table of rows that something was fitted to, with the contract that says what its columns are."""

    node: str
    output: str
    contract: Contract | None


def learnt_tables(plan: Plan, state: Node) -> Iterator[Learnt]:
    """Give the tables that a node was fitted to."""
    for read in state.inputs:
        if output_of(plan, read).kind == "table":
            yield Learnt(read.node, read.output, plan.contracts.get(read.promised or read.contract))


def contract_of(plan: Plan, judged: Judged) -> Contract | None:
    """Give the contract that says what the columns of judged rows are."""
    made = next(each for each in plan.node(judged.node).outputs if each.name == judged.output)
    return plan.contracts.get(made.contract)


def between(plan: Plan, judged: Judged, states: Sequence[Node], tables: Tables) -> Iterator[Measured]:
    """Compare the judged rows with all that something before their metric was fitted to."""
    contract = contract_of(plan, judged)
    rows = tables[judged.node, judged.output]
    keys = [column.name for column in contract.columns if column.key] if contract else []
    groups = [column.name for column in contract.columns if column.group] if contract else []
    fits = [node for node in states if node.name in behind(plan, judged)]
    yield from _apart(plan, "keys", judged, keys, rows, fits, tables)
    if groups:
        yield from _apart(plan, "groups", judged, groups, rows, fits, tables)


def _apart(
    plan: Plan,
    what: What,
    judged: Judged,
    columns: Sequence[str],
    rows: pa.Table,
    fits: Sequence[Node],
    tables: Tables,
) -> Iterator[Measured]:
    if not columns:
        said = f"no column tells {judged} apart: declare a key"
        yield Measured(what=what, verdict="not measured", said=said)
    for column in columns:
        overlaps = [_overlap(plan, node, column, rows, tables) for node in fits]
        unknown = [node.name for node, found in zip(fits, overlaps, strict=True) if found is None]
        shared = [(node.name, found) for node, found in zip(fits, overlaps, strict=True) if found]
        if shared:
            told = ", ".join(f"{name!r} ({count})" for name, count in shared)
            said = f"values of {column!r} of {judged} are among those that were learnt from: {told}"
            yield Measured(what=what, verdict="fail", said=said)
        elif unknown:
            told = ", ".join(map(repr, unknown))
            said = f"{told} learnt from rows without the column {column!r} of {judged}"
            yield Measured(what=what, verdict="not measured", said=said)
        else:
            said = f"no value of {column!r} of {judged} is among those that were learnt from"
            yield Measured(what=what, verdict="pass", said=said)


def _overlap(plan: Plan, state: Node, column: str, rows: pa.Table, tables: Tables) -> int | None:
    """Count the values that the rows share with what a node was fitted to; None where none of its tables can tell."""
    counts: list[int] = []
    for learnt in learnt_tables(plan, state):
        found = _with_column(plan, learnt.node, learnt.output, column, tables)
        if found is None:
            return None
        (result,) = check_disjoint({"learnt": found, "judged": rows}, column)
        if result.verdict not in ("pass", "fail"):
            return None
        counts.append(result.violations)
    return sum(counts)


def _with_column(plan: Plan, node: str, output: str, column: str, tables: Tables) -> pa.Table | None:
    """Give a table, or else the one that its rows come from, that holds a column."""
    while (node, output) in tables:
        table = tables[node, output]
        if column in table.column_names:
            return table
        before = givers(plan, plan.node(node), output)
        if len(before) != 1:
            return None
        node, output = before[0].node, before[0].output
    return None


def in_time(plan: Plan, judged: Judged, tables: Tables) -> Iterator[Measured]:
    """Compare the times of the parts of a split by time."""
    split = plan.node(judged.node).split
    if split is None or split.method != "time":
        return
    names = [name for name in ("train", "validation", "test") if (judged.node, name) in tables]
    earlier = names[: names.index(judged.output)]
    for name in earlier:
        parts = {name: tables[judged.node, name], judged.output: tables[judged.node, judged.output]}
        (found,) = check_times(parts, split.by, split.embargo)
        if found.verdict == "not_evaluated":
            yield Measured(what="times", verdict="not measured", said=f"{judged}: {found.found}")
        else:
            until = pc.max(tables[judged.node, name].column(split.by))
            said = f"the last {name} row of {judged.node!r} is of {until}, and {found.violations} {judged.output} rows are before its end"
            yield Measured(what="times", verdict="fail" if found.violations else "pass", said=said)
