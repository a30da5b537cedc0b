from __future__ import annotations

import os
import subprocess
import sys
from datetime import date
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from stagelang_runtime.store import UnreadableTable, UnsupportedTable, sha256_bytes, tables
from stagelang_runtime.store.content import content_digest
from stagelang_runtime.store.tables import canonical, read_table, table_bytes, write_table

ALL_KINDS: list[Any] = [
    pa.array([True, None, False]),
    pa.array([1, None, -3], pa.int8()),
    pa.array([2**63, None, 1], pa.uint64()),
    pa.array([1.5, None, -0.0], pa.float16()),
    pa.array([1.5, float("nan"), None], pa.float32()),
    pa.array(["x", None, ""]),
    pa.array([b"x", None, b""]),
    pa.array([b"ab", None, b"cd"], pa.binary(2)),
    pa.array([0, None, 1], pa.date32()),
    pa.array([0, None, 1], pa.time64("us")),
    pa.array([0, None, 1], pa.timestamp("us")),
    pa.array([0, None, 1], pa.timestamp("us", tz="America/New_York")),
    pa.array([0, None, 1], pa.duration("us")),
    pa.array([1, None, 2], pa.decimal128(40 - 2, 2)),
    pa.array([1, None, 2], pa.decimal256(40, 2)),
    pa.nulls(3),
    pa.array([[1, None], None, []]),
    pa.array([["x"], None, [None]]),
    pa.array([[1.0, 2.0], None, [3.0, None]], pa.list_(pa.float64(), 2)),
    pa.array([{"a": 1, "b": "x"}, None, {"a": None, "b": None}]),
]
ALL = pa.table({f"c{i}": array for i, array in enumerate(ALL_KINDS)})


def test_a_table_comes_back_with_its_types_and_content(tmp_path: Path) -> None:
    write_table(ALL, tmp_path / "t.parquet")
    back = read_table(tmp_path / "t.parquet")
    assert back.schema.equals(canonical(ALL).schema, check_metadata=True)
    assert content_digest(back) == content_digest(ALL)


def test_columns_come_in_the_order_asked_for(tmp_path: Path) -> None:
    write_table(pa.table({"a": [1], "b": [2], "c": [3]}), tmp_path / "t.parquet")
    assert read_table(tmp_path / "t.parquet", ["c", "a"]).to_pydict() == {"c": [3], "a": [1]}


def test_equal_tables_have_equal_bytes_whatever_their_chunks_and_metadata() -> None:
    # More than a page of each, since pages are what chunks could break.
    numbers = list(range(150_000))
    plain = pa.table({"n": numbers, "s": [str(n) * 20 for n in numbers]})
    parts = pa.concat_tables([plain.slice(0, 77_777), plain.slice(77_777, 1), plain.slice(77_778)])
    assert table_bytes(parts).to_pybytes() == table_bytes(plain).to_pybytes()
    from_pandas = pa.Table.from_pandas(plain.to_pandas(), preserve_index=False)
    assert b"pandas" in (from_pandas.schema.metadata or {})
    assert table_bytes(from_pandas).to_pybytes() == table_bytes(plain).to_pybytes()


def test_equal_tables_have_equal_bytes_in_another_process() -> None:
    code = (
        "import pyarrow as pa; from stagelang_runtime.store.tables import table_bytes;"
        "from stagelang_runtime.store import sha256_bytes;"
        "print(sha256_bytes(table_bytes(pa.table({'a': [1, 2], 'b': ['x', None]})).to_pybytes()))"
    )
    environment = {**os.environ, "PYTHONHASHSEED": "7", "PYTHONPATH": os.pathsep.join(sys.path)}
    result = subprocess.run(
        [sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=True
    )
    here = table_bytes(pa.table({"a": [1, 2], "b": ["x", None]})).to_pybytes()
    assert result.stdout.strip() == sha256_bytes(here)


def test_a_file_is_zstd_in_fixed_row_groups_and_says_nothing_of_pandas(tmp_path: Path) -> None:
    path = tmp_path / "t.parquet"
    table = pa.Table.from_pandas(pa.table({"a": range(tables.ROW_GROUP + 1)}).to_pandas())
    write_table(table, path)
    metadata = pq.ParquetFile(path).metadata
    assert [metadata.row_group(i).num_rows for i in range(metadata.num_row_groups)] == [tables.ROW_GROUP, 1]
    assert metadata.row_group(0).column(0).compression == "ZSTD"
    assert list(metadata.metadata) == [b"ARROW:schema"]


def test_the_canonical_form_forgets_layout_and_keeps_width() -> None:
    table = pa.table(
        {
            "large": pa.array(["x"], pa.large_string()),
            "category": pa.array(["x"]).dictionary_encode(),
            "narrow": pa.array([1], pa.int16()),
            "seconds": pa.array([1], pa.timestamp("s", tz="UTC")),
            "day": pa.array([86_400_000], pa.date64()),
            "nested": pa.array([[{"a": "x"}]], pa.large_list(pa.struct([pa.field("a", pa.large_string())]))),
        }
    )
    form = canonical(table)
    assert [str(kind) for kind in form.schema.types] == [
        "string",
        "string",
        "int16",
        "timestamp[us, tz=UTC]",
        "date32[day]",
        "list<item: struct<a: string>>",
    ]
    assert form.column("day").to_pylist() == [date(1970, 1, 2)]


def test_the_canonical_form_of_a_canonical_table_shares_its_memory() -> None:
    table: Any = pa.table({"a": [1, 2, 3]})
    form: Any = canonical(table)
    assert form["a"].chunk(0).buffers()[1].address == table["a"].chunk(0).buffers()[1].address


def test_a_text_too_long_for_one_array_is_cut(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tables, "_OFFSET_LIMIT", 10)
    monkeypatch.setattr(tables, "ROW_GROUP", 2)
    form = canonical(pa.table({"s": pa.array(["abcd", "efgh", "ijkl", "m"], pa.large_string())}))
    assert [chunk.to_pylist() for chunk in form.column("s").chunks] == [["abcd", "efgh"], ["ijkl", "m"]]


def test_a_time_that_microseconds_can_not_hold_is_refused_by_column() -> None:
    with pytest.raises(UnsupportedTable) as caught:
        canonical(pa.table({"seen": pa.array([1001], pa.timestamp("ns"))}))
    assert str(caught.value) == (
        "column 'seen' can't be stored as timestamp[us]: "
        "casting from timestamp[ns] to timestamp[us] would lose data: 1001\n"
        "  help: round or convert the column first"
    )


def test_two_columns_of_one_name_are_refused() -> None:
    table = pa.Table.from_arrays([pa.array([1]), pa.array([2])], names=["a", "a"])
    with pytest.raises(
        UnsupportedTable, match=r"^the table has two columns named 'a'\n  help: rename one of them$"
    ):
        canonical(table)


def test_a_column_within_a_column_is_named_by_its_path() -> None:
    kind = pa.struct([pa.field("when", pa.month_day_nano_interval())])
    with pytest.raises(UnsupportedTable, match=r"^column 'a\.when' has the type month_day_nano_interval,"):
        canonical(pa.table({"a": pa.array([None], kind)}))


def test_a_file_that_is_no_table_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "t.parquet"
    path.write_bytes(b"PAR1 no")
    with pytest.raises(UnreadableTable, match=r"^'t\.parquet' is not a Parquet table: "):
        read_table(path)


def test_a_column_that_is_not_there_is_refused_by_name(tmp_path: Path) -> None:
    write_table(pa.table({"a": [1], "b": [2]}), tmp_path / "t.parquet")
    with pytest.raises(UnreadableTable, match=r"^the table has no column 'c'\n  help: name one of a, b$"):
        read_table(tmp_path / "t.parquet", ["c"])
