"""Dividing a table's rows into populations, by the hash of a column or by time.

A value's side depends on the seed and on the value alone, so a row that is added later moves no other row:

    key = the first 8 bytes, little-endian, of SHA-256("stagelang split 1 " + the seed in decimal), with " " + the depth where other
          splits lie before it: so that it divides what they have left in its own shares
    ints, bools, days since 1970, microseconds since 1970 (UTC; a time without a zone is read as UTC):
        x = value * 0x9E3779B97F4A7C15 + key, then splitmix64's finaliser (Steele, Lea, Flood 2014), modulo 2^64
    texts (UTF-8), bytes: BLAKE2b-64 of the value, keyed with the 8 bytes of the key, read little-endian
    u = (the upper 53 bits of x) / 2^53
    test if u < test, else validation if u < test + validation, else train
    fold k of n holds out (k - 1)/n <= u < k/n

An embargo takes rows out of an earlier part whose time plus it isn't before a later part's first moment; they are in no part.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.types as pat

from stagelang_compiler.plan import Split
from stagelang_runtime.gates.moments import microseconds
from stagelang_runtime.gates.types import word
from stagelang_runtime.inputs.errors import SplitError

_DAY = 86_400_000_000
_GOLDEN = np.uint64(0x9E3779B97F4A7C15)
_MIX_1 = np.uint64(0xBF58476D1CE4E5B9)
_MIX_2 = np.uint64(0x94D049BB133111EB)

Mask = npt.NDArray[np.bool_]


def split_table(table: pa.Table, split: Split, seed: int) -> dict[str, pa.Table]:
    """Divide the rows into 'train', 'validation' if there is one, and 'test'; each part keeps the order of its rows.

    Raises:
        SplitError: the column isn't there, has missing values or a type without reliable equality; or a part is empty.
    """
    if table.column_names.count(split.by) != 1:
        raise SplitError(
            f"the table has no column {split.by!r} to split by", "split by a column of its contract"
        )
    column = _plain(table.column(split.by))
    if column.null_count:
        message = f"column {split.by!r} has {column.null_count} missing values, which belong to no side"
        raise SplitError(message, "fill them or drop these rows before the split")
    masks = _by_time(column, split) if split.method == "time" else _by_hash(column, split, seed)
    parts = {name: table.filter(pa.array(mask)) for name, mask in masks.items()}
    _refuse_empty(parts, column, split)
    return parts


def _plain(column: Any) -> pa.ChunkedArray:
    plain: pa.ChunkedArray = column.cast(column.type.value_type) if pat.is_dictionary(column.type) else column
    return plain


def _by_hash(column: pa.ChunkedArray, split: Split, seed: int) -> Mapping[str, Mask]:
    if split.method == "fold":
        return _by_fold(column, split, seed)
    test, validation = float(split.test), float(split.validation or 0)
    if not (test > 0 and validation >= 0 and test + validation < 1):
        found = f"test={test}" if split.validation is None else f"test={test}, validation={validation}"
        message = f"expected shares between 0 and 1 that leave rows to train on, found {found}"
        raise SplitError(message, "make the shares smaller")
    drawn = uniform(column, seed, split.depth)
    in_test, in_validation = drawn < test, (drawn >= test) & (drawn < test + validation)
    return _sides(in_test, in_validation, split)


def _by_fold(column: pa.ChunkedArray, split: Split, seed: int) -> Mapping[str, Mask]:
    if not 1 <= split.fold <= split.folds or split.folds < 2:
        message = f"there is no fold {split.fold} of {split.folds}"
        raise SplitError(message, "ask for two folds or more")
    drawn = uniform(column, seed, split.depth)
    held_out = (drawn >= (split.fold - 1) / split.folds) & (drawn < split.fold / split.folds)
    return {"train": ~held_out, "test" if split.test is not None else "validation": held_out}


def _by_time(column: pa.ChunkedArray, split: Split) -> Mapping[str, Mask]:
    if not (pat.is_timestamp(column.type) or pat.is_date(column.type)):
        raise SplitError(
            f"column {split.by!r} holds {word(column.type)}, not dates or times", "split by a column of times"
        )
    at = _microseconds(column)
    test_from = microseconds(str(split.test))
    validation_from = test_from if split.validation is None else microseconds(str(split.validation))
    if split.validation is not None and validation_from >= test_from:
        message = f"validation begins at {split.validation}, not before the test rows at {split.test}"
        raise SplitError(message, "begin validation earlier")
    in_test = at >= test_from
    sides = _sides(in_test, (at >= validation_from) & ~in_test, split)
    if not split.embargo:
        return sides
    ends = at + round(split.embargo * 1_000_000)
    until = {"train": validation_from, "validation": test_from}
    return {name: side & (ends < until[name]) if name in until else side for name, side in sides.items()}


def _sides(in_test: Mask, in_validation: Mask, split: Split) -> Mapping[str, Mask]:
    train = ~(in_test | in_validation)
    if split.validation is None:
        return {"train": train, "test": in_test}
    return {"train": train, "validation": in_validation, "test": in_test}


def _refuse_empty(parts: Mapping[str, pa.Table], column: pa.ChunkedArray, split: Split) -> None:
    empty = [name for name, part in parts.items() if not part.num_rows]
    if not empty:
        return
    rows = len(column)
    if split.method != "time":
        distinct = pc.count_distinct(column).as_py()
        among = f"{rows} rows with {distinct} distinct values of {split.by!r}"
        remedy = "split by a column with more distinct values, use larger shares, or get more rows"
    else:
        limits = pc.min_max(column)
        among = f"{rows} rows" + (f" from {limits['min']} to {limits['max']}" if rows else "")
        remedy = "choose moments within the times of the rows"
    raise SplitError(f"no rows for {' and '.join(empty)} among {among}", remedy)


def uniform(column: pa.ChunkedArray, seed: int, depth: int = 0) -> npt.NDArray[np.float64]:
    """Draw a number from [0, 1) for each value, as the module's docstring says.

    Raises:
        SplitError: values of this type have no equality to rely on.
    """
    text = f"stagelang split 1 {seed} {depth}" if depth else f"stagelang split 1 {seed}"
    key = hashlib.sha256(text.encode()).digest()[:8]
    kind = column.type
    if pat.is_integer(kind) or pat.is_boolean(kind):
        hashes = _mixed(column.to_numpy().astype(np.uint64, copy=False), key)
    elif pat.is_date(kind):
        hashes = _mixed((_microseconds(column) // _DAY).astype(np.uint64), key)
    elif pat.is_timestamp(kind):
        hashes = _mixed(_microseconds(column).astype(np.uint64), key)
    elif word(kind) in ("str", "bytes"):
        hashes = _hashed(column, key)
    else:
        message = f"a column of {word(kind)} can't decide on which side a row is: its values have no reliable equality"
        raise SplitError(message, "split by a key or group of ints, texts, dates or times")
    upper: npt.NDArray[np.float64] = (hashes >> np.uint64(11)).astype(np.float64)
    return upper / 2.0**53


def _microseconds(column: pa.ChunkedArray) -> npt.NDArray[np.int64]:
    zone = column.type.tz if pat.is_timestamp(column.type) else None
    exact = column.cast(pa.timestamp("us", tz=zone), safe=False)
    numbers: npt.NDArray[np.int64] = exact.cast(pa.int64()).to_numpy()
    return numbers


def _mixed(values: npt.NDArray[np.uint64], key: bytes) -> npt.NDArray[np.uint64]:
    mixed = values * _GOLDEN + np.uint64(int.from_bytes(key, "little"))
    mixed = (mixed ^ (mixed >> np.uint64(30))) * _MIX_1
    mixed = (mixed ^ (mixed >> np.uint64(27))) * _MIX_2
    return mixed ^ (mixed >> np.uint64(31))


def _hashed(column: pa.ChunkedArray, key: bytes) -> npt.NDArray[np.uint64]:
    encoded: Any = column.cast(pa.large_binary()).combine_chunks().dictionary_encode()
    digests = b"".join(
        hashlib.blake2b(value, digest_size=8, key=key).digest() for value in encoded.dictionary.to_pylist()
    )
    of_distinct = np.frombuffer(digests, dtype="<u8").astype(np.uint64)
    of_rows: npt.NDArray[np.uint64] = of_distinct[encoded.indices.to_numpy()]
    return of_rows
