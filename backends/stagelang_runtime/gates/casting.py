"""Casts of one column to a contract's type that lose nothing: no value is rounded, and none becomes missing.

A decimal counts as a float if the float, written with the decimal's digits, is that decimal again.
A datetime counts as a date if it is midnight and has no zone.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Any, TypeAlias, final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.types as pat
from attrs import frozen

from stagelang_runtime.gates.types import AWARE, arrow_type, is_canonical, item_type, may_conform, word

Mask: TypeAlias = Any
"""A boolean Arrow array, a row each; an unknown one doesn't count."""

_BLOCK_ROWS = 1 << 17
_OFFSET_LIMIT = (1 << 31) - 1
_EXACT_FLOATS = 1 << 53
_INT_END = 1 << 63


@final
@frozen
class Cast:
    """A column in its canonical type; or None where that would lose something, what was found, and which rows do."""

    column: pa.ChunkedArray | None
    found: str = ""
    bad: Mask | None = None


def cast_column(column: pa.ChunkedArray, type: str) -> Cast:
    """Cast a column to the canonical type of a contract's, or say why that can't be done without loss.

    Raises:
        KeyError: the Plan has no type of this name.
    """
    if is_canonical(column.type, type):
        return Cast(_nan_as_null(column) if type == "float" else column)
    if pat.is_dictionary(column.type):
        column = _cast(column, column.type.value_type)
        return cast_column(column, type)
    if pat.is_null(column.type):
        return Cast(_cast(column, arrow_type(type)))
    if not may_conform(column.type, type):
        return Cast(None, word(column.type), column.is_valid())
    item = item_type(type)
    return _CASTS[type](column) if item is None else _to_list(column, item)


def _cast(column: pa.ChunkedArray, target: pa.DataType, *, safe: bool = True) -> pa.ChunkedArray:
    """Cast block by block where text would overflow the offsets of a `string`."""
    blocks = [
        block.cast(target, safe=safe)
        for chunk in column.chunks
        for block in (
            [chunk]
            if chunk.nbytes <= _OFFSET_LIMIT
            else [chunk.slice(start, _BLOCK_ROWS) for start in range(0, len(chunk), _BLOCK_ROWS)]
        )
    ]
    return pa.chunked_array(blocks, type=target)


def _nan_as_null(column: pa.ChunkedArray) -> pa.ChunkedArray:
    # A sum is NaN if any addend is, and costs a third of looking at each.
    total = pc.sum(column).as_py()
    if total is None or total == total or not pc.any(pc.is_nan(column)).as_py():
        return column
    without: pa.ChunkedArray = pc.if_else(pc.is_nan(column), pa.scalar(None, column.type), column)
    return without


def _unless(bad: Any, found: str, cast: Callable[[], pa.ChunkedArray]) -> Cast:
    return Cast(None, found, bad) if pc.any(bad).as_py() else Cast(cast())


def _to_int(column: pa.ChunkedArray) -> Cast:
    if pat.is_decimal(column.type):
        return _from_decimals(column, int, "decimals that are not whole", _is_int64)
    if pat.is_uint64(column.type):
        bad = pc.greater(column, pa.scalar(_INT_END - 1, pa.uint64()))
        return _unless(bad, "ints beyond 64 bits with a sign", lambda: _cast(column, pa.int64()))
    if pat.is_integer(column.type):
        return Cast(_cast(column, pa.int64()))
    floats = _nan_as_null(_cast(column, pa.float64()))
    fits = pc.and_(pc.greater_equal(floats, -float(_INT_END)), pc.less(floats, float(_INT_END)))
    bad = pc.invert(pc.and_(fits, pc.equal(pc.floor(floats), floats)))
    return _unless(bad, "floats that are not whole", lambda: _cast(floats, pa.int64(), safe=False))


def _to_float(column: pa.ChunkedArray) -> Cast:
    if pat.is_decimal(column.type):
        return _from_decimals(column, float, "decimals that no float holds exactly", _is_float64)
    if pat.is_floating(column.type):
        return Cast(_nan_as_null(_cast(column, pa.float64())))
    limits = pc.min_max(column).as_py()
    floats = _cast(column, pa.float64(), safe=False)
    if limits["min"] is None or max(-limits["min"], limits["max"]) <= _EXACT_FLOATS:
        return Cast(floats)
    # Where the float rounds up to the end of the range, casting it back means something else on each processor.
    back = _cast(floats, column.type, safe=False)
    end = float(2 ** (column.type.bit_width - pat.is_signed_integer(column.type)))
    bad = pc.or_(pc.not_equal(back, column), pc.greater_equal(floats, end))
    return _unless(bad, "ints that no float holds exactly", lambda: floats)


def _is_int64(value: Decimal) -> bool:
    return value == value.to_integral_value() and -_INT_END <= value < _INT_END


def _is_float64(value: Decimal) -> bool:
    return Decimal(repr(float(value))) == value


def _from_decimals(
    column: pa.ChunkedArray, target: type[int | float], found: str, fits: Callable[[Decimal], bool]
) -> Cast:
    """Cast decimals one by one: rare enough to be simple, and rounded correctly where Arrow's own cast is not."""
    blocks = [column.slice(start, _BLOCK_ROWS).to_pylist() for start in range(0, len(column), _BLOCK_ROWS)]
    bad = [value is not None and not fits(value) for block in blocks for value in block]
    if any(bad):
        return Cast(None, found, pa.array(bad))
    kind = pa.int64() if target is int else pa.float64()
    arrays = [
        pa.array([None if value is None else target(value) for value in block], kind) for block in blocks
    ]
    return Cast(pa.chunked_array(arrays, type=kind))


def _to_str(column: pa.ChunkedArray) -> Cast:
    return Cast(_cast(column, pa.string()))


def _to_bool(column: pa.ChunkedArray) -> Cast:
    return Cast(column)


def _to_bytes(column: pa.ChunkedArray) -> Cast:
    return Cast(_cast(column, pa.binary()))


def _to_date(column: pa.ChunkedArray) -> Cast:
    if pat.is_timestamp(column.type) and column.type.tz is not None:
        return Cast(None, "datetimes with a zone", column.is_valid())
    return _there_and_back(column, pa.date32(), "datetimes with a time of day")


def _to_datetime(column: pa.ChunkedArray) -> Cast:
    aware = pat.is_timestamp(column.type) and column.type.tz is not None
    return _there_and_back(column, AWARE if aware else pa.timestamp("us"), "times finer than a microsecond")


def _to_time(column: pa.ChunkedArray) -> Cast:
    return _there_and_back(column, pa.time64("us"), "times finer than a microsecond")


def _there_and_back(column: pa.ChunkedArray, target: pa.DataType, found: str) -> Cast:
    there = _cast(column, target, safe=False)
    return _unless(pc.not_equal(_cast(there, column.type, safe=False), column), found, lambda: there)


_CASTS: Mapping[str, Callable[[pa.ChunkedArray], Cast]] = {
    "int": _to_int,
    "float": _to_float,
    "str": _to_str,
    "bool": _to_bool,
    "bytes": _to_bytes,
    "date": _to_date,
    "datetime": _to_datetime,
    "time": _to_time,
}


def _to_list(column: pa.ChunkedArray, item: str) -> Cast:
    lists = _cast(column, pa.list_(column.type.value_type))
    items = pa.chunked_array([chunk.flatten() for chunk in lists.chunks], type=column.type.value_type)
    # NaN stays in a list, which has no missing items; the gate on the items finds it.
    cast = Cast(items) if is_canonical(items.type, item) else cast_column(items, item)
    if cast.column is None:
        return Cast(None, f"lists of {cast.found}", rows_of(lists, cast.bad))
    if cast.column.type == lists.type.value_type:
        return Cast(lists)
    return Cast(pa.chunked_array(_relisted(lists, cast.column), type=pa.list_(cast.column.type)))


def _relisted(lists: pa.ChunkedArray, items: pa.ChunkedArray) -> list[pa.Array]:
    """Put other items into the same lists."""
    done: list[pa.Array] = []
    start = 0
    for chunk in lists.chunks:
        lengths = pc.fill_null(pc.list_value_length(chunk), 0).to_numpy()
        offsets = np.concatenate([[0], np.cumsum(lengths)]).astype(np.int32)
        mine = items.slice(start, int(offsets[-1])).combine_chunks()
        missing = chunk.is_null() if chunk.null_count else None
        done.append(pa.ListArray.from_arrays(pa.array(offsets), _array(mine, items.type), mask=missing))
        start += int(offsets[-1])
    return done


def _array(items: Any, type: pa.DataType) -> pa.Array:
    """Give one array where some versions of pyarrow give a chunked one of one chunk."""
    if not isinstance(items, pa.ChunkedArray):
        array: pa.Array = items
        return array
    return items.chunk(0) if items.num_chunks else pa.array([], type=type)


def rows_of(lists: pa.ChunkedArray, bad_items: Mask) -> Mask:
    """Turn a mask over the items of a column of lists into one over its rows."""
    rows = np.zeros(len(lists), dtype=bool)
    lengths = pc.fill_null(pc.list_value_length(lists), 0).to_numpy()
    rows[np.repeat(np.arange(len(lists)), lengths)[pc.indices_nonzero(bad_items).to_numpy()]] = True
    return pa.array(rows)
