"""A source is read when its files' content changed, and not otherwise; a split's parts share nothing."""

from __future__ import annotations

import json
import os
from typing import TYPE_CHECKING, Any

import pytest

from stagelang_compiler import plan as p
from stagelang_runtime.execute.carry_out import carry_out
from stagelang_runtime.execute.failure import NodeFailed
from stagelang_runtime.execute.key import Artifact
from stagelang_runtime.execute.loading import Loader
from stagelang_runtime.execute.prepare import Preparation
from stagelang_runtime.execute.work import Place
from stagelang_runtime.store.tables import read_table
from tests.stagelang_runtime.execute.conftest import ORIGIN

if TYPE_CHECKING:
    from tests.stagelang_runtime.execute.conftest import Kind, Project

ROWS = "k,v\n1,0.5\n2,1.5\n3,2.5\n4,3.5\n"


@pytest.fixture
def data(project: Project) -> Project:
    project.code("")
    project.contract(
        "Rows",
        p.Column(name="k", type="int", key=True, unique=True, origin=ORIGIN),
        p.Column(name="v", type="float", ge=0, origin=ORIGIN),
    )
    (project.root / "data").mkdir()
    (project.root / "data" / "rows.csv").write_text(ROWS)
    source(project, "data/rows.csv", "csv")
    return project


def source(project: Project, location: str, format: Any, gives: Kind = "table") -> None:
    project.node(
        "rows",
        gives=gives,
        promises={"out": "Rows"} if gives == "table" else {},
        kind="source",
        source=p.Source(location=location, format=format),
    )


def halve(project: Project, by: str = "k", test: float = 0.5) -> None:
    project.node(
        "halves",
        reads={"table": "rows"},
        gives={"train": "table", "test": "table"},
        promises={"train": "Rows", "test": "Rows"},
        kind="split",
        split=p.Split(method="hash", by=by, test=test),
        seed=1,
    )


def columns(project: Project, node: str, port: int = 0) -> dict[str, list[Any]]:
    artifact = project.run().nodes[node].outputs[port]
    return read_table(project.store.get_path(artifact.object)).to_pydict()


def test_a_source_is_read_in_its_contracts_types(data: Project) -> None:
    assert columns(data, "rows") == {"k": [1, 2, 3, 4], "v": [0.5, 1.5, 2.5, 3.5]}


def test_touching_a_file_reads_nothing_and_changing_it_does(data: Project) -> None:
    halve(data)
    data.run()
    os.utime(data.root / "data" / "rows.csv", (1, 1))
    assert data.states() == {"rows": "hit", "halves": "hit"}
    (data.root / "data" / "rows.csv").write_text(ROWS.replace("0.5", "0.25"))
    result = data.run()
    assert {name: node.state for name, node in result.nodes.items()} == {"rows": "ran", "halves": "ran"}
    assert result.nodes["rows"].reason is not None
    assert result.nodes["rows"].reason.component == "source file data/rows.csv"


def test_the_same_rows_in_another_format_reach_nobody_downstream(data: Project) -> None:
    halve(data)
    data.run()
    (data.root / "data" / "rows.jsonl").write_text(
        "".join(f'{{"k": {k}, "v": {k - 0.5}}}\n' for k in range(1, 5))
    )
    source(data, "data/rows.jsonl", "jsonl")
    assert data.states() == {"rows": "ran", "halves": "hit"}


def test_a_file_that_changes_while_it_is_read_is_a_failure(data: Project) -> None:
    node = data.plan.node("rows")
    job = Preparation(plan=data.plan, root=data.root, store=data.store).job(node, no_artifact, {})
    (data.root / "data" / "rows.csv").write_text(ROWS.replace("0.5", "0.25"))
    place = Place(
        plan=data.plan,
        root=data.root,
        store=data.store,
        loader=Loader(data.root, "pipeline.py"),
        scratch=data.root / "scratch",
    )
    with pytest.raises(NodeFailed) as failed:
        carry_out(place, job, lambda: ("", ""))
    assert failed.value.failure.message == "source 'rows' changed while it was being read"
    assert data.store.get_receipt(job.key) is None


def no_artifact(node: str, port: str) -> Artifact:
    raise AssertionError(f"a source reads nothing, not {port} of {node}")


def test_a_missing_file_is_said_with_what_is_there(data: Project) -> None:
    source(data, "data/rowz.csv", "csv")
    halve(data)
    result = data.run()
    assert result.exit_code == 3
    assert str(result.nodes["rows"].failure) == (
        "source 'rows' can't be read: data/rowz.csv: no such file\n"
        "  --> pipeline.py:1\n"
        "  help: did you mean 'data/rows.csv'?"
    )
    assert result.nodes["halves"].blocked_by == ("rows",)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("k,w\n1,2\n", "source 'rows' can't be read: data/rows.csv:1: column 'v' is missing"),
        (
            "k,v\n1,2\n2,x\n",
            "source 'rows' can't be read: data/rows.csv:3: column 'v': expected float, found 'x'",
        ),
    ],
)
def test_a_broken_file_is_said_with_its_line(data: Project, text: str, message: str) -> None:
    (data.root / "data" / "rows.csv").write_text(text)
    failure = data.run().nodes["rows"].failure
    assert failure is not None
    assert failure.message == message


def test_a_broken_parquet_file_is_a_failure(data: Project) -> None:
    (data.root / "data" / "rows.parquet").write_bytes(b"PAR1 no")
    source(data, "data/rows.parquet", "parquet")
    failure = data.run().nodes["rows"].failure
    assert failure is not None
    assert failure.message.startswith("source 'rows' can't be read: data/rows.parquet: ")


def test_rows_that_break_the_contract_stop_at_the_gate(data: Project) -> None:
    (data.root / "data" / "rows.csv").write_text(ROWS + "1,-3\n")
    result = data.run()
    failure = result.nodes["rows"].failure
    assert failure is not None
    assert failure.kind == "gate"
    assert result.exit_code == 1


def test_the_parts_of_a_split_share_no_key_and_hold_all_rows(data: Project) -> None:
    halve(data)
    train, test = columns(data, "halves", 0)["k"], columns(data, "halves", 1)["k"]
    assert sorted(train + test) == [1, 2, 3, 4]
    receipt = data.run().nodes["halves"].receipt
    assert receipt is not None
    assert [(gate["port"], gate["verdict"]) for gate in receipt["gates"]["exit"]] == [
        ("train, test", "pass"),
        ("train", "pass"),
        ("test", "pass"),
    ]


def test_a_split_that_leaves_no_rows_is_a_failure(data: Project) -> None:
    halve(data, test=0.000001)
    failure = data.run().nodes["halves"].failure
    assert failure is not None
    assert failure.message == (
        "'halves' can't divide what 'rows' made: no rows for test among 4 rows with 4 distinct values of 'k'"
    )


@pytest.mark.parametrize("location", ["data", "data/*", "data/**/*.csv", "data/rows.csv"])
def test_files_are_taken_as_they_are(data: Project, location: str) -> None:
    source(data, location, "files", "files")
    artifact = data.run().nodes["rows"].outputs[0]
    ((name, digest, size),) = json.loads(data.store.get_bytes(artifact.object))
    assert (name, size, data.store.get_bytes(digest).decode()) == ("rows.csv", len(ROWS), ROWS)


def test_files_in_folders_keep_their_folders(data: Project) -> None:
    (data.root / "data" / "more").mkdir()
    (data.root / "data" / "more" / "b.txt").write_text("b")
    source(data, "data", "files", "files")
    artifact = data.run().nodes["rows"].outputs[0]
    assert [name for name, _, _ in json.loads(data.store.get_bytes(artifact.object))] == [
        "more/b.txt",
        "rows.csv",
    ]


def test_a_remote_source_is_read_through_fsspec(data: Project) -> None:
    source(data, f"file://{data.root}/data/rows.csv", "csv")
    assert columns(data, "rows")["k"] == [1, 2, 3, 4]
