"""A body gets loaded handles, parameters of their own types and its seed; what it gives passes the contract's gate."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pytest

from stagelang_compiler import plan as p
from stagelang_runtime.store.tables import read_table
from tests.stagelang_runtime.execute.conftest import ORIGIN, metric

if TYPE_CHECKING:
    from stagelang_runtime.execute.results import RunResult
    from tests.stagelang_runtime.execute.conftest import Project

CODE = """
import dataclasses, random
import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import stagelang
class Rows(Contract):
    k: Column[int] = column(key=True)
    v: Column[float] = column(ge=0)
@dataclasses.dataclass(frozen=True)
class Settings:
    bins: tuple[int, ...]
    name: str = ""
@stage
def made(*, rows: int = 3, low: float = 0.0) -> Table[Rows]:
    return Table.of(Rows, pd.DataFrame({"k": range(rows), "v": [low + i for i in range(rows)]}))
@stage
def in_polars(rows: Table[Rows]) -> Table[Rows]:
    return rows.derive(Rows, rows.polars.with_columns(v=pl.col("v") * 2))
@stage
def in_arrow(rows: Table[Rows]) -> Table[Rows]:
    return rows.derive(Rows, rows.arrow.set_column(1, "v", pa.chunked_array([[7, 8, 9]])))
@stage
def scribbles(rows: Table[Rows]) -> Table[Rows]:
    frame = rows.pandas
    frame["v"] = -1.0
    return rows
@stage
def joined(first: Table[Rows], *more: Table[Rows], suffix: str = "!") -> Value[str]:
    return Value.of("+".join(str(t.arrow.num_rows) for t in (first, *more)) + suffix)
@stage
def listed(tables: list[Table[Rows]], others: Sequence[Table[Rows]] = ()) -> Value[str]:
    return Value.of(f"{type(tables).__name__} {[t.arrow.num_rows for t in tables]} {list(others)}")
@stage
def settled(*, settings: Settings, pairs: dict[str, float]) -> Value[str]:
    return Value.of(f"{settings} {pairs}")
class Two(NamedTuple):
    table: Table[Rows]
    count: Value[int]
@stage
def two(rows: Table[Rows]) -> Two:
    return Two(rows, Value.of(rows.arrow.num_rows))
@stage
def draws() -> Value[list[float]]:
    return Value.of([random.random(), float(np.random.rand()), float(stagelang.seed())])
@stage
def maybe(rows: Table[Rows] | None = None) -> Value[bool]: return Value.of(rows is None)
@stage
def has_files(*, text: str) -> Files:
    import tempfile
    folder = Path(tempfile.mkdtemp())
    (folder / "sub").mkdir()
    (folder / "sub" / "a.txt").write_text(text)
    return Files.of(folder)
@stage
def reads_files(files: Files) -> Value[str]:
    return Value.of(" ".join(f"{p.relative_to(files.folder)}={p.read_text()}" for p in files.paths))
@stage
def writes_into_files(files: Files) -> Files:
    (files.folder / "sub" / "a.txt").write_text("other")
    return files
def factory():
    @stage
    def local(rows: Table[Rows]) -> Value[int]: return Value.of(rows.arrow.num_rows)
    return local
local = factory()
measure = metric(unit=u.RATIO, better="higher", range=(0, None), aggregate=mean(), undefined="error", version="1")
@measure
def mean_v(rows: Table[Rows]) -> PerRow[u.RATIO]: return PerRow(rows.pandas["v"])
@measure
def text_v(rows: Table[Rows]) -> PerRow[u.RATIO]: return PerRow(["a", "b", "c"])
@measure
def two_lengths(rows: Table[Rows]) -> PerRow[u.RATIO]: return PerRow([1.0, 2.0], [1.0])
@measure
def too_few(rows: Table[Rows]) -> PerRow[u.RATIO]: return PerRow([1.0])
@measure
def of_two(b: Table[Rows], a: Table[Rows]) -> PerRow[u.RATIO]: return PerRow(b.pandas["v"])
@measure
def some_missing(rows: Table[Rows]) -> PerRow[u.RATIO]: return PerRow(pd.array([1, None, 3], dtype="Int64"))
"""


def column(name: str, type: str, **said: Any) -> p.Column:
    return p.Column(name=name, type=type, origin=ORIGIN, **said)


@pytest.fixture
def tables(project: Project) -> Project:
    project.code(CODE)
    project.contract("Rows", column("k", "int", key=True, unique=True), column("v", "float", ge=0))
    project.node("made", gives="table", promises={"out": "Rows"})
    return project


def table_of(project: Project, result: RunResult, node: str) -> pa.Table:
    return read_table(project.store.get_path(result.nodes[node].outputs[0].object))


def value_of(project: Project, result: RunResult, node: str) -> Any:
    return json.loads(project.store.get_bytes(result.nodes[node].outputs[0].object))


def test_tables_pass_between_libraries_in_the_contracts_types(tables: Project) -> None:
    tables.node("in_polars", reads={"rows": "made"}, gives="table", promises={"out": "Rows"})
    tables.node("in_arrow", reads={"rows": "in_polars"}, gives="table", promises={"out": "Rows"})
    tables.node("scribbles", reads={"rows": "made"}, gives="table", promises={"out": "Rows"})
    result = tables.run()
    assert result.exit_code == 0
    assert table_of(tables, result, "in_polars").to_pydict() == {"k": [0, 1, 2], "v": [0.0, 2.0, 4.0]}
    assert table_of(tables, result, "in_arrow").schema.field("v").type == pa.float64()
    assert result.nodes["scribbles"].outputs[0].content == result.nodes["made"].outputs[0].content
    assert result.nodes["made"].outputs[0].rows == 3


def test_arguments_are_bound_as_the_function_takes_them(tables: Project) -> None:
    tables.node("more", "made", gives="table", promises={"out": "Rows"}, params={"rows": 5})
    tables.node("joined", reads={"first": "made", "more": ["more", "made"]}, params={"suffix": "?"})
    tables.node("only", "joined", reads={"first": "more"})
    tables.node("listed", reads={"tables": ["made", "more"]})
    tables.node("maybe")
    tables.node("two", reads={"rows": "made"}, gives={"table": "table", "count": "value"})
    tables.node("again", "joined", reads={"first": "two:table"}, params={"suffix": ""})
    tables.node("count", "local", reads={"rows": "two:table"}, params={})
    tables.stage("local", qualname="factory.<locals>.local")
    encoded = {"dataclass": ["pipeline:Settings", {"bins": {"tuple": [1, 2]}, "name": "x"}]}
    tables.node("settled", params={"settings": encoded, "pairs": {"dict": [["a", {"float": "0.5"}]]}})
    result = tables.run()
    assert [str(node.failure) for node in result.of_state("failed")] == []
    said = ["joined", "only", "listed", "maybe", "again", "count", "settled"]
    assert {name: value_of(tables, result, name) for name in said} == {
        "joined": "3+5+3?",
        "only": "5!",
        "listed": "list [3, 5] []",
        "maybe": True,
        "again": "3",
        "count": 3,
        "settled": "Settings(bins=(1, 2), name='x') {'a': 0.5}",
    }


def test_draws_depend_on_the_seed_alone(tables: Project) -> None:
    tables.node("draws", seed=5)
    tables.node("others", "draws", seed=6)
    first = tables.run()
    tables.nodes.pop("others")
    second = tables.run(force=True, jobs=2)
    mine, others = value_of(tables, first, "draws"), value_of(tables, first, "others")
    assert mine[2] == 5.0
    assert all(left != right for left, right in zip(mine, others, strict=True))
    assert value_of(tables, second, "draws") == mine


def test_rows_that_break_the_promise_stop_at_the_exit_gate(tables: Project) -> None:
    tables.node("made", gives="table", promises={"out": "Rows"}, params={"low": {"float": "-1.5"}})
    result = tables.run()
    failure = result.nodes["made"].failure
    assert result.exit_code == 1
    assert failure is not None
    assert failure.gate is not None
    assert (failure.kind, failure.gate["verdict"]) == ("gate", "fail")
    assert str(failure) == (
        "what 'made' made doesn't satisfy contract 'Rows': "
        "column 'v': expected values >= 0, found 2 of 3 rows that break it, such as -1.5 in row 0\n"
        "  --> pipeline.py:1\n"
        "  help: correct the rows, or the contract at pipeline.py:1"
    )


def gates_at(result: RunResult, node: str) -> list[tuple[str, str]]:
    receipt = result.nodes[node].receipt
    assert receipt is not None
    return [(gate["verdict"], gate["by"]) for gate in receipt["gates"]["entry"]]


def test_an_entry_gate_checks_once_what_is_not_proved(tables: Project) -> None:
    tables.contract("Wider", column("v", "float"), owner="another team")
    tables.contract("Narrow", column("v", "float", le=1), owner="another team")
    tables.node("same", "joined", reads={"first": "made"}, needs={"first": "Rows"})
    tables.node("wider", "joined", reads={"first": "made"}, needs={"first": "Wider"})
    tables.node("proved", "joined", reads={"first": "made"}, needs={"first": "Wider"}, proved=True)
    tables.node("narrow", "joined", reads={"first": "made"}, needs={"first": "Narrow"})
    result = tables.run(keep_going=True)
    assert gates_at(result, "same") == [("pass", "an earlier check of the same content")]
    assert gates_at(result, "wider") == [("pass", "check")]
    assert gates_at(result, "proved") == [("pass", "proof")]
    failure = result.nodes["narrow"].failure
    assert failure is not None
    assert failure.message.startswith(
        "input 'first' of 'narrow', made by 'made', doesn't satisfy contract 'Narrow': "
    )
    assert failure.help == "ask another team, who answers for it"


def test_a_folder_of_files_keeps_its_content_and_cannot_be_written_into(tables: Project) -> None:
    tables.node("has_files", gives="files", params={"text": "hello"})
    tables.node("reads_files", reads={"files": "has_files"})
    tables.node("writes_into_files", reads={"files": "has_files"}, gives="files")
    result = tables.run(keep_going=True)
    assert value_of(tables, result, "reads_files") == "sub/a.txt=hello"
    failure = result.nodes["writes_into_files"].failure
    assert failure is not None
    assert failure.message == "stage 'writes_into_files' changed its input 'files', which 'has_files' made"


def test_a_lost_file_of_a_folder_is_made_again(tables: Project) -> None:
    tables.node("has_files", gives="files", params={"text": "hello"})
    tables.node("reads_files", reads={"files": "has_files"})
    result = tables.run()
    (listing,) = json.loads(tables.store.get_bytes(result.nodes["has_files"].outputs[0].object))
    lost = tables.store.get_path(listing[1])
    lost.unlink()
    assert tables.states() == {"made": "hit", "has_files": "ran", "reads_files": "hit"}
    lost.chmod(0o644)
    lost.write_text("hellO")
    tables.recode("reads_files", digest="sha256:" + "1" * 64)
    assert tables.states() == {"made": "hit", "has_files": "ran", "reads_files": "ran"}


def test_a_metric_is_a_table_of_values_with_the_columns_that_group_and_name_them(tables: Project) -> None:
    tables.node("mean_v", reads={"rows": "made"}, gives="metric", kind="metric")
    tables.metrics.append(metric("mean_v", cluster="k"))
    result = tables.run()
    assert table_of(tables, result, "mean_v").to_pydict() == {
        "v0": [0.0, 1.0, 2.0],
        "cluster": [0, 1, 2],
        "key.k": [0, 1, 2],
    }


def test_values_stand_for_the_rows_of_the_first_table_that_the_function_takes(tables: Project) -> None:
    tables.node("other", "made", gives="table", params={"rows": 5}, promises={"out": "Rows"})
    tables.node("of_two", reads={"a": "other", "b": "made"}, gives="metric", kind="metric")
    tables.metrics.append(metric("of_two", cluster="k"))
    result = tables.run()
    assert table_of(tables, result, "of_two").column("key.k").to_pylist() == [0, 1, 2]


def test_values_that_stand_for_no_rows_have_no_key(tables: Project) -> None:
    tables.node("too_few", reads={"rows": "made"}, gives="metric", kind="metric")
    result = tables.run()
    assert table_of(tables, result, "too_few").column_names == ["v0"]


@pytest.mark.parametrize(
    ("name", "columns", "cluster", "said"),
    [
        ("text_v", 1, "", "expected numbers in column 0 of PerRow, found the text 'a'"),
        ("two_lengths", 2, "", "expected columns of one length, found lengths 2, 1"),
        ("mean_v", 2, "", "expected PerRow with 2 columns, as its aggregation takes, found 1"),
        ("too_few", 1, "k", "expected one value for each of the 3 rows that 'k' groups, found 1 values"),
    ],
)
def test_a_metric_of_another_shape_is_refused(
    tables: Project, name: str, columns: int, cluster: str, said: str
) -> None:
    tables.node(name, reads={"rows": "made"}, gives="metric", kind="metric")
    tables.metrics.append(metric(name, columns=columns, cluster=cluster))
    failure = tables.run().nodes[name].failure
    assert failure is not None
    assert failure.message == f"metric {name!r} gave back the wrong thing: {said}"


def test_missing_values_of_a_metric_are_nan(tables: Project) -> None:
    tables.node("some_missing", reads={"rows": "made"}, gives="metric", kind="metric")
    result = tables.run()
    first, missing, last = table_of(tables, result, "some_missing").to_pydict()["v0"]
    assert (first, last) == (1.0, 3.0)
    assert missing != missing
