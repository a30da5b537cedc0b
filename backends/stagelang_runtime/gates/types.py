"""The column types of the Plan, and the one Arrow type in which each is checked and stored.

int       int64
float     float64, where NaN means missing
str       string
bool      bool
bytes     binary
date      date32
datetime  timestamp[us] without a zone, timestamp[us, UTC] with one; a column holds one kind
time      time64[us]
list<T>   list of T's type
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

import pyarrow as pa
import pyarrow.types as pat

_SCALARS: Mapping[str, pa.DataType] = {
    "int": pa.int64(),
    "float": pa.float64(),
    "str": pa.string(),
    "bool": pa.bool_(),
    "bytes": pa.binary(),
    "date": pa.date32(),
    "datetime": pa.timestamp("us"),
    "time": pa.time64("us"),
}
AWARE = pa.timestamp("us", tz="UTC")

_WORDS: tuple[tuple[str, Callable[[pa.DataType], bool]], ...] = (
    ("bool", pat.is_boolean),
    ("int", pat.is_integer),
    ("float", pat.is_floating),
    ("str", pat.is_string),
    ("str", pat.is_large_string),
    ("str", pat.is_string_view),
    ("bytes", pat.is_binary),
    ("bytes", pat.is_large_binary),
    ("bytes", pat.is_binary_view),
    ("bytes", pat.is_fixed_size_binary),
    ("date", pat.is_date),
    ("datetime", pat.is_timestamp),
    ("time", pat.is_time),
    ("decimal", pat.is_decimal),
)


def is_known(type: str) -> bool:
    """Say whether the runtime knows a column type of this name."""
    return (item_type(type) or type) in _SCALARS


def item_type(type: str) -> str | None:
    """Give T of 'list<T>', and None for any other type."""
    return type[5:-1] if type.startswith("list<") and type.endswith(">") else None


def arrow_type(type: str) -> pa.DataType:
    """Give the canonical Arrow type; that of 'datetime' is the one without a zone.

    Raises:
        KeyError: the Plan has no type of this name.
    """
    item = item_type(type)
    return _SCALARS[type] if item is None else pa.list_(_SCALARS[item])


def is_canonical(found: pa.DataType, type: str) -> bool:
    """Say whether an Arrow type is the canonical one."""
    return found == arrow_type(type) or (type == "datetime" and found == AWARE)


def is_list(found: pa.DataType) -> bool:
    """Say whether an Arrow type is a list of any layout."""
    kinds = (pat.is_list, pat.is_large_list, pat.is_fixed_size_list, pat.is_list_view, pat.is_large_list_view)
    return any(is_kind(found) for is_kind in kinds)


def word(found: pa.DataType) -> str:
    """Name an Arrow type in the words of the contract where they have one, else in Arrow's."""
    if pat.is_dictionary(found):
        return word(found.value_type)
    if is_list(found):
        return f"list<{word(found.value_type)}>"
    if pat.is_null(found):
        return "nothing but missing values"
    return next((name for name, is_kind in _WORDS if is_kind(found)), str(found))


def may_conform(found: pa.DataType, type: str) -> bool:
    """Say whether values of an Arrow type can be of a column type without loss, for some values at least."""
    if pat.is_dictionary(found):
        return may_conform(found.value_type, type)
    item = item_type(type)
    if item is not None:
        return pat.is_null(found) or (is_list(found) and may_conform(found.value_type, item))
    return pat.is_null(found) or word(found) in _SOURCES[type]


_SOURCES: Mapping[str, tuple[str, ...]] = {
    "int": ("int", "float", "decimal"),
    "float": ("float", "int", "decimal"),
    "str": ("str",),
    "bool": ("bool",),
    "bytes": ("bytes",),
    "date": ("date", "datetime"),
    "datetime": ("datetime", "date"),
    "time": ("time",),
}
