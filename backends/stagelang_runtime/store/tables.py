"""Tables in the one form that the store holds: canonical types, deterministic Parquet.

The canonical form forgets how a table was laid out in memory and keeps all that a stage can tell apart:

    large_string, string_view, dictionary of string      string
    large_binary, binary_view                            binary
    large_list                                           list
    any dictionary                                       its values' type
    timestamp, time, duration of any unit                in microseconds, if nothing is lost
    date64                                               date32
    decimal of any width                                 decimal128, or decimal256 beyond 38 digits

Widths of integers and floats stay (an int32 overflows where an int64 does not), as do time zones and the order of rows
and columns. Metadata and the nullable flag go: the contract, not the file, is the authority on types.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from stagelang_runtime.store.errors import UnreadableTable, UnsupportedTable

ROW_GROUP = 1 << 17
_OFFSET_LIMIT = (1 << 31) - 1
_WRITING: dict[str, Any] = {
    "compression": "zstd",
    "compression_level": 1,
    "data_page_version": "1.0",
    "row_group_size": ROW_GROUP,
    "store_schema": True,
    "use_dictionary": True,
    "version": "2.6",
    "write_statistics": True,
}


def canonical(table: pa.Table) -> pa.Table:
    """Give the table in canonical types; one that has them already is given back without a copy.

    Raises UnsupportedTable: two columns of one name, a type that can't be stored, a time that microseconds can't hold.
    """
    names = table.column_names
    for name in names:
        if names.count(name) > 1:
            raise UnsupportedTable(f"the table has two columns named {name!r}", "rename one of them")
    kinds = [canonical_type(field.type, field.name) for field in table.schema]
    columns = [
        _cast(table.column(index), kind, name)
        for index, (kind, name) in enumerate(zip(kinds, names, strict=True))
    ]
    schema = pa.schema([pa.field(name, kind) for name, kind in zip(names, kinds, strict=True)])
    return pa.Table.from_arrays(columns, schema=schema)


def canonical_type(kind: pa.DataType, column: str) -> pa.DataType:
    """Give the type in which the store holds values of this type. Raises UnsupportedTable, naming the column."""
    found = _leaf(kind) or _nested(kind, column)
    if found is None:
        raise UnsupportedTable(
            f"column {column!r} has the type {kind}, which no stored table may hold",
            "convert the column to numbers, text, times, lists or structs of these",
        )
    return found


def write_table(table: pa.Table, path: Path) -> None:
    """Write a table as Parquet; equal canonical tables give equal bytes under one pyarrow version.

    Raises UnsupportedTable, OSError.
    """
    _write(table, str(path))


def table_bytes(table: pa.Table) -> pa.Buffer:
    """Give the bytes that `write_table` writes. Raises UnsupportedTable."""
    sink = pa.BufferOutputStream()
    _write(table, sink)
    data: pa.Buffer = sink.getvalue()
    return data


def read_table(path: Path, columns: Sequence[str] | None = None) -> pa.Table:
    """Read a table, or some of its columns in the order asked for, in canonical types.

    Raises UnreadableTable, UnsupportedTable, OSError.
    """
    try:
        file = pq.ParquetFile(str(path))
        present = file.schema_arrow.names
        for name in columns or ():
            if name not in present:
                raise UnreadableTable(
                    f"the table has no column {name!r}", f"name one of {', '.join(present)}"
                )
        table = file.read(columns=None if columns is None else list(columns))
    except pa.ArrowException as error:
        raise UnreadableTable(
            f"{path.name!r} is not a Parquet table: {error}", "write it again as Parquet"
        ) from error
    return canonical(table if columns is None else table.select(list(columns)))


def _write(table: pa.Table, sink: object) -> None:
    # Pages break where chunks do, so the chunks go.
    whole = canonical(table).combine_chunks()
    try:
        pq.write_table(whole, sink, **_WRITING)
    except pa.ArrowException as error:
        raise UnsupportedTable(
            f"Parquet can't hold the table: {error}", "convert the column that it names"
        ) from error


def _leaf(kind: pa.DataType) -> pa.DataType | None:
    if pa.types.is_timestamp(kind):
        return pa.timestamp("us", tz=kind.tz)
    if pa.types.is_decimal(kind):
        wide = kind.precision > 38
        return (pa.decimal256 if wide else pa.decimal128)(kind.precision, kind.scale)
    if pa.types.is_string(kind) or pa.types.is_large_string(kind) or pa.types.is_string_view(kind):
        return pa.string()
    if pa.types.is_binary(kind) or pa.types.is_large_binary(kind) or pa.types.is_binary_view(kind):
        return pa.binary()
    if pa.types.is_time(kind):
        return pa.time64("us")
    if pa.types.is_duration(kind):
        return pa.duration("us")
    if pa.types.is_date(kind):
        return pa.date32()
    plain = (
        pa.types.is_boolean,
        pa.types.is_integer,
        pa.types.is_floating,
        pa.types.is_null,
        pa.types.is_fixed_size_binary,
    )
    return kind if any(is_kind(kind) for is_kind in plain) else None


def _nested(kind: Any, column: str) -> pa.DataType | None:
    if pa.types.is_dictionary(kind):
        return canonical_type(kind.value_type, column)
    if pa.types.is_fixed_size_list(kind):
        return pa.list_(canonical_type(kind.value_type, column), kind.list_size)
    # pyarrow 26 makes invalid lists of list views, so they are refused.
    if pa.types.is_list(kind) or pa.types.is_large_list(kind):
        return pa.list_(canonical_type(kind.value_type, column))
    if pa.types.is_struct(kind) and kind.num_fields:
        return pa.struct(
            [pa.field(part.name, canonical_type(part.type, f"{column}.{part.name}")) for part in kind]
        )
    return None


def _cast(column: Any, kind: pa.DataType, name: str) -> Any:
    if column.type.equals(kind):
        return column
    try:
        pieces = [piece.cast(kind) for chunk in column.chunks for piece in _castable(chunk)]
    except pa.ArrowException as error:
        raise UnsupportedTable(
            f"column {name!r} can't be stored as {kind}: {str(error).lower()}",
            "round or convert the column first",
        ) from error
    return pa.chunked_array(pieces, type=kind)


def _castable(chunk: Any) -> list[Any]:
    """Cut a chunk whose text would overflow the offsets of a `string`."""
    if chunk.nbytes <= _OFFSET_LIMIT:
        return [chunk]
    return [chunk.slice(start, ROW_GROUP) for start in range(0, len(chunk), ROW_GROUP)]
