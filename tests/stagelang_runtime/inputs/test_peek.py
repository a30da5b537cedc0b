from __future__ import annotations

from pathlib import Path
from typing import Any

import attrs
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from stagelang.origin import Origin
from stagelang_compiler.plan import Column, Contract, Source
from stagelang_runtime.inputs.peek import peek

HERE = Origin("pipeline.py", 1)


def contract(columns: dict[str, str], **settings: Any) -> Contract:
    plain = Contract(
        name="Scans", version="1", owner="", description="", closed=False, min_rows=1, max_rows=None, digest="",
        columns=tuple(Column(name=name, type=kind, origin=HERE) for name, kind in columns.items()), origin=HERE,
    )  # fmt: skip
    return attrs.evolve(plain, **settings)


def peeked(root: Path, location: str, columns: dict[str, str] | None, **settings: Any) -> list[str]:
    kind: Any = location.rpartition(".")[2] if columns is not None else "files"
    found = peek(
        Source(location=location, format=kind),
        None if columns is None else contract(columns, **settings),
        root,
    )
    return [str(problem).splitlines()[0] for problem in found]


def test_a_source_as_promised_has_no_problem(tmp_path: Path) -> None:
    pq.write_table(pa.table({"n": [1.0], "x": [1]}), tmp_path / "a.parquet")
    (tmp_path / "a.csv").write_text("n,x\n1,2\n,\n")
    (tmp_path / "a.jsonl").write_text('{"n": 1, "x": 2}\n')

    for location in ("a.parquet", "a.csv", "a.jsonl"):
        assert peeked(tmp_path, location, {"n": "int", "x": "float"}) == []
    assert peeked(tmp_path, "a.*", None) == []


def test_a_missing_source_is_a_problem_not_an_exception(tmp_path: Path) -> None:
    assert peeked(tmp_path, "a.csv", {"n": "int"}) == ["a.csv: no such file"]
    assert peeked(tmp_path, "*.png", None) == ["*.png: no file matches"]


def test_the_footer_shows_wrong_columns_and_types_of_every_file(tmp_path: Path) -> None:
    pq.write_table(pa.table({"n": ["a"], "x": [[1]]}), tmp_path / "a.parquet")
    pq.write_table(pa.table({"n": [1]}), tmp_path / "b.parquet")
    (tmp_path / "c.parquet").write_bytes(b"PAR1")

    found = peeked(tmp_path, "*.parquet", {"n": "int", "x": "float"})

    assert found[:3] == [
        "a.parquet: column 'n': expected int, found str",
        "a.parquet: column 'x': expected float, found list<int>",
        "b.parquet: column 'x' is missing",
    ]
    assert found[3].startswith("c.parquet: not a whole Parquet file: ")


def test_the_footer_shows_how_many_rows_there_are(tmp_path: Path) -> None:
    pq.write_table(pa.table({"n": [1, 2]}), tmp_path / "a.parquet")
    pq.write_table(pa.table({"n": [3]}), tmp_path / "b.parquet")

    assert peeked(tmp_path, "*.parquet", {"n": "int"}, min_rows=3, max_rows=3) == []
    assert peeked(tmp_path, "*.parquet", {"n": "int"}, min_rows=4) == [
        "*.parquet: expected at least 4 rows, found 3"
    ]
    assert peeked(tmp_path, "*.parquet", {"n": "int"}, max_rows=2) == [
        "*.parquet: expected at most 2 rows, found 3"
    ]


def test_the_footer_is_all_that_is_read_of_parquet(tmp_path: Path) -> None:
    pq.write_table(pa.table({"n": list(range(1000))}), tmp_path / "a.parquet")
    damaged = bytearray((tmp_path / "a.parquet").read_bytes())
    damaged[4:40] = bytes(36)
    (tmp_path / "a.parquet").write_bytes(bytes(damaged))

    assert peeked(tmp_path, "a.parquet", {"n": "int"}) == []


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("", "a.csv: the file is empty"),
        ("m\n1\n", "a.csv:1: column 'n' is missing"),
        ("n\n1\nx\n", "a.csv:3: column 'n': expected int, found 'x'"),
        ("n\n1,2\n", "a.csv:2: expected 1 fields as in the header, found 2"),
        ('n,s\n1,"a\nb"\nx,\n', "a.csv:4: column 'n': expected int, found 'x'"),
    ],
)
def test_the_first_rows_of_csv_show_what_is_wrong(tmp_path: Path, text: str, problem: str) -> None:
    (tmp_path / "a.csv").write_text(text)

    assert peeked(tmp_path, "a.csv", {"n": "int"}) == [problem]


def test_only_the_first_hundred_rows_are_read(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("n\n" + "1\n" * 100 + "x\n")
    (tmp_path / "b.csv").write_text("n\n" + "1\n" * 99 + "x\n")
    (tmp_path / "a.jsonl").write_text('{"n": 1}\n' * 100 + "x\n")
    (tmp_path / "b.jsonl").write_text('{"n": 1}\n' * 99 + "x\n")

    assert peeked(tmp_path, "a.csv", {"n": "int"}) == []
    assert peeked(tmp_path, "b.csv", {"n": "int"}) == ["b.csv:101: column 'n': expected int, found 'x'"]
    assert peeked(tmp_path, "a.jsonl", {"n": "int"}) == []
    assert peeked(tmp_path, "b.jsonl", {"n": "int"}) == ["b.jsonl:100: not JSON: expecting value at column 1"]


def test_a_torn_archive_is_a_problem_not_an_exception(tmp_path: Path) -> None:
    (tmp_path / "a.csv.gz").write_bytes(b"n\n")

    found = peek(Source(location="a.csv.gz", format="csv"), contract({"n": "int"}), tmp_path)

    assert [problem.message for problem in found] == ["a broken gzip file: not a gzipped file (b'n\\n')"]
