"""The audit of rows: what the rules say before anything runs is looked for in what a run has made."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa
from attrs import evolve

from stagelang_compiler.plan import Node, Plan
from stagelang_runtime.audit.by_row import by_row
from stagelang_runtime.audit.copies import copies
from stagelang_runtime.audit.dependence import dependence
from stagelang_runtime.audit.features import single_features
from stagelang_runtime.audit.judged import Judged, behind, fitted, judged_rows
from stagelang_runtime.audit.jumps import feature_jumps, judged_tables
from stagelang_runtime.audit.learnt import Tables, between, contract_of, in_time, learnt_tables
from stagelang_runtime.audit.measured import Measured
from stagelang_runtime.audit.past import past_alone
from stagelang_runtime.audit.population import population
from stagelang_runtime.audit.runs import FOLDER, RunTables, carry_out, part_of, table_of, why_not
from stagelang_runtime.execute.results import NodeResult, RunOptions, RunResult
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
    beside = (
        {node for each in judged for node, _ in judged_tables(plan, each).values()} if states else set[str]()
    )
    part = part_of(
        plan, {each.node for each in judged} | {each.name for each in states} | {*row_wise} | beside
    )
    base = carry_out(part, root, store, options, {})
    why = why_not(base)
    if why:
        return (Measured(what="keys", verdict="not measured", said=why),)
    tables = RunTables(part, base, store)
    (root / FOLDER).mkdir(parents=True, exist_ok=True)

    def run(whole: Plan, given: Mapping[str, Any]) -> RunResult:
        return carry_out(whole, root, store, options, given)

    def load(result: NodeResult, output: str) -> pa.Table:
        return table_of(store, result, output)

    return (
        *_of_rows(plan, judged, states, tables),
        *_of_features(plan, judged, states, tables),
        *by_row(part, row_wise, tables, base, root, run, load),
        *past_alone(part, tables, base, root, run, load),
    )


def _of_rows(
    plan: Plan, judged: Sequence[Judged], states: Sequence[Node], tables: Tables
) -> Iterator[Measured]:
    for each in judged if states else ():
        yield from between(plan, each, states, tables)
        yield from in_time(plan, each, tables)
        if not each.part:
            yield from _of_sources(plan, each, states, tables)
        train = (each.node, "train")
        if train in tables:
            learnt, rows, contract = tables[train], tables[each.node, each.output], contract_of(plan, each)
            yield from copies(each, learnt, rows, contract)
            yield from dependence(each, learnt, rows, contract)
            split = plan.node(each.node).split
            if split is not None and split.method != "time":  # what is of another time may well be otherwise
                yield from population(each, learnt, rows, contract, split.by)


def _of_sources(plan: Plan, judged: Judged, states: Sequence[Node], tables: Tables) -> Iterator[Measured]:
    """Compare a source of judged rows with the sources that something before its metric was fitted to as they are."""
    learnt = [
        each for state in states if state.name in behind(plan, judged) for each in learnt_tables(plan, state)
    ]
    for node in dict.fromkeys(each.node for each in learnt if plan.node(each.node).kind == "source"):
        if node != judged.node:
            yield from population(
                judged, tables[node, "out"], tables[judged.node, "out"], contract_of(plan, judged), ""
            )


def _of_features(
    plan: Plan, judged: Sequence[Judged], states: Sequence[Node], tables: Tables
) -> Iterator[Measured]:
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
    for each in judged:
        yield from feature_jumps(plan, each, states, tables)
