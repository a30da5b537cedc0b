"""Asks stages that are taken to treat each row by itself whether they do: f(A below B) has to be f(A) below f(B), in any order of rows.

A stage is run three times, on two samples of the rows that it reads and on both together in another order; nothing else that it reads
changes. The rows that come out are compared, whatever their order, and numbers to nine digits, since libraries compute many rows in
another order than few.
"""

from __future__ import annotations

import hashlib
import math
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, TypeAlias, cast, final

import numpy as np
import pyarrow as pa
from attrs import evolve, frozen

from stagelang_compiler.plan import Input, Node, Output, Plan, Source
from stagelang_runtime.audit.judged import givers, output_of
from stagelang_runtime.audit.learnt import Tables
from stagelang_runtime.audit.measured import Measured
from stagelang_runtime.audit.runs import FOLDER
from stagelang_runtime.execute.results import NodeResult, RunResult
from stagelang_runtime.store.tables import write_table

RunPart: TypeAlias = Callable[[Plan, Mapping[str, Any]], RunResult]
Load: TypeAlias = Callable[[NodeResult, str], pa.Table]

MOST_ROWS = 200
_DIGITS = 9
_PARTS = ("a", "b", "ab")


@final
@frozen
class _Asked:
    """One stage, the rows that it is asked with, and the nodes that ask it."""

    node: Node
    output: str
    nodes: tuple[Node, ...]


def by_row(
    plan: Plan, names: Sequence[str], tables: Tables, base: RunResult, root: Path, run: RunPart, load: Load
) -> list[Measured]:
    """Ask the stages of these nodes, each once.

    Args:
        plan: the pipeline's plan.
        names: nodes whose stages are taken to treat each row by itself.
        tables: what the nodes of the plan made.
        base: the run that made it.
        root: the pipeline's folder, below which samples are written.
        run: carries out a part of the plan, with the receipts of the nodes that are done.
        load: reads an output of a node that was carried out.
    """
    found: list[Measured] = []
    asked: list[_Asked] = []
    stages: set[str] = set()
    for name in names:
        node = plan.node(name)
        if node.stage in stages:
            continue
        stages.add(node.stage)
        for output in (each.name for each in node.outputs if each.kind == "table"):
            what = _ask(plan, node, output, tables, root)
            if isinstance(what, str):
                said = f"{node.name!r}: {what}"
                found.append(Measured(what="rows alone", verdict="not measured", said=said))
            else:
                asked.append(what)
    if asked:
        nodes = tuple(each for one in asked for each in one.nodes)
        whole = evolve(plan, nodes=(*plan.nodes, *nodes))
        done = run(whole, {each.name: base.nodes[each.name].receipt for each in plan.nodes})
        found += [_answer(each, done, load) for each in asked]
    return sorted(found, key=lambda each: each.said)


def _ask(plan: Plan, node: Node, output: str, tables: Tables, root: Path) -> _Asked | str:
    """Write the samples that a node is asked with; or say why it can't be."""
    rows = givers(plan, node, output)
    if len(rows) != 1:
        return "it reads several tables of these rows"
    read = rows[0]
    table = tables[read.node, read.output]
    if table.num_rows < 4:
        return f"{table.num_rows} rows are too few to ask with"
    order = np.random.default_rng(0).permutation(table.num_rows)[:MOST_ROWS]
    half = len(order) // 2
    first, second = np.sort(order[:half]), np.sort(order[half:])
    nodes: list[Node] = []
    for part, places in zip(_PARTS, (first, second, order), strict=True):
        label = hashlib.sha256(f"by row {node.id} {read.node} {read.output} {part}".encode()).hexdigest()
        location = FOLDER / f"{label[:16]}.parquet"
        write_table(table.take(pa.array(places)), root / location)
        source = sampled_source(plan, read, location, f"{node.name}__{part}_rows", label)
        moved = tuple(
            evolve(each, node=source.name, output="out") if each is read else each for each in node.inputs
        )
        nodes += [source, evolve(node, name=f"{node.name}__{part}", id=f"sha256:{label}", inputs=moved)]
    return _Asked(node, output, tuple(nodes))


def sampled_source(plan: Plan, read: Input, location: Path, name: str, label: str) -> Node:
    """Make a source of some of the rows that a node reads."""
    made = output_of(plan, read)
    output = Output(name="out", kind="table", contract=made.contract, population=made.population)
    own = hashlib.sha256(f"rows {label}".encode()).hexdigest()
    return Node(
        name=name,
        id=f"sha256:{own}",
        kind="source",
        outputs=(output,),
        source=Source(location=location.as_posix(), format="parquet"),
        origin=plan.node(read.node).origin,
    )


def _answer(asked: _Asked, done: RunResult, load: Load) -> Measured:
    results = [done.nodes[f"{asked.node.name}__{part}"] for part in _PARTS]
    failed = next((each for each in results if each.receipt is None), None)
    name = asked.node.name
    if failed is not None:
        why = failed.failure.message if failed.failure else "it couldn't be run on a sample"
        return Measured(what="rows alone", verdict="not measured", said=f"{name!r}: {why}")
    first, second, both = (counted(load(each, asked.output)) for each in results)
    apart = first + second
    if apart == both:
        said = f"{name!r} gives the same for rows by themselves and together"
        return Measured(what="rows alone", verdict="pass", said=said)
    others = sum((both - apart).values())
    said = (
        f"{name!r} is taken to treat each row by itself, and gives other rows for {others} of {both.total()} "
        "when more rows are beside them"
    )
    return Measured(what="rows alone", verdict="fail", said=said)


def counted(table: pa.Table) -> Counter[Any]:
    """Count the rows of a table, with numbers to nine digits."""
    columns = [[_rounded(each) for each in table.column(name).to_pylist()] for name in table.column_names]
    return Counter(zip(*columns, strict=True))


def _rounded(value: Any) -> Any:
    match value:
        case float() if math.isnan(value):
            return "nan"
        case float() if math.isfinite(value) and value:
            return float(f"{value:.{_DIGITS - 1}e}")
        case float():
            return value + 0.0
        case list():
            return tuple(map(_rounded, cast("list[object]", value)))
        case dict():
            return tuple((name, _rounded(each)) for name, each in cast("dict[str, Any]", value).items())
        case _:
            return value
