"""Asks stages of rows that follow each other in time whether they look ahead: without later rows, earlier ones must come out the same.

Of a pipeline that divides by time each stage whose rows bear a time is run again on the rows up to each of some moments; of every other
table that it reads with a time of its own, only what was there by then is kept. So a join that takes what wasn't known yet, a window
around a row, a fill from behind, and anything computed over all times are found out by it.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, final

import pyarrow as pa
import pyarrow.compute as pc
from attrs import evolve, frozen

from stagelang_compiler.plan import Contract, Input, Node, Plan
from stagelang_runtime.audit.by_row import Load, RunPart, counted, sampled_source
from stagelang_runtime.audit.judged import output_of
from stagelang_runtime.audit.learnt import Tables
from stagelang_runtime.audit.measured import Measured
from stagelang_runtime.audit.runs import FOLDER
from stagelang_runtime.execute.results import RunResult
from stagelang_runtime.store.tables import write_table

_CUTS, _CUTS_OF_MANY, _MANY = 10, 4, 20_000
"""Rows are asked about up to the moments that part them in so many; fewer where they are many, and each time costs more."""


@final
@frozen
class _Past:
    """A moment, and the nodes that ask what comes out without later rows; the last of them is the stage."""

    moment: Any
    nodes: tuple[Node, ...]


@final
@frozen
class _Asked:
    """One output of a stage, the column that says when its rows are of, and what it is asked."""

    node: Node
    output: str
    time: str
    pasts: tuple[_Past, ...]


def past_alone(
    plan: Plan, tables: Tables, base: RunResult, root: Path, run: RunPart, load: Load
) -> list[Measured]:
    """Ask the stages whose rows bear the time by which a pipeline divides, or a time of their own.

    Args:
        plan: the pipeline's plan.
        tables: what the nodes of the plan made.
        base: the run that made it.
        root: the pipeline's folder, below which what was there by the moment is written.
        run: carries out a part of the plan, with the receipts of the nodes that are done.
        load: reads an output of a node that was carried out.
    """
    times = {node.split.by for node in plan.nodes if node.split is not None and node.split.method == "time"}
    found: list[Measured] = []
    asked: list[_Asked] = []
    for node, output, time in _bearing(plan, tables, times):
        what = _ask(plan, node, output, time, tables, root)
        if isinstance(what, str):
            found.append(Measured(what="past alone", verdict="not measured", said=f"{node.name!r}: {what}"))
        else:
            asked.append(what)
    if asked:
        nodes = {each.name: each for one in asked for past in one.pasts for each in past.nodes}
        whole = evolve(plan, nodes=(*plan.nodes, *nodes.values()))
        done = run(whole, {each.name: base.nodes[each.name].receipt for each in plan.nodes})
        found += [_answer(each, tables, done, load) for each in asked]
    return sorted(found, key=lambda each: each.said)


def _bearing(plan: Plan, tables: Tables, times: set[str]) -> Iterator[tuple[Node, str, str]]:
    """Give the outputs of stages that hold such a time, with its column."""
    for node in plan.nodes:
        if node.kind not in ("stage", "command"):
            continue
        if not any(output_of(plan, read).kind == "table" for read in node.inputs):
            continue
        for output in node.outputs:
            if times and output.kind == "table" and (node.name, output.name) in tables:
                columns = tables[node.name, output.name].column_names
                own = _declared(plan.contracts.get(output.contract), columns)
                yield from ((node, output.name, time) for time in sorted(times.intersection(columns)) or own)


def _ask(plan: Plan, node: Node, output: str, time: str, tables: Tables, root: Path) -> _Asked | str:
    """Write what was there by some moments of a node's rows, and have it read that; or say why it can't be asked."""
    moments = pc.drop_null(tables[node.name, output].column(time))
    cuts = _CUTS if len(moments) <= _MANY else _CUTS_OF_MANY
    if len(moments) < cuts:
        return f"{len(moments)} rows are too few to ask with"
    ordered = moments.take(pc.sort_indices(moments))
    pasts: list[_Past] = []
    for cut in range(1, cuts):
        moment = ordered[cut * len(ordered) // cuts]
        label = hashlib.sha256(f"past {node.id} {output} {moment}".encode()).hexdigest()
        try:
            moved = [
                _until_then(plan, node, read, (time, moment), tables, root, label, f"{output}_{cut}_{place}")
                for place, read in enumerate(node.inputs)
            ]
        except (pa.ArrowInvalid, pa.ArrowNotImplementedError):
            return f"the times that it reads can't be compared with {time!r}"
        sources = [source for _, source in moved if source is not None]
        if not sources:
            return "nothing that it reads bears a time"
        again = evolve(
            node,
            name=f"{node.name}__past_{output}_{cut}",
            id=f"sha256:{label}",
            inputs=tuple(read for read, _ in moved),
        )
        pasts.append(_Past(moment, (*sources, again)))
    return _Asked(node, output, time, tuple(pasts))


def _until_then(
    plan: Plan,
    node: Node,
    read: Input,
    until: tuple[str, Any],
    tables: Tables,
    root: Path,
    label: str,
    name: str,
) -> tuple[Input, Node | None]:
    """Have an input read what was there by a moment, from a source of that; what bears no time is read as it is."""
    time, moment = until
    column = _time_of(plan, read, time, tables)
    if column is None:
        return read, None
    table = tables[read.node, read.output]
    kept = table.filter(pc.less_equal(table.column(column), moment.cast(table.schema.field(column).type)))
    own = hashlib.sha256(f"{label} {name}".encode()).hexdigest()
    location = FOLDER / f"{own[:16]}.parquet"
    write_table(kept, root / location)
    source = sampled_source(plan, read, location, f"{node.name}__until_{name}", own)
    return evolve(read, node=source.name, output="out"), source


def _time_of(plan: Plan, read: Input, time: str, tables: Tables) -> str | None:
    """Give the column that says when the rows of an input are of: the same, or the one that its contract declares."""
    made = output_of(plan, read)
    if made.kind != "table":
        return None
    columns = tables[read.node, read.output].column_names
    if time in columns:
        return time
    return next(iter(_declared(plan.contracts.get(read.promised or made.contract), columns)), None)


def _declared(contract: Contract | None, columns: Sequence[str]) -> list[str]:
    """Name the columns that a contract declares to say when a row is of."""
    return [each.name for each in contract.columns if each.time and each.name in columns] if contract else []


def _answer(asked: _Asked, tables: Tables, done: RunResult, load: Load) -> Measured:
    name, whole = asked.node.name, tables[asked.node.name, asked.output]
    for past in asked.pasts:
        result = done.nodes[past.nodes[-1].name]
        if result.receipt is None:
            why = result.failure.message if result.failure else "it couldn't be run on earlier rows"
            return Measured(what="past alone", verdict="not measured", said=f"{name!r}: {why}")
        seen, alone = (_until(asked, past, each) for each in (whole, load(result, asked.output)))
        others = max(sum((seen - alone).values()), sum((alone - seen).values()))
        if others:
            said = f"{name!r} gives other rows for {others} of {seen.total()} up to {past.moment} when it doesn't see what came later"
            return Measured(what="past alone", verdict="fail", said=said)
    said = f"{name!r} gives the same rows up to each of {len(asked.pasts)} moments without what came later"
    return Measured(what="past alone", verdict="pass", said=said)


def _until(asked: _Asked, past: _Past, table: pa.Table) -> Counter[Any]:
    return counted(table.filter(pc.less_equal(table.column(asked.time), past.moment)))
