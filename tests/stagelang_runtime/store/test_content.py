from __future__ import annotations

import os
import subprocess
import sys
from decimal import Decimal
from itertools import pairwise
from typing import Any

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from stagelang_runtime.store import UnsupportedTable
from stagelang_runtime.store.content import content_digest, content_digest_of_blocks, type_name
from stagelang_runtime.store.tables import canonical

STRUCT = pa.struct([pa.field("a", pa.int64()), pa.field("b", pa.list_(pa.string()))])
VALUES: list[tuple[Any, list[Any]]] = [
    (pa.bool_(), [True, False]),
    (pa.int8(), [-1, 0, 1]),
    (pa.int64(), [-1, 0, 1]),
    (pa.uint16(), [0, 1]),
    (pa.float32(), [0.0, -0.0, 1.5, float("nan")]),
    (pa.float64(), [0.0, -0.0, 1.5, float("nan"), float("inf")]),
    (pa.string(), ["", "a", "ab", "é", "\0"]),
    (pa.binary(), [b"", b"a", b"ab"]),
    (pa.binary(2), [b"ab", b"ba"]),
    (pa.date32(), [0, 1]),
    (pa.timestamp("us"), [0, 1]),
    (pa.timestamp("us", tz="Europe/Berlin"), [0, 1]),
    (pa.duration("us"), [0, 1]),
    (pa.decimal128(5, 2), [Decimal("0.00"), Decimal("1.25")]),
    (pa.null(), []),
    (pa.list_(pa.int64()), [[], [0], [0, None], [None, 0]]),
    (pa.list_(pa.string()), [[], [""], ["a"], ["a", ""], [None]]),
    (pa.list_(pa.float64(), 2), [[0.0, 1.0], [0.0, None]]),
    (STRUCT, [{"a": 1, "b": []}, {"a": None, "b": ["x"]}, {"a": 1, "b": None}, {"a": None, "b": None}]),
]

# Which of VALUES, and the rows, where None is null.
Column = tuple[int, list[Any]]


@st.composite
def some_columns(draw: st.DrawFn) -> list[Column]:
    rows = draw(st.integers(0, 4))
    columns: list[Column] = []
    for _ in range(draw(st.integers(1, 2))):
        which = draw(st.integers(0, len(VALUES) - 1))
        values = st.sampled_from([None, *VALUES[which][1]])
        columns.append((which, draw(st.lists(values, min_size=rows, max_size=rows))))
    return columns


def array_of(column: Column) -> Any:
    return pa.array(column[1], type=VALUES[column[0]][0])


def table_of(columns: list[Column]) -> pa.Table:
    return pa.table({f"c{i}": array_of(column) for i, column in enumerate(columns)})


def what_it_says(table: pa.Table) -> str:
    """Say in Python's words what a table holds: repr tells -0.0 from 0.0, and has one text for every NaN."""
    return repr(
        [(field.name, str(field.type), table.column(field.name).to_pylist()) for field in table.schema]
    )


def laid_out_anew(draw: st.DrawFn, array: Any) -> Any:
    """Give the same values in chunks cut at random, each a slice of something larger."""
    cuts = sorted({0, len(array), *draw(st.lists(st.integers(0, len(array)), max_size=3))})
    chunks: list[Any] = []
    for start, stop in pairwise(cuts):
        piece = array.slice(start, stop - start)
        larger = pa.concat_arrays([array, piece, array])
        chunks.append(draw(st.sampled_from([piece, larger.slice(len(array), len(piece))])))
    return pa.chunked_array(chunks, type=array.type)


@given(some_columns(), some_columns())
def test_two_tables_have_one_digest_exactly_when_they_say_the_same(
    one: list[Column], other: list[Column]
) -> None:
    first, second = table_of(one), table_of(other)
    assert (content_digest(first) == content_digest(second)) == (what_it_says(first) == what_it_says(second))


@given(some_columns(), st.integers(0, 3), st.data())
def test_changing_one_value_changes_the_digest(columns: list[Column], row: int, data: st.DataObject) -> None:
    which, values = columns[0]
    if row >= len(values) or not VALUES[which][1]:
        return
    choices = [v for v in [None, *VALUES[which][1]] if repr(v) != repr(values[row])]
    changed = [*values]
    changed[row] = data.draw(st.sampled_from(choices))
    other = [(which, changed), *columns[1:]]
    assert content_digest(table_of(columns)) != content_digest(table_of(other))


@given(some_columns(), st.data())
def test_chunks_and_slices_leave_no_trace(columns: list[Column], data: st.DataObject) -> None:
    draw: Any = data.draw
    plain = table_of(columns)
    anew = pa.table(
        {name: laid_out_anew(draw, array_of(c)) for name, c in zip(plain.column_names, columns, strict=True)}
    )
    assert content_digest(anew) == content_digest(plain)


@given(some_columns(), st.integers(0, 4))
def test_blocks_of_rows_have_the_digest_of_the_whole(columns: list[Column], cut: int) -> None:
    table = table_of(columns)
    assert content_digest_of_blocks([table.slice(0, cut), table.slice(cut)]) == content_digest(table)


LAYOUTS: list[tuple[list[Any], Any, list[Any]]] = [
    (
        ["a", None, "", "a"],
        pa.string(),
        [
            pa.large_string(),
            pa.string_view(),
            pa.dictionary(pa.int8(), pa.string()),
            pa.dictionary(pa.int32(), pa.large_string()),
        ],
    ),
    ([b"a", None, b""], pa.binary(), [pa.large_binary(), pa.binary_view()]),
    ([[1], None, [], [2, None]], pa.list_(pa.int64()), [pa.large_list(pa.int64())]),
    (
        [["a"], None, [None]],
        pa.list_(pa.string()),
        [pa.list_(pa.large_string()), pa.list_(pa.dictionary(pa.int32(), pa.string()))],
    ),
    ([[1]], pa.list_(pa.int64()), [pa.list_(pa.field("element", pa.int64(), nullable=False))]),
    ([1, None, 1], pa.int64(), [pa.dictionary(pa.int8(), pa.int64())]),
    ([1000, None], pa.timestamp("us"), [pa.timestamp("ns")]),
    ([Decimal("1.25")], pa.decimal128(5, 2), [pa.decimal256(5, 2)]),
]


@pytest.mark.parametrize(("values", "kind", "others"), LAYOUTS, ids=lambda part: str(part)[:30])
def test_one_value_in_several_layouts_has_one_digest(values: list[Any], kind: Any, others: list[Any]) -> None:
    plain = pa.array(values, type=kind) if kind != pa.timestamp("us") else pa.array([1, None], type=kind)
    for other in others:
        assert content_digest(pa.table({"a": pa.array(values, type=other)})) == content_digest(
            pa.table({"a": plain})
        ), other


def test_the_order_of_a_dictionary_leaves_no_trace() -> None:
    one = pa.DictionaryArray.from_arrays(pa.array([0, 1, None]), pa.array(["x", "y"]))
    other = pa.DictionaryArray.from_arrays(pa.array([2, 0, 1]), pa.array(["y", None, "x"]))
    assert content_digest(pa.table({"a": one})) == content_digest(pa.table({"a": other}))


def test_what_lies_under_a_null_leaves_no_trace() -> None:
    mask = pa.py_buffer(bytes([0b101]))
    clean = pa.table({"a": pa.array([1, None, 3]), "b": pa.array(["x", None, "z"])})
    numbers = pa.Array.from_buffers(pa.int64(), 3, [mask, pa.py_buffer(np.array([1, 666, 3]))])
    offsets = pa.py_buffer(np.array([0, 1, 5, 6], dtype=np.int32))
    text = pa.Array.from_buffers(pa.string(), 3, [mask, offsets, pa.py_buffer(b"xjunkz")])
    assert content_digest(pa.table({"a": numbers, "b": text})) == content_digest(clean)


def test_every_nan_is_one_and_none_is_a_null() -> None:
    payload = np.array([0x7FF8000000000001, 0xFFF8000000000000, 0x7FF0000000000001], dtype=np.uint64).view(
        np.float64
    )
    plain = pa.table({"a": pa.array([float("nan")] * 3, type=pa.float64())})
    assert content_digest(pa.table({"a": pa.array(payload)})) == content_digest(plain)
    assert content_digest(pa.table({"a": pa.array([None] * 3, type=pa.float64())})) != content_digest(plain)


DIFFERENT: list[tuple[str, Any, Any]] = [
    ("int64 and int32", pa.table({"a": [1]}), pa.table({"a": pa.array([1], pa.int32())})),
    ("an int and a float", pa.table({"a": [1]}), pa.table({"a": [1.0]})),
    ("an int and a bool", pa.table({"a": [1]}), pa.table({"a": [True]})),
    ("the zeros", pa.table({"a": [0.0]}), pa.table({"a": [-0.0]})),
    ("text and bytes", pa.table({"a": ["x"]}), pa.table({"a": [b"x"]})),
    ("null and empty text", pa.table({"a": [None, "x"]}), pa.table({"a": ["", "x"]})),
    ("where text ends", pa.table({"a": ["ab", ""]}), pa.table({"a": ["a", "b"]})),
    ("names of columns", pa.table({"a": [1]}), pa.table({"b": [1]})),
    ("order of columns", pa.table({"a": [1], "b": [1]}), pa.table({"b": [1], "a": [1]})),
    ("order of rows", pa.table({"a": [1, 2]}), pa.table({"a": [2, 1]})),
    ("a row of nulls", pa.table({"a": pa.nulls(1)}), pa.table({"a": pa.nulls(2)})),
    ("no rows", pa.table({"a": pa.array([], pa.int64())}), pa.table({"a": pa.array([], pa.string())})),
    (
        "time zones",
        pa.table({"a": pa.array([1], pa.timestamp("us", tz="UTC"))}),
        pa.table({"a": pa.array([1], pa.timestamp("us"))}),
    ),
    (
        "names of fields",
        pa.table({"a": pa.array([{"x": 1}])}),
        pa.table({"a": pa.array([{"y": 1}])}),
    ),
]


@pytest.mark.parametrize(
    ("one", "other"), [pair[1:] for pair in DIFFERENT], ids=[pair[0] for pair in DIFFERENT]
)
def test_what_a_stage_can_tell_apart_has_two_digests(one: pa.Table, other: pa.Table) -> None:
    assert content_digest(one) != content_digest(other)


def everything() -> pa.Table:
    """Give a table of each type that a stored table may hold, with nulls, more than once."""
    columns = {
        f"c{i}": pa.array([*values, None, *values][:3] or [None] * 3, type=kind)
        for i, (kind, values) in enumerate(VALUES)
    }
    padded = {
        name: pa.concat_arrays([array, pa.nulls(3 - len(array), array.type)])
        for name, array in columns.items()
    }
    return pa.table(padded)


def test_the_digest_is_the_one_of_every_version_so_far() -> None:
    # A change here makes every store cold: raise the format in `content.py`, and say so in the changelog.
    assert content_digest(pa.table({"a": [1, None, 3], "b": ["x", "", None]})) == (
        "sha256:4a9d8f1c6db5a1acd04803333f2153f5776feaf924e1799f62d207df0cba3ead"
    )
    assert content_digest(everything()) == (
        "sha256:b741b10af8200fe30a15cac96b8e7676c5eecf79bdfffa44ce1f873ca66c6276"
    )


def test_the_digest_is_the_same_in_processes_of_other_hash_seeds() -> None:
    code = (
        "import pyarrow as pa; from stagelang_runtime.store.content import content_digest;"
        "print(content_digest(pa.table({'a': pa.array(['x', None, 'y']).dictionary_encode(), 'b': [1.5, -0.0, None]})))"
    )
    expected = content_digest(pa.table({"a": ["x", None, "y"], "b": [1.5, -0.0, None]}))
    for seed in ("0", "1"):
        environment = {**os.environ, "PYTHONHASHSEED": seed, "PYTHONPATH": os.pathsep.join(sys.path)}
        result = subprocess.run(
            [sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=True
        )
        assert result.stdout.strip() == expected


def test_pandas_polars_and_arrow_agree() -> None:
    plain = pa.table(
        {"n": [1, 2], "x": [0.5, None], "s": ["a", None], "t": pa.array([1, 2], pa.timestamp("us"))}
    )
    pandas_table = pa.Table.from_pandas(plain.to_pandas(), preserve_index=False)
    polars_frame: Any = pl.from_arrow(plain)
    assert content_digest(pandas_table) == content_digest(plain)
    assert content_digest(polars_frame.to_arrow()) == content_digest(plain)
    categories = pd.DataFrame({"s": pd.Categorical(["a", None], categories=["b", "a"])})
    assert content_digest(pa.Table.from_pandas(categories, preserve_index=False)) == content_digest(
        plain.select(["s"])
    )


def test_metadata_and_the_nullable_flag_leave_no_trace() -> None:
    schema = pa.schema(
        [pa.field("a", pa.int64(), nullable=False, metadata={"k": "v"})], metadata={"pandas": "{}"}
    )
    assert content_digest(pa.table({"a": [1]}, schema=schema)) == content_digest(pa.table({"a": [1]}))


def test_a_table_of_many_small_chunks_has_the_digest_of_one_chunk() -> None:
    numbers = pa.array(range(5000))
    chunked = pa.chunked_array([numbers.slice(i, 1) for i in range(5000)])
    assert content_digest(pa.table({"a": chunked})) == content_digest(pa.table({"a": numbers}))


def test_every_canonical_type_has_a_name_of_its_own() -> None:
    names = [type_name(field.type) for field in canonical(everything()).schema]
    assert len(set(names)) == len(VALUES)
    assert names[-1] == 'struct<"a": int64, "b": list<string>>'


def test_a_column_that_can_not_be_stored_is_named() -> None:
    kind = pa.map_(pa.string(), pa.int64())
    table = pa.table({"prices": pa.array([[("a", 1)]], type=kind)})
    with pytest.raises(UnsupportedTable) as caught:
        content_digest(table)
    assert str(caught.value) == (
        "column 'prices' has the type map<string, int64>, which no stored table may hold\n"
        "  help: convert the column to numbers, text, times, lists or structs of these"
    )
