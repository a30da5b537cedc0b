from __future__ import annotations

import datetime as dt
import gzip
import json
from pathlib import Path
from typing import Any

import attrs
import fsspec
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from stagelang.origin import Origin
from stagelang_compiler.plan import Column, Contract, Source
from stagelang_runtime.inputs.errors import InputError
from stagelang_runtime.inputs.read import read_source

HERE = Origin("pipeline.py", 1)


def contract(columns: dict[str, str], **settings: Any) -> Contract:
    plain = Contract(
        name="Scans", version="1", owner="", description="", closed=False, min_rows=1, max_rows=None, digest="",
        columns=tuple(Column(name=name, type=kind, nullable=True, origin=HERE) for name, kind in columns.items()),
        origin=HERE,
    )  # fmt: skip
    return attrs.evolve(plain, **settings)


def read(
    text: str | bytes, columns: dict[str, str], root: Path, name: str = "a.csv", **settings: Any
) -> pa.Table:
    (root / name).write_bytes(text.encode() if isinstance(text, str) else text)
    kind: Any = name.split(".")[1]
    return read_source(Source(location=name, format=kind), contract(columns, **settings), root)


def problems(
    text: str | bytes, columns: dict[str, str], root: Path, name: str = "a.csv", **settings: Any
) -> list[str]:
    with pytest.raises(InputError) as raised:
        read(text, columns, root, name, **settings)
    return [str(problem) for problem in raised.value.problems]


def moment(text: str) -> dt.datetime:
    return dt.datetime.fromisoformat(text)


# CSV


def test_csv_is_read_with_the_contracts_types_its_columns_first(tmp_path: Path) -> None:
    text = (
        "more,n,x,s,b,d,t,m,z\n"
        "007,1,0.5,a,true,2026-01-02,09:30,2026-01-02T03:04:05.5,2026-01-02T03:00:00+01:00\n"
        "008,,,,,,,,\n"
        '009, 2.0 ,nan,"",0,,17:00:00.25,2026-01-02,2026-01-02 03:00Z\n'
    )
    types = {
        "n": "int",
        "x": "float",
        "s": "str",
        "b": "bool",
        "d": "date",
        "t": "time",
        "m": "datetime",
        "z": "datetime",
    }

    table = read(text, types, tmp_path)

    assert table.column_names == ["n", "x", "s", "b", "d", "t", "m", "z", "more"]
    assert table.to_pydict() == {
        "n": [1, None, 2],
        "x": [0.5, None, None],
        "s": ["a", None, ""],
        "b": [True, None, False],
        "d": [dt.date(2026, 1, 2), None, None],
        "t": [dt.time(9, 30), None, dt.time(17, 0, 0, 250_000)],
        "m": [moment("2026-01-02T03:04:05.5"), None, moment("2026-01-02")],
        "z": [moment("2026-01-02T02:00+00:00"), None, moment("2026-01-02T03:00+00:00")],
        "more": ["007", "008", "009"],
    }
    assert str(table.schema.field("z").type) == "timestamp[us, tz=UTC]"


def test_all_missing_columns_are_named_at_once_with_what_may_be_meant(tmp_path: Path) -> None:
    assert problems("Ink ,b,c\n1,2,3\n", {"ink": "float", "label": "int", "b": "int"}, tmp_path) == [
        "a.csv:1: columns 'ink', 'label' are missing\n  help: did you mean 'Ink ' for 'ink'?"
    ]
    assert problems("x,y\n1,2\n", {"ink": "float"}, tmp_path) == [
        (
            "a.csv:1: column 'ink' is missing\n"
            "  help: the file has 'x', 'y'; rename them there or in the contract 'Scans'"
        )
    ]
    assert problems("ink;label\n1;2\n", {"ink": "float", "label": "int"}, tmp_path) == [
        "a.csv:1: columns 'ink', 'label' are missing\n  help: separate the fields with commas, not with semicolons"
    ]


def test_repeated_columns_and_those_a_closed_contract_lacks_are_problems(tmp_path: Path) -> None:
    assert problems("ink,ink,x\n1,2,3\n", {"ink": "float"}, tmp_path, closed=True) == [
        "a.csv:1: column 'ink' is there more than once\n  help: keep one column of each name",
        "a.csv:1: column 'x' is not in the closed contract 'Scans'\n  help: remove them, or name them in the contract",
    ]


def test_bad_values_of_all_columns_are_found_with_their_lines(tmp_path: Path) -> None:
    text = 'ink,n,day\n0.5,1,2026-01-01\n\n"0,5",x,2026-13-01\n"a\nb",2,\n0.1,1e3,2026-01-01\nNA,9223372036854775808,\n'

    assert problems(text, {"ink": "float", "n": "int", "day": "date"}, tmp_path) == [
        (
            "a.csv:4: column 'ink': expected float, found '0,5', 3 such rows (also on line 5, 8)\n"
            "  help: correct the value, or leave the field empty where it is missing"
        ),
        (
            "a.csv:4: column 'n': expected int, found 'x', 3 such rows (also on line 7, 8)\n"
            "  help: correct the value, or leave the field empty where it is missing"
        ),
        (
            "a.csv:4: column 'day': expected date, found '2026-13-01'\n"
            "  help: correct the value, or leave the field empty where it is missing"
        ),
    ]


def test_times_with_and_without_a_zone_do_not_mix(tmp_path: Path) -> None:
    assert problems(
        "at\n2026-01-01T00:00Z\n2026-01-01T00:00\n2026-01-01\n", {"at": "datetime"}, tmp_path
    ) == [
        (
            "a.csv:3: column 'at': expected datetime, found '2026-01-01T00:00', 2 such rows (also on line 4); "
            "other times have a zone, this one has none\n"
            "  help: correct the value, or leave the field empty where it is missing"
        )
    ]


def test_a_list_does_not_fit_into_csv(tmp_path: Path) -> None:
    assert problems("v\n[1]\n", {"v": "list<int>"}, tmp_path) == [
        (
            "a.csv:2: column 'v': expected list<int>, found '[1]'; only Parquet and JSON lines hold lists\n"
            "  help: correct the value, or leave the field empty where it is missing"
        )
    ]


def test_rows_of_another_width_are_found_with_their_lines(tmp_path: Path) -> None:
    text = 'a,b\n1,2\n1\n"x\ny",2,3\n' + "1\n" * 6

    found = problems(text, {"a": "str"}, tmp_path)

    assert found[0] == (
        "a.csv:3: expected 2 fields as in the header, found 1\n"
        "  help: quote a field that holds a comma, a quote or a line end"
    )
    assert found[1].startswith("a.csv:4: expected 2 fields as in the header, found 3\n")
    assert found[5] == "a.csv: 3 more rows with another number of fields\n  help: correct them too"
    assert len(found) == 6


def test_a_byte_order_mark_is_skipped_and_other_encodings_are_named(tmp_path: Path) -> None:
    assert read(b"\xef\xbb\xbfa\nx\n", {"a": "str"}, tmp_path).to_pydict() == {"a": ["x"]}
    assert problems("a\nü\ny\n".encode("latin-1"), {"a": "str"}, tmp_path) == [
        "a.csv:2: not UTF-8\n  help: save the file as UTF-8; it may be Latin-1 or Windows-1252"
    ]
    assert problems("ü\nü\ny\n".encode("latin-1"), {"a": "str"}, tmp_path) == [
        "a.csv:1: not UTF-8 (and 1 more lines)\n  help: save the file as UTF-8; it may be Latin-1 or Windows-1252"
    ]
    assert problems("a\n".encode("utf-16"), {"a": "str"}, tmp_path) == [
        "a.csv: the text is UTF-16\n  help: save the file as UTF-8"
    ]


def test_an_empty_file_is_a_problem_and_a_header_alone_is_a_table_without_rows(tmp_path: Path) -> None:
    assert problems("", {"a": "int", "b": "str"}, tmp_path) == [
        "a.csv: the file is empty\n  help: begin it with a header: a,b"
    ]
    table = read("b,a\n", {"a": "int", "b": "str"}, tmp_path)
    assert (table.num_rows, str(table.schema)) == (0, "a: int64\nb: string")


def test_csv_is_unpacked_and_a_torn_archive_is_named(tmp_path: Path) -> None:
    packed = gzip.compress(b"a\n" + b"1\n" * 50_000)

    assert read(packed, {"a": "int"}, tmp_path, "a.csv.gz").num_rows == 50_000
    assert problems(packed[:-20], {"a": "int"}, tmp_path, "a.csv.gz") == [
        (
            "a.csv.gz: a broken gzip file: compressed file ended before the end-of-stream marker was reached\n"
            "  help: fetch or pack the file again"
        )
    ]
    assert problems(b"a\n1\n", {"a": "int"}, tmp_path, "a.csv.gz") == [
        "a.csv.gz: a broken gzip file: not a gzipped file (b'a\\n')\n  help: fetch or pack the file again"
    ]


def test_a_long_file_keeps_its_rows_and_types_in_order(tmp_path: Path) -> None:
    rows = 200_000
    text = "n,s\n" + "".join(f'{number},"line {number}\nnext"\n' for number in range(rows))

    table = read(text, {"n": "int"}, tmp_path)

    assert table.column("n").to_pylist() == list(range(rows))
    assert table.column("s")[rows - 1].as_py() == f"line {rows - 1}\nnext"


TEXT = st.text(st.characters(codec="utf-8", exclude_characters="\r\x00"), max_size=8)


@given(st.lists(st.tuples(st.none() | TEXT, st.none() | st.integers(-(2**63), 2**63 - 1)), max_size=8))
def test_what_is_written_as_csv_is_read_back(
    tmp_path_factory: pytest.TempPathFactory, rows: list[tuple[str | None, int | None]]
) -> None:
    def field(value: object) -> str:
        return "" if value is None else '"' + str(value).replace('"', '""') + '"'

    text = "s,n\n" + "".join(f"{field(s)},{field(n)}\n" for s, n in rows)

    table = read(text, {"s": "str", "n": "int"}, tmp_path_factory.mktemp("csv"))

    assert table.to_pydict() == {"s": [s for s, _ in rows], "n": [n for _, n in rows]}


# JSON lines


def test_json_lines_are_read_with_the_contracts_types(tmp_path: Path) -> None:
    text = (
        '{"n": 1, "x": 2, "s": "a", "b": true, "d": "2026-01-02", "m": "2026-01-02T03:00Z", "v": [1, 2.5], '
        '"y": {"k": 1}}\n'
        "\n"
        '{"n": 2.0, "s": "", "v": null, "later": "2026-01-02"}\n'
    )
    types = {
        "n": "int",
        "x": "float",
        "s": "str",
        "b": "bool",
        "d": "date",
        "m": "datetime",
        "v": "list<float>",
    }

    table = read(text, types, tmp_path, "a.jsonl")

    assert table.to_pydict() == {
        "n": [1, 2], "x": [2.0, None], "s": ["a", ""], "b": [True, None], "d": [dt.date(2026, 1, 2), None],
        "m": [moment("2026-01-02T03:00+00:00"), None], "v": [[1.0, 2.5], None], "y": [{"k": 1}, None],
        "later": [None, "2026-01-02"],
    }  # fmt: skip


def test_lines_that_are_no_objects_are_all_named(tmp_path: Path) -> None:
    text = b'{"n": 1}\n{"n": \n[1]\n{"n": 1, "n": 2}\n{"n": NaN}\n\xff\n' + b"[" * 100_000 + b"\n"

    assert problems(text, {"n": "float"}, tmp_path, "a.jsonl") == [
        "a.jsonl:2: not JSON: expecting value at column 1\n  help: write one JSON object on each line",
        'a.jsonl:3: expected an object, found list\n  help: write each row as an object, such as {"id": 1}',
        "a.jsonl:4: the key 'n' is there more than once\n  help: correct the line",
        "a.jsonl:5: NaN is not JSON\n  help: correct the line",
        "a.jsonl:6: not UTF-8\n  help: save the file as UTF-8",
        "a.jsonl:7: nested too deeply\n  help: correct the line",
    ]


def test_json_values_of_another_type_are_found_with_their_lines(tmp_path: Path) -> None:
    text = (
        '{"n": 1, "x": true, "s": 5, "d": "soon", "v": [1], "b": 1}\n'
        '{"n": "2", "x": "1", "s": "", "d": 3, "v": ["a"], "b": false}\n'
        '{"n": 1e40, "x": 1, "s": "", "d": null, "v": 3}\n'
        f'{{"n": {2**70}, "x": 1}}\n'
    )
    types = {"n": "int", "x": "float", "s": "str", "d": "date", "v": "list<int>", "b": "bool"}

    assert [problem.splitlines()[0] for problem in problems(text, types, tmp_path, "a.jsonl")] == [
        "a.jsonl:1: column 'x': expected float, found True, 2 such rows (also on line 2)",
        "a.jsonl:1: column 's': expected str, found 5",
        "a.jsonl:1: column 'b': expected bool, found 1",
        "a.jsonl:2: column 'n': expected int, found '2'",
        "a.jsonl:2: column 'd': expected date, found 3",
        "a.jsonl:3: column 'v': expected list<int>, found 3",
    ]


@pytest.mark.parametrize(
    ("value", "kind"), [(2**70, "int"), ("soon", "date"), (1.5, "int"), (["a"], "list<int>")]
)
def test_a_json_value_that_only_looks_right_is_found(tmp_path: Path, value: Any, kind: str) -> None:
    (found,) = problems(json.dumps({"x": value}), {"x": kind}, tmp_path, "a.jsonl")

    assert found.startswith(f"a.jsonl:1: column 'x': expected {kind}, found {value!r}\n")


def test_a_key_that_no_line_has_is_a_missing_column(tmp_path: Path) -> None:
    assert problems('{"Ink": 1}\n', {"ink": "float"}, tmp_path, "a.jsonl") == [
        "a.jsonl: column 'ink' is missing\n  help: did you mean 'Ink' for 'ink'?"
    ]


def test_a_column_beyond_the_contract_that_mixes_types_is_a_problem(tmp_path: Path) -> None:
    assert problems('{"n": 1, "z": 1}\n{"n": 1, "z": "a"}\n', {"n": "int"}, tmp_path, "a.jsonl") == [
        (
            "a.jsonl: column 'z', which the contract doesn't name, mixes int and str\n"
            "  help: give its values one type, or name the column in the contract"
        )
    ]


def test_no_lines_are_a_table_without_rows(tmp_path: Path) -> None:
    table = read("", {"n": "int", "at": "datetime"}, tmp_path, "a.jsonl")

    assert (table.num_rows, str(table.schema)) == (0, "n: int64\nat: timestamp[us]")


def test_many_json_lines_keep_their_types_across_blocks(tmp_path: Path) -> None:
    text = "".join(
        f'{{"n": {number}, "at": {"null" if number < 70_000 else chr(34) + "2026-01-01T00:00Z" + chr(34)}}}\n'
        for number in range(70_001)
    )

    table = read(text, {"n": "int", "at": "datetime"}, tmp_path, "a.jsonl")

    assert table.column("n").to_pylist() == list(range(70_001))
    assert table.column("at")[70_000].as_py() == moment("2026-01-01T00:00+00:00")


# Parquet


def parquet(root: Path, name: str, columns: dict[str, Any]) -> None:
    pq.write_table(pa.table(columns), root / name)


def read_parquet(root: Path, name: str, columns: dict[str, str], **settings: Any) -> pa.Table:
    return read_source(Source(location=name, format="parquet"), contract(columns, **settings), root)


def parquet_problems(root: Path, name: str, columns: dict[str, str], **settings: Any) -> list[str]:
    with pytest.raises(InputError) as raised:
        read_parquet(root, name, columns, **settings)
    return [str(problem) for problem in raised.value.problems]


def test_parquet_is_read_in_the_contracts_types_and_keeps_other_columns(tmp_path: Path) -> None:
    parquet(
        tmp_path, "a.parquet", {"z": ["k"], "n": pa.array([1.0]), "s": pa.array(["a"]).dictionary_encode()}
    )

    table = read_parquet(tmp_path, "a.parquet", {"s": "str", "n": "int"})

    assert str(table.schema) == "s: string\nn: int64\nz: string"


def test_all_that_does_not_fit_in_parquet_is_named(tmp_path: Path) -> None:
    parquet(tmp_path, "a.parquet", {"n": ["1"], "x": [0.5], "Ink": [1]})

    assert parquet_problems(tmp_path, "a.parquet", {"ink": "int"}) == [
        "a.parquet: column 'ink' is missing\n  help: did you mean 'Ink' for 'ink'?"
    ]
    assert parquet_problems(tmp_path, "a.parquet", {"n": "int", "x": "int"}) == [
        (
            "a.parquet: column 'n': expected int, found str, such as '1' in row 0\n"
            "  help: write the column as int, or change the contract 'Scans'"
        ),
        (
            "a.parquet: column 'x': expected int, found floats that are not whole, such as 0.5 in row 0\n"
            "  help: write the column as int, or change the contract 'Scans'"
        ),
    ]


def test_a_torn_parquet_file_is_named(tmp_path: Path) -> None:
    parquet(tmp_path, "a.parquet", {"n": list(range(1000))})
    whole = (tmp_path / "a.parquet").read_bytes()

    for content in (whole[:-10], b"", b"n\n1\n"):
        (tmp_path / "b.parquet").write_bytes(content)
        (found,) = parquet_problems(tmp_path, "b.parquet", {"n": "int"})
        assert found.startswith("b.parquet: not a whole Parquet file: parquet ")
        assert found.endswith("\n  help: write or fetch the file again")


def test_damage_within_a_parquet_file_is_named(tmp_path: Path) -> None:
    parquet(tmp_path, "a.parquet", {"n": list(range(1000))})
    whole = bytearray((tmp_path / "a.parquet").read_bytes())
    whole[4:40] = bytes(36)
    (tmp_path / "a.parquet").write_bytes(bytes(whole))

    (found,) = parquet_problems(tmp_path, "a.parquet", {"n": "int"})

    assert found.startswith("a.parquet: not a whole Parquet file: ")


def test_a_folder_name_with_an_equals_sign_adds_no_column(tmp_path: Path) -> None:
    (tmp_path / "year=2026").mkdir()
    parquet(tmp_path, "year=2026/a.parquet", {"n": [1]})

    assert read_parquet(tmp_path, "year=2026/a.parquet", {"n": "int"}).column_names == ["n"]


# Several files


def test_files_are_put_together_in_the_order_of_their_names(tmp_path: Path) -> None:
    parquet(tmp_path, "b.parquet", {"n": pa.array([3], pa.int8()), "y": ["k"]})
    parquet(tmp_path, "a.parquet", {"x": [0.5, 1.5], "n": [1.0, 2.0]})

    table = read_parquet(tmp_path, "*.parquet", {"n": "int"})

    assert table.to_pydict() == {"n": [1, 2, 3], "x": [0.5, 1.5, None], "y": [None, None, "k"]}


def test_the_problems_of_all_files_are_reported_together(tmp_path: Path) -> None:
    for name, text in (("a.csv", "n\nx\n"), ("b.csv", "n\n1\n"), ("c.csv", "m\n1\n")):
        (tmp_path / name).write_text(text)
    with pytest.raises(InputError) as raised:
        read_source(Source(location="*.csv", format="csv"), contract({"n": "int"}), tmp_path)

    assert [(problem.file, problem.line) for problem in raised.value.problems] == [("a.csv", 2), ("c.csv", 1)]


def test_files_that_disagree_on_a_type_are_both_named(tmp_path: Path) -> None:
    parquet(tmp_path, "a.parquet", {"n": [1], "z": [1]})
    parquet(tmp_path, "b.parquet", {"n": [1], "z": ["a"]})

    assert parquet_problems(tmp_path, "*.parquet", {"n": "int"}) == [
        "b.parquet: column 'z': string here, int64 in 'a.parquet'\n  help: give the column one type in all files"
    ]


def test_files_that_disagree_on_a_zone_are_both_named(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("at\n2026-01-01T00:00Z\n")
    (tmp_path / "b.csv").write_text("at\n2026-01-01T00:00\n")
    with pytest.raises(InputError) as raised:
        read_source(Source(location="*.csv", format="csv"), contract({"at": "datetime"}), tmp_path)

    assert [problem.message for problem in raised.value.problems] == [
        "column 'at': timestamp[us] here, timestamp[us, tz=UTC] in 'a.csv'"
    ]


def test_a_file_whose_times_are_all_missing_disagrees_with_none(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("n,at\n1,\n")
    (tmp_path / "b.csv").write_text("n,at\n2,2026-01-01T00:00Z\n")

    table = read_source(
        Source(location="*.csv", format="csv"), contract({"n": "int", "at": "datetime"}), tmp_path
    )

    assert table.column("at").to_pylist() == [None, moment("2026-01-01T00:00+00:00")]


@pytest.mark.parametrize("name", ["a.csv", "a.csv.gz", "a.jsonl", "a.parquet"])
def test_every_format_is_read_from_a_url(tmp_path: Path, name: str) -> None:
    parquet(tmp_path, "a.parquet", {"n": [1, 2]})
    contents = {"a.csv": b"n\n1\n2\n", "a.csv.gz": gzip.compress(b"n\n1\n2\n"), "a.jsonl": b'{"n": 1}\n{"n": 2}\n',
                "a.parquet": (tmp_path / "a.parquet").read_bytes()}  # fmt: skip
    fsspec.filesystem("memory").pipe(f"/read-test/{name}", contents[name])
    kind: Any = name.split(".")[1]

    table = read_source(
        Source(location=f"memory://read-test/{name}", format=kind), contract({"n": "int"}), tmp_path
    )

    assert table.to_pydict() == {"n": [1, 2]}
