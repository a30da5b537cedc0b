"""Calls a stage's or metric's function with loaded handles, and judges the shape of what it gives back."""

from __future__ import annotations

import inspect
import random
import typing
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

from stagelang.handle import Files, Handle, Model, Table, Value
from stagelang.metric import Metric, PerRow
from stagelang.running import running
from stagelang_compiler.plan import Node, Output, Stage
from stagelang_runtime.execute.beyond import Watch, watching
from stagelang_runtime.execute.failure import Failure, NodeFailed, raised
from stagelang_runtime.execute.key import Read
from stagelang_runtime.execute.loading import Declared

_HANDLES: Mapping[str, type[Handle]] = {"table": Table, "model": Model, "value": Value, "files": Files}
_SEEDS = 2**32


def handle_of(kind: str, data: Any) -> Handle:
    """Wrap data in a loaded handle."""
    return _HANDLES[kind](data=data)


def data_of(handle: Handle) -> Any:
    """Give what a loaded handle holds."""
    return handle._data  # pyright: ignore[reportPrivateUsage]


def call(
    declared: Declared,
    node: Node,
    handles: Sequence[tuple[Read, Handle]],
    params: Mapping[str, Any],
    root: Path,
    own: Sequence[Path],
) -> tuple[Any, Watch]:
    """Run the function with its seeds set, and watch what it reaches. Raises NodeFailed for whatever it raises.

    Args:
        declared: the stage or metric.
        node: the use of it.
        handles: what it reads.
        params: the values of its parameters.
        root: the pipeline's folder.
        own: the folders that hold what it was handed, and what is the runner's.
    """
    bound = _bind(declared, handles, params)
    seed = node.seed % _SEEDS
    random.seed(seed)
    np.random.seed(seed)  # the user's code may draw from numpy's global generator
    try:
        with running(seed), watching(root, own, seed) as watch:
            return declared.function(*bound.args, **bound.kwargs), watch
    except (
        BaseException
    ) as error:  # a stage must not end the worker, whatever it raises; Ctrl-C is the runner's
        raise NodeFailed(raised(error, root, f"{_word(node)} {node.name!r}")) from None


def _bind(
    declared: Declared, handles: Sequence[tuple[Read, Handle]], params: Mapping[str, Any]
) -> inspect.BoundArguments:
    signature = inspect.signature(declared.function)
    bound = signature.bind_partial()
    values: dict[str, Any] = dict(params)
    several: dict[str, list[tuple[int, Handle]]] = {}
    for read, handle in handles:
        if read.input.index is None:
            values[read.input.argument] = handle
        else:
            several.setdefault(read.input.argument, []).append((read.input.index, handle))
    for name, items in several.items():
        values[name] = [handle for _, handle in sorted(items, key=lambda item: item[0])]
    for name, parameter in signature.parameters.items():
        argument = declared.signature.arguments[name]
        if name not in values and argument.many and argument.required:
            values[name] = []
        if name in values:
            is_tuple = (
                parameter.kind is parameter.VAR_POSITIONAL or typing.get_origin(argument.annotation) is tuple
            )
            bound.arguments[name] = tuple(values[name]) if is_tuple and argument.shape else values[name]
    bound.apply_defaults()
    return bound


def results(stage: Stage, node: Node, result: Any) -> dict[str, Any]:
    """Give the data of each output port. Raises NodeFailed where the function gave something else than it declares."""
    names = [output.name for output in node.outputs]
    if names == ["out"] and not _is_named_tuple_of(result, names):
        given = {"out": result}
    elif _is_named_tuple_of(result, names):
        given = {name: getattr(result, name) for name in names}
    else:
        expected = f"a NamedTuple with the fields {', '.join(names)}"
        raise wrong_result(stage, node, expected, _said(result))
    return {output.name: _data(stage, node, output, given[output.name]) for output in node.outputs}


def _is_named_tuple_of(result: Any, names: Sequence[str]) -> bool:
    return isinstance(result, tuple) and list(getattr(result, "_fields", ())) == list(names)  # pyright: ignore[reportUnknownArgumentType]


def _data(stage: Stage, node: Node, output: Output, handle: Any) -> Any:
    where = "" if output.name == "out" else f" as {output.name!r}"
    if type(handle) is not _HANDLES[output.kind]:
        raise wrong_result(stage, node, f"a {_HANDLES[output.kind].__name__} handle{where}", _said(handle))
    if handle.is_lazy:
        raise wrong_result(stage, node, f"loaded data{where}", "a lazy handle")
    if output.kind == "table":
        return _arrow(stage, node, handle, where)
    data = data_of(handle)
    if output.kind == "files" and not isinstance(data, Path):
        raise wrong_result(stage, node, f"Files.of(Path(...)){where}", f"Files.of({_said(data)})")
    return data


def _arrow(stage: Stage, node: Node, table: Any, where: str) -> pa.Table:
    try:
        arrow: pa.Table = table.arrow
    except Exception as error:  # a frame that Arrow can't hold: the conversions raise several types
        found = f"a frame that can't be converted: {error}"
        raise wrong_result(stage, node, f"a pandas, polars or Arrow table{where}", found) from None
    return arrow


def metric_table(stage: Stage, node: Node, result: Any, columns: int | None) -> pa.Table:
    """Turn the values a row into a table of float64 columns v0, v1, …. Raises NodeFailed where they aren't that."""
    rows = result.rows if isinstance(result, Metric) else result  # pyright: ignore[reportUnknownMemberType, reportUnknownVariableType]
    if not isinstance(rows, PerRow):
        raise wrong_result(stage, node, "PerRow(...)", _said(rows))
    values: Sequence[Any] = rows.columns
    if columns is not None and len(values) != columns:
        expected = f"PerRow with {columns} column{'s' * (columns != 1)}, as its aggregation takes"
        raise wrong_result(stage, node, expected, f"{len(values)}")
    arrays = {f"v{position}": _numbers(stage, node, value, position) for position, value in enumerate(values)}
    lengths = [len(array) for array in arrays.values()]
    if len(set(lengths)) > 1:
        raise wrong_result(stage, node, "columns of one length", f"lengths {', '.join(map(str, lengths))}")
    return pa.table(arrays)


def _numbers(stage: Stage, node: Node, values: Any, position: int) -> pa.Array:
    try:
        array = np.asarray(values)
        numbers = array.astype(np.float64) if array.dtype.kind in "biuf" else _nullable_numbers(values)
    except (TypeError, ValueError) as error:
        raise wrong_result(stage, node, f"numbers in column {position} of PerRow", str(error)) from None
    if numbers.ndim != 1:
        raise wrong_result(
            stage, node, f"one number a row in column {position} of PerRow", f"shape {numbers.shape}"
        )
    array_of_numbers: pa.Array = pa.array(numbers)
    return array_of_numbers


def _nullable_numbers(values: Any) -> np.ndarray[Any, np.dtype[np.float64]]:
    """Read numbers among which some are missing, as pandas' and Arrow's own types give them: missing is NaN."""
    items: list[Any] = values.to_pylist() if hasattr(values, "to_pylist") else list(values)
    for item in items:
        if isinstance(item, str | bytes):
            raise ValueError(f"the text {item!r}")
    return np.array([float("nan") if _is_missing(item) else float(item) for item in items], dtype=np.float64)


def _is_missing(item: Any) -> bool:
    return item is None or type(item).__name__ == "NAType"


def with_cluster(
    stage: Stage, node: Node, values: pa.Table, tables: Sequence[pa.Table], cluster: str
) -> pa.Table:
    """Add the column that groups the rows, from the first table read that has it, as 'cluster'."""
    for table in tables:
        if cluster in table.column_names:
            if table.num_rows != values.num_rows:
                expected = f"one value for each of the {table.num_rows} rows that {cluster!r} groups"
                raise wrong_result(stage, node, expected, f"{values.num_rows} values")
            return values.append_column("cluster", table.column(cluster))
    raise NodeFailed(
        Failure(
            kind="result",
            message=f"metric {node.name!r} groups its rows by {cluster!r}, which none of the tables it reads has",
            where=str(stage.origin),
            help="name a column of a table that the metric reads, or carry the column through the stages before it",
        )
    )


def with_columns(
    stage: Stage, node: Node, values: pa.Table, table: pa.Table, columns: Mapping[str, str]
) -> pa.Table:
    """Add columns of the table whose rows the values are of, under other names: those by which the metric is measured apart."""
    for name, column in columns.items():
        if column not in table.column_names:
            expected = f"a table with the column {column!r}, by which {node.name!r} is measured apart"
            raise wrong_result(stage, node, expected, ", ".join(table.column_names))
        if table.num_rows != values.num_rows:
            expected = f"one value for each of the {table.num_rows} rows that {column!r} tells apart"
            raise wrong_result(stage, node, expected, f"{values.num_rows} values")
        values = values.append_column(name, table.column(column))
    return values


def with_keys(values: pa.Table, table: pa.Table, keys: Sequence[str]) -> pa.Table:
    """Add a table's key columns, each as 'key.<name>', so that two runs' values can be paired row by row.

    A metric that doesn't give one value for each row of the table has rows that nothing names.
    """
    if table.num_rows != values.num_rows:
        return values
    for name in keys:
        values = values.append_column(f"key.{name}", table.column(name))
    return values


def wrong_result(stage: Stage, node: Node, expected: str, found: str) -> NodeFailed:
    """Say that a function gave something else than it declares."""
    return NodeFailed(
        Failure(
            kind="result",
            message=f"{_word(node)} {node.name!r} gave back the wrong thing: expected {expected}, found {found}",
            where=str(stage.origin),
            help="return what the function's annotation says",
        )
    )


def _word(node: Node) -> str:
    return "metric" if node.kind == "metric" else "stage"


def _said(value: Any) -> str:
    if value is None:
        return "None (is a return missing?)"
    if isinstance(value, Handle):
        return f"a {type(value).__name__} handle"
    fields: Any = getattr(value, "_fields", None)
    if isinstance(value, tuple) and fields:
        return f"{type(value).__name__} with the fields {', '.join(fields)}"  # pyright: ignore[reportUnknownArgumentType]
    return f"{type(value).__name__} {repr(value)[:60]}"  # pyright: ignore[reportUnknownArgumentType]
