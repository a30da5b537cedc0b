"""The digest of what a table says, whatever its layout, file bytes and pyarrow version.

Two tables have one digest exactly when their canonical forms (`tables.canonical`) agree in the names, types and order
of the columns, the number and order of the rows, and every value, where

- null is not NaN, and what lies in memory under a null doesn't count;
- every NaN is the same NaN, whatever its sign and payload: arithmetic doesn't define them;
- -0.0 is not 0.0: a stage can tell them apart (1/x, sign, text);
- text is its UTF-8 bytes, not normalised.

A column is hashed as four streams: the positions of its nulls, and of the rows that aren't null the lengths (text,
bytes, lists), the fixed-width values or bytes, and the items or fields within, which are columns again.
None depends on where chunks end, so that a table is hashed block by block straight from Arrow's buffers.
"""

from __future__ import annotations

import hashlib
import json
import struct
from collections.abc import Iterable
from typing import Any, final

import numpy as np
import pyarrow as pa

from stagelang_runtime.store.digest import PREFIX
from stagelang_runtime.store.tables import canonical

_FORMAT = b"stagelang table content 1\n"
_BLOCK_ROWS = 1 << 20


def content_digest(table: pa.Table) -> str:
    """Give the digest of a table's content, in time linear in its bytes. Raises UnsupportedTable."""
    return content_digest_of_blocks(
        table.slice(start, _BLOCK_ROWS) for start in range(0, max(table.num_rows, 1), _BLOCK_ROWS)
    )


def content_digest_of_blocks(blocks: Iterable[pa.Table]) -> str:
    """Give the digest of the table that these blocks of rows make up, at least one, holding one block at a time.

    Raises UnsupportedTable.
    """
    columns: dict[str, _Stream] = {}
    for block in blocks:
        # Many small chunks would cost a Python call each.
        whole: Any = canonical(block).combine_chunks()
        columns = columns or {field.name: _Stream(field.type) for field in whole.schema}
        for name, stream in columns.items():
            for chunk in whole.column(name).chunks:
                stream.update(chunk)
    hasher = hashlib.sha256(_FORMAT)
    for name, stream in columns.items():
        encoded = name.encode()
        hasher.update(struct.pack("<q", len(encoded)) + encoded + stream.digest())
    return PREFIX + hasher.hexdigest()


@final
class _Stream:
    """The running digest of one column, or of the items or one field within a column."""

    def __init__(self, kind: Any) -> None:
        self.kind = kind
        self.rows = 0
        self.nulls = hashlib.sha256()
        self.lengths = hashlib.sha256()
        self.values = hashlib.sha256()
        self.within = [_Stream(part) for part in _parts(kind)]

    def update(self, array: Any) -> None:
        start = self.rows
        self.rows += len(array)
        if pa.types.is_null(self.kind):
            return
        if array.null_count:
            empty = array.is_null().to_numpy(zero_copy_only=False)
            self.nulls.update(_bytes((np.flatnonzero(empty) + start).astype("<i8")))
            array = array.drop_null()
        if len(array):
            self._update_values(array)

    def _update_values(self, array: Any) -> None:
        """Hash an array that has rows and no nulls."""
        if pa.types.is_struct(self.kind):
            for stream, part in zip(self.within, array.flatten(), strict=True):
                stream.update(part)
        elif pa.types.is_fixed_size_list(self.kind):
            self.within[0].update(array.flatten())
        elif pa.types.is_list(self.kind):
            self.lengths.update(_bytes(np.diff(_offsets(array))))
            self.within[0].update(array.flatten())
        elif pa.types.is_string(self.kind) or pa.types.is_binary(self.kind):
            offsets = _offsets(array)
            self.lengths.update(_bytes(np.diff(offsets)))
            data = array.buffers()[2]
            if data is not None:
                self.values.update(memoryview(data)[offsets[0] : offsets[-1]])
        else:
            self.values.update(_fixed_width(array))

    def digest(self) -> bytes:
        """Give 32 bytes; the type says how many parts there are, so that no two columns are framed alike."""
        kind = type_name(self.kind).encode()
        hasher = hashlib.sha256(struct.pack("<qq", len(kind), self.rows) + kind)
        for own in (self.nulls, self.lengths, self.values):
            hasher.update(own.digest())
        for part in self.within:
            hasher.update(part.digest())
        return hasher.digest()


def type_name(kind: Any) -> str:
    """Name a canonical type in words of our own: pyarrow's may change between its versions."""
    if pa.types.is_struct(kind):
        return f"struct<{', '.join(f'{json.dumps(part.name)}: {type_name(part.type)}' for part in kind)}>"
    if pa.types.is_fixed_size_list(kind):
        return f"list<{type_name(kind.value_type)}>[{kind.list_size}]"
    if pa.types.is_list(kind):
        return f"list<{type_name(kind.value_type)}>"
    if pa.types.is_timestamp(kind):
        return "timestamp" if kind.tz is None else f"timestamp[{kind.tz}]"
    if pa.types.is_decimal(kind):
        return f"decimal({kind.precision}, {kind.scale})"
    if pa.types.is_fixed_size_binary(kind):
        return f"binary[{kind.byte_width}]"
    return _NAMES[kind]


_NAMES: dict[Any, str] = {
    pa.null(): "null",
    pa.bool_(): "bool",
    pa.int8(): "int8",
    pa.int16(): "int16",
    pa.int32(): "int32",
    pa.int64(): "int64",
    pa.uint8(): "uint8",
    pa.uint16(): "uint16",
    pa.uint32(): "uint32",
    pa.uint64(): "uint64",
    pa.float16(): "float16",
    pa.float32(): "float32",
    pa.float64(): "float64",
    pa.string(): "string",
    pa.binary(): "binary",
    pa.date32(): "date",
    pa.time64("us"): "time",
    pa.duration("us"): "duration",
}


def _parts(kind: Any) -> list[Any]:
    if pa.types.is_struct(kind):
        return [part.type for part in kind]
    return [kind.value_type] if pa.types.is_list(kind) or pa.types.is_fixed_size_list(kind) else []


def _offsets(array: Any) -> Any:
    return np.frombuffer(array.buffers()[1], dtype="<i4")[array.offset : array.offset + len(array) + 1]


def _bytes(numbers: np.ndarray[Any, Any]) -> memoryview:
    return numbers.data.cast("B")


def _fixed_width(array: Any) -> memoryview:
    """Give the bytes of a column of fixed width: booleans as a byte each, NaNs as one."""
    if pa.types.is_boolean(array.type):
        array = array.cast(pa.uint8())
    width = array.type.bit_width // 8
    values = memoryview(array.buffers()[1])[array.offset * width : (array.offset + len(array)) * width]
    if not pa.types.is_floating(array.type):
        return values
    numbers = np.frombuffer(values, dtype=f"<f{width}")
    not_numbers = np.isnan(numbers)
    if not not_numbers.any():
        return values
    return _bytes(np.where(not_numbers, numbers.dtype.type(np.nan), numbers))
