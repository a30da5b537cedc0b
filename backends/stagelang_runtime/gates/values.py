"""The values of one column, prepared for its promises: as numbers or texts, missing ones told apart, lists opened."""

from __future__ import annotations

import functools
import math
from collections.abc import Iterable
from fractions import Fraction
from typing import Any, TypeAlias, final

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.types as pat

from stagelang_runtime.gates.casting import Mask, rows_of
from stagelang_runtime.gates.moments import days, microseconds, microseconds_of_day
from stagelang_runtime.gates.report import EXAMPLES, Json, examples_at, json_value
from stagelang_runtime.gates.types import item_type

Limit: TypeAlias = int | float | Fraction | str

_SAMPLE = 1 << 14
_FIRST_LOOK = 1 << 11


@final
class Values:
    """A column in canonical type; `scalars` are its values, or the items of its lists, dates and times as numbers."""

    def __init__(self, column: pa.ChunkedArray, type: str) -> None:
        self.column = column
        self.of_lists = item_type(type) is not None
        self.kind = item_type(type) or type
        self.examined = len(column) - column.null_count

    @functools.cached_property
    def scalars(self) -> pa.ChunkedArray:
        if self.of_lists:
            item = self.column.type.value_type
            chunks = [chunk.flatten() for chunk in self.column.chunks]
            return _numbers(pa.chunked_array(chunks, type=item), self.kind)
        return _numbers(self.column, self.kind)

    @functools.cached_property
    def extremes(self) -> tuple[Any, Any]:
        """The least and the greatest scalar, of which there must be one."""
        scalars = self.scalars
        if scalars.null_count == 0 and not pat.is_string(scalars.type):
            # Twenty times faster than Arrow's own for floats, and without a copy.
            arrays = [chunk.to_numpy() for chunk in scalars.chunks if len(chunk)]
            return min(array.min().item() for array in arrays), max(array.max().item() for array in arrays)
        found = pc.min_max(scalars).as_py()
        return found["min"], found["max"]

    @functools.cached_property
    def distinct(self) -> pa.Array | None:
        """The distinct texts, or None where so many differ that finding them costs more than it saves."""
        sample = self.scalars.slice(0, _SAMPLE)
        if len(self.scalars) > _SAMPLE and len(sample.unique()) * 2 > len(sample):
            return None
        found: pa.Array = self.scalars.unique().drop_null()
        return found

    def broken_rows(self, bad: Any) -> Mask:
        """Turn a condition on the scalars into a mask over the rows."""
        return rows_of(self.column, bad) if self.of_lists else bad

    def rows_with(self, wrong: pa.Array) -> Mask:
        """Give the rows that hold one of these scalars."""
        return self.broken_rows(pc.is_in(self.scalars, value_set=wrong))

    @functools.cached_property
    def comparable(self) -> pa.ChunkedArray:
        """The scalars such that equal ones are one to a hash table: 0.0 for -0.0."""
        if not pat.is_floating(self.scalars.type):
            return self.scalars
        same: pa.ChunkedArray = pc.add(self.scalars, 0.0)
        return same

    def examples(self, bad: Mask) -> tuple[Json, ...]:
        """Give the first few rows of a mask with their values."""
        return examples_at(self.column, bad)

    def examples_of(self, wrong: pa.Array) -> tuple[Json, ...]:
        """Give the first few rows that hold one of these scalars, looking at the whole column only if it must."""
        found: list[Json] = []
        for start, length in ((0, _FIRST_LOOK), (_FIRST_LOOK, len(self.column))):
            part = self.comparable.slice(start, length)
            # Of many wrong scalars few occur in a small part, and only these are worth a hash table.
            here = wrong.filter(pc.is_in(wrong, value_set=part.unique())) if start == 0 else wrong
            rows = pc.indices_nonzero(pc.is_in(part, value_set=here)).slice(0, EXAMPLES - len(found))
            found += [
                {"row": start + row, "value": json_value(self.column[start + row])}
                for row in rows.to_pylist()
            ]
            if len(found) == EXAMPLES:
                break
        return tuple(found)


def _numbers(column: pa.ChunkedArray, kind: str) -> pa.ChunkedArray:
    if kind == "date":
        return column.cast(pa.int32())
    return column.cast(pa.int64()) if kind in ("datetime", "time") else column


def limit(kind: str, value: Json) -> Limit:
    """Give a limit of the contract as the number or text to compare scalars with.

    Raises:
        ValueError: a column of this type can't have such a limit.
    """
    if kind in _PARSERS and isinstance(value, str):
        parsed: Limit = _PARSERS[kind](value)
        return parsed
    if kind in ("int", "float") and isinstance(value, int | float) and not isinstance(value, bool):
        if math.isnan(value):
            raise ValueError("NaN is no limit")
        return value if kind == "int" else float(value)
    raise ValueError(f"{value!r} is no limit for a column of {kind}")


_PARSERS: dict[str, Any] = {
    "str": str,
    "date": days,
    "datetime": microseconds,
    "time": microseconds_of_day,
}


def members(kind: str, allowed: Iterable[Json], type: pa.DataType) -> pa.Array:
    """Give the allowed values as scalars of this Arrow type; what the type can't hold no row can be equal to.

    Raises:
        ValueError: a column of this type can't be compared with such a value.
    """
    if kind == "bool":
        known: list[Any] = [value for value in allowed if isinstance(value, bool)]
    else:
        known = [limit(kind, value) for value in allowed if value is not None]
    if pat.is_integer(type):
        end = 1 << (type.bit_width - 1)
        known = [int(value) for value in known if _is_whole(value) and -end <= value < end]
    if kind == "float":
        known = [value + 0.0 for value in known]
    array: pa.Array = pa.array(known, type)
    return array


def _is_whole(value: float | Fraction) -> bool:
    return math.isfinite(value) and value == int(value)
