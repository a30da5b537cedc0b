"""The audit of rows: what the rules say before anything runs is looked for in what a run has made."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

from attrs import evolve

from stagelang_compiler.plan import Node, Plan
from stagelang_runtime.audit.by_row import by_row
from stagelang_runtime.audit.copies import copies
from stagelang_runtime.audit.features import single_features
from stagelang_runtime.audit.judged import Judged, fitted, judged_rows
from stagelang_runtime.audit.learnt import Tables, between, contract_of, in_time, learnt_tables
from stagelang_runtime.audit.measured import Measured
from stagelang_runtime.audit.runs import FOLDER, RunTables, carry_out, part_of, table_of, why_not
from stagelang_runtime.execute.results import RunOptions
from stagelang_runtime.store import Store


def audit_rows(
    plan: Plan, *, root: Path, store: Store, options: RunOptions | None = None, row_wise: Sequence[str] = ()
) -> tuple[Measured, ...]:
    """Say what the rows that metrics are measured on have in common with those that were learnt from, and what stages do with rows.

    Args:
        plan: the pipeline's plan.
        root: the pipeline's folder.
        store: where results are kept.
        options: how to run; `force` is not heeded.
        row_wise: nodes whose stages are taken to treat each row by itself.

    Raises:
        StoreError: the store can't be used.
    """
    root, options = root.absolute(), evolve(options or RunOptions(), force=False)
    judged, states = judged_rows(plan), fitted(plan)
    part = part_of(plan, {each.node for each in judged} | {each.name for each in states} | {*row_wise})
    base = carry_out(part, root, store, options, {})
    why = why_not(base)
    if why:
        return (Measured(what="keys", verdict="not measured", said=why),)
    tables = RunTables(part, base, store)
    (root / FOLDER).mkdir(parents=True, exist_ok=True)
    asked = by_row(
        part,
        row_wise,
        tables,
        base,
        root,
        lambda whole, given: carry_out(whole, root, store, options, given),
        lambda result, output: table_of(store, result, output),
    )
    return (*_of_rows(plan, judged, states, tables), *_of_features(plan, states, tables), *asked)


def _of_rows(
    plan: Plan, judged: Sequence[Judged], states: Sequence[Node], tables: Tables
) -> Iterator[Measured]:
    for each in judged if states else ():
        yield from between(plan, each, states, tables)
        yield from in_time(plan, each, tables)
        train = (each.node, "train")
        if train in tables:
            yield from copies(each, tables[train], tables[each.node, each.output], contract_of(plan, each))


def _of_features(plan: Plan, states: Sequence[Node], tables: Tables) -> Iterator[Measured]:
    """Judge each table of features once, and say so where there is none with a label."""
    seen: set[tuple[str, str]] = set()
    found: list[Measured] = []
    for node in states:
        for learnt in learnt_tables(plan, node):
            if (learnt.node, learnt.output) not in seen:
                seen.add((learnt.node, learnt.output))
                found += single_features(node.name, tables[learnt.node, learnt.output], learnt.contract)
    if states and not found:
        said = "nothing that is fitted reads a column with role='label'"
        yield Measured(what="features", verdict="not measured", said=said)
    yield from found
