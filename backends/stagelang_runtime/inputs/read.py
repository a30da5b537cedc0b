"""Reading a source: all its files in the contract's types, as one table."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import pyarrow as pa

from stagelang_compiler.plan import Contract, Source
from stagelang_runtime.gates.conform import conform
from stagelang_runtime.inputs.csv_file import read_csv
from stagelang_runtime.inputs.errors import InputError, InputProblem
from stagelang_runtime.inputs.files import find
from stagelang_runtime.inputs.json_file import read_jsonl
from stagelang_runtime.inputs.opening import UNREADABLE, unreadable
from stagelang_runtime.inputs.parquet_file import read_parquet


def read_source(source: Source, contract: Contract, root: Path) -> pa.Table:
    """Read a table: the contract's columns first, in its order and types, then all others of the files.

    Files are put one after the other in the order of their names; a column beyond the contract's that a file lacks is
    missing in its rows.

    Raises:
        InputError: a file isn't there, can't be read, or doesn't fit the contract; with the problems of all files.
    """
    names = find(source, root)
    problems: list[InputProblem] = []
    tables: list[pa.Table] = []
    kinds: dict[str, tuple[str, pa.DataType]] = {}
    for name in names:
        table, found = _read(source.format, name, root, contract)
        problems += found
        tables.append(table)
    if not problems:
        tables = [conform(table, contract).table for table in tables]
        problems += _disagreements(names, tables, kinds)
    if problems:
        raise InputError(problems)
    return pa.concat_tables([_agreed(table, kinds) for table in tables], promote_options="default")


def _read(format: str, name: str, root: Path, contract: Contract) -> tuple[pa.Table, list[InputProblem]]:
    try:
        match format:
            case "parquet":
                return read_parquet(name, root, contract)
            case "csv":
                return read_csv(name, root, contract)
            case "jsonl":
                return read_jsonl(name, root, contract)
            case _:
                raise ValueError(f"a source of {format} is no table")
    except UNREADABLE as error:
        return pa.table({}), [unreadable(name, error)]


def _agreed(table: pa.Table, kinds: Mapping[str, tuple[str, pa.DataType]]) -> pa.Table:
    """Give columns without any value the type that they have in other files."""
    for index, label in enumerate(table.column_names):
        kind = kinds[label][1] if label in kinds else table.column(index).type
        if table.column(index).type != kind:
            table = table.set_column(index, label, pa.nulls(table.num_rows, kind))
    return table


def _disagreements(
    names: Sequence[str], tables: Sequence[pa.Table], kinds: dict[str, tuple[str, pa.DataType]]
) -> Iterator[InputProblem]:
    """Note the type of each column and the file it is from; find those that are of another type in a later file."""
    for name, table in zip(names, tables, strict=True):
        for label, column in zip(table.column_names, table.columns, strict=True):
            if column.null_count == len(column):
                continue
            where, kind = kinds.setdefault(label, (name, column.type))
            if kind != column.type:
                message = f"column {label!r}: {column.type} here, {kind} in {where!r}"
                remedy = "give the column one type in all files"
                yield InputProblem(file=name, column=label, message=message, help=remedy)
