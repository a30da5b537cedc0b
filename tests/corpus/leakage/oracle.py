"""Runs a program in this process, changes the rows that it is judged by, and sees whether anything that was fitted changes.

It knows nothing of the compiler's flow analysis: it walks the graph, calls the stages' functions and compares what comes out.
"""

from __future__ import annotations

import pickle
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np
import pandas as pd
import pyarrow as pa

from stagelang import Contract, Files, Table
from stagelang.source import Source
from stagelang.split import Split
from stagelang_compiler import plan
from stagelang_compiler.graph import Edge, Graph, GraphNode
from stagelang_runtime.inputs.split import split_table

ROWS = 240
Data: TypeAlias = Mapping[str, pd.DataFrame]
Made: TypeAlias = dict[tuple[int, str], Any]


def data() -> dict[str, pd.DataFrame]:
    """Make the tables that the sources name."""
    return {"meals.csv": _table(1), "others.csv": _table(2)}


def _table(seed: int) -> pd.DataFrame:
    chance = np.random.default_rng(seed)
    income = chance.uniform(20, 100, ROWS)
    return pd.DataFrame(
        {
            "household": np.arange(ROWS) + 1000 * (seed - 1),
            "street": [f"street {number % 24}" for number in range(ROWS)],
            "day": pd.Timestamp("2026-01-01") + pd.to_timedelta(np.arange(ROWS) // 2, unit="D"),
            "income": income,
            "food": income * chance.normal(0.3, 0.05, ROWS),
            "audit": chance.uniform(0, 1, ROWS),
        }
    )


def witnesses(graph: Graph, folder: Path) -> set[str] | None:
    """Name the nodes that were fitted and change when only rows change that a metric is measured on.

    None where no metric has anything fitted before it: then there is nothing to see.
    """
    base = data()
    made = _run(graph, base, folder)
    fitted = {
        (id(node), port): node.name
        for node in _before(graph)
        for port, shape in node.outputs.items()
        if shape.kind in ("model", "value", "files") and node.kind == "stage"
    }
    if not fitted:
        return None
    found: set[str] = set()
    for location, judged, part in _judged(graph, made):
        asked = {key: name for key, name in fitted.items() if key[0] in _behind(graph, part)}
        for income, food in ((0.3, 1.0), (10.0, 1.0), (10.0, 100.0)):
            changed = {**base, location: _changed(base[location], judged, {"income": income, "food": food})}
            again = _run(graph, changed, folder)
            found |= {name for key, name in asked.items() if _content(again[key]) != _content(made[key])}
    return found


def _behind(graph: Graph, part: GraphNode) -> set[int]:
    """Give what metrics depend on for the rows of one split or source: of tables put below each other, those that hold its rows."""
    pending = [node for node in graph.nodes if node.kind == "metric"]
    found: set[int] = set()
    while pending:
        node = pending.pop()
        if id(node) not in found:
            found.add(id(node))
            spread = [edge.producer for edge in node.inputs if edge.index is not None]
            kept = [each for each in spread if part in _upstream(each)]
            pending += [edge.producer for edge in node.inputs if edge.index is None] + (kept or spread)
    return found


def _upstream(node: GraphNode) -> list[GraphNode]:
    found: dict[int, GraphNode] = {}
    pending = [node]
    while pending:
        each = pending.pop()
        if id(each) not in found:
            found[id(each)] = each
            pending += [edge.producer for edge in each.inputs]
    return [*found.values()]


def _before(graph: Graph) -> list[GraphNode]:
    """List the nodes that metrics depend on."""
    pending = [node for node in graph.nodes if node.kind == "metric"]
    found: dict[int, GraphNode] = {}
    while pending:
        node = pending.pop()
        if id(node) not in found:
            found[id(node)] = node
            pending += [edge.producer for edge in node.inputs]
    return [*found.values()]


def _run(graph: Graph, tables: Data, folder: Path) -> Made:
    """Carry out all stages, each with copies of what it reads."""
    made: Made = {}
    (folder / "weights").write_text("0.3", encoding="utf-8")
    for node in graph.nodes:
        declared = node.declared
        if isinstance(declared, Source):
            is_table = declared.contract is not None
            made[id(node), "out"] = Table(data=tables[declared.location]) if is_table else Files.of(folder)
        elif isinstance(declared, Split):
            made.update({(id(node), port): table for port, table in _divided(node, declared, made).items()})
        elif node.kind == "stage" and node.stage is not None:
            made.update({(id(node), port): handle for port, handle in _called(node, made).items()})
    return made


def _called(node: GraphNode, made: Made) -> dict[str, Any]:
    assert node.stage is not None
    several = [name for name, argument in node.stage.signature.arguments.items() if argument.many]
    named = {edge.argument: _read(edge, made) for edge in node.inputs if edge.index is None}
    spread = [_read(edge, made) for edge in node.inputs if edge.index is not None]
    positional = [named[name] for name in node.stage.signature.arguments if name in named] if several else []
    given: Any = node.stage.function(*positional, *spread, **({} if several else named), **node.params)
    return {"out": given}


def _read(edge: Edge, made: Made) -> Any:
    handle = made[id(edge.producer), edge.port]
    given = edge.given
    if given is None or given.kind != "table":
        return handle
    try:
        return Table[Contract](data=handle.pandas.copy())
    except AttributeError:
        return handle


def _divided(node: GraphNode, declared: Split, made: Made) -> dict[str, Any]:
    (edge,) = node.inputs
    table = pa.Table.from_pandas(made[id(edge.producer), edge.port].pandas, preserve_index=False)
    shares: dict[str, Any] = {
        name: share if share is None or isinstance(share, float) else str(share)
        for name, share in (("test", declared.test), ("validation", declared.validation))
    }
    split = plan.Split(
        method=declared.method,
        by=str(declared.by),
        fold=declared.fold,
        folds=declared.folds,
        depth=sum(each.kind == "split" for each in _upstream(node)) - 1,
        embargo=declared.embargo.total_seconds() if declared.embargo else 0.0,
        **shares,
    )
    parts = split_table(table, split, 1)
    return {name: Table(data=part.to_pandas()) for name, part in parts.items()}


def _judged(graph: Graph, made: Made) -> Iterator[tuple[str, pd.Series, GraphNode]]:
    """Give the source rows that metrics are measured on: the source's location, whether each row is one, and the split."""
    pending: list[Edge] = [edge for node in graph.nodes if node.kind == "metric" for edge in node.inputs]
    seen: set[tuple[int, str]] = set()
    while pending:
        edge = pending.pop()
        node, key = edge.producer, (id(edge.producer), edge.port)
        given = edge.given
        if key in seen or given is None or given.kind != "table" or edge.port == "train":
            continue
        seen.add(key)
        match node.declared:
            case Split() as declared:
                values = set(made[key].pandas[str(declared.by)])
                for location in _sources(node):
                    yield location, data()[location][str(declared.by)].isin(values), node
            case Source() as declared:
                yield declared.location, pd.Series([True] * ROWS), node
            case _:
                givers = [each for each in node.inputs if each.needed]
                signature = node.stage.signature.outputs["out"] if node.stage else None
                same = [
                    each
                    for each in givers
                    if each.needed and signature and each.needed.population == signature.population
                ]
                pending += same or givers


def _sources(node: GraphNode) -> set[str]:
    if isinstance(node.declared, Source):
        return {node.declared.location}
    return {location for edge in node.inputs for location in _sources(edge.producer)}


def _changed(table: pd.DataFrame, judged: pd.Series, factors: Mapping[str, float]) -> pd.DataFrame:
    """Permute what these rows hold besides their key, group and time, and put it on another scale."""
    changed, rows = table.copy(), np.flatnonzero(judged)
    order = np.random.default_rng(3).permutation(rows)
    for name in ("income", "food", "audit"):
        changed.loc[rows, name] = table[name].to_numpy()[order] * factors.get(name, 1.0)
    return changed


def _content(handle: Any) -> bytes:
    if isinstance(handle, Files):
        return b"".join(path.read_bytes() for path in handle.paths)
    return pickle.dumps(handle.value)
