"""A receipt holds what its page in the docs says, and nothing about where it was made."""

from __future__ import annotations

import json
import os
import re
import socket
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from attrs import evolve

from stagelang_compiler import plan as p
from tests.stagelang_runtime.execute.conftest import ORIGIN, Project, metric

if TYPE_CHECKING:
    from collections.abc import Iterator

PAGE = Path(__file__).parents[3] / "docs" / "reference" / "receipt.md"

CODE = """
@stage
def fit(train: Table[Any], *, c: int = 1) -> Value[int]: return Value.of(train.arrow.num_rows + c)
@stage
def keep(train: Table[Any]) -> Table[Any]: return train
@metric(unit=u.RATIO, better="higher", range=(0, None), aggregate=mean(), undefined="error", version="1")
def size(test: Table[Any], fitted: Value[int]) -> PerRow[u.RATIO]: return PerRow([fitted.value] * test.arrow.num_rows)
def tool() -> Value[int]: ...
tool = command("python", "-c", "open('{out}', 'w').write('1')")(tool)
"""


@pytest.fixture(scope="module")
def receipts(tmp_path_factory: pytest.TempPathFactory) -> list[dict[str, Any]]:
    """The receipts of a source, a split, two stages, a metric and a command."""
    project = Project(tmp_path_factory.mktemp("project"))
    project.code(CODE)
    project.contract("Rows", p.Column(name="k", type="int", origin=ORIGIN))
    (project.root / "rows.csv").write_text("k\n1\n2\n3\n4\n5\n6\n")
    source = p.Source(location="rows.csv", format="csv")
    project.node("rows", gives="table", promises={"out": "Rows"}, kind="source", source=source)
    project.node(
        "halves",
        reads={"table": "rows"},
        gives={"train": "table", "test": "table"},
        promises={"train": "Rows", "test": "Rows"},
        kind="split",
        split=p.Split(method="hash", by="k", test=0.5),
        seed=1,
    )
    project.stage("fit", env=("HOME",), distributions=("attrs",), always_run=True)
    needs = {"train": "Rows", "test": "Rows"}
    project.node("fit", reads={"train": "halves:train"}, needs=needs, params={"c": 1})
    project.node("size", reads={"test": "halves:test", "fitted": "fit"}, gives="metric", kind="metric")
    project.metrics.append(metric("size"))
    (project.root / "tool.py").write_text("")
    program = p.Command(argv=("python", "-c", "open('{out}', 'w').write('1')"), files={})
    project.stage("tool", "command", command=program)
    project.node("tool", kind="command")
    kept = project.node("keep", reads={"train": "halves:train"}, gives="table", promises={"out": "Rows"})
    outputs = tuple(evolve(each, rows="one-to-one", rows_of="train") for each in kept.outputs)
    project.nodes["keep"] = evolve(kept, outputs=outputs)
    result = project.run()
    assert [str(node.failure) for node in result.of_state("failed")] == []
    return [json.loads(json.dumps(dict(node.receipt))) for node in result.nodes.values() if node.receipt]


def table(heading: str) -> list[list[str]]:
    """Give the rows of a table of the page, by the heading that it stands under; "" for the first."""
    _, _, text = PAGE.read_text(encoding="utf-8").partition(
        f"## {heading}\n" if heading else "# The receipt\n"
    )
    rows = re.match(r".*?^\| .*?\n\| --- .*?\n(.*?)(?:\n\n|\Z)", text, re.MULTILINE | re.DOTALL)
    assert rows is not None
    return [[cell.strip() for cell in line.strip("|").split(" | ")] for line in rows[1].strip().splitlines()]


def words(cell: str) -> list[str]:
    return re.findall(r"`([^`]+)`", cell)


def test_the_fields_are_those_of_the_page(receipts: list[dict[str, Any]]) -> None:
    documented = {word for row in table("") for word in words(row[0])}
    assert [set(receipt) for receipt in receipts] == [documented] * 6


def test_every_component_is_on_the_page_and_every_one_there_occurs(receipts: list[dict[str, Any]]) -> None:
    documented = {
        re.sub(r" [A-Z]+$", "", word): False for row in table("Components") for word in words(row[0])
    }
    for name in components(receipts):
        known = [each for each in documented if name == each or name.startswith(f"{each} ")]
        assert known, name
        documented[max(known, key=len)] = True
    assert [name for name, occurs in documented.items() if not occurs] == ["program file"]


def components(receipts: list[dict[str, Any]]) -> Iterator[str]:
    for receipt in receipts:
        yield from (name for name, _ in receipt["components"])


def test_gates_and_the_environment_are_as_the_page_says(receipts: list[dict[str, Any]]) -> None:
    gates = [gate for receipt in receipts for side in ("entry", "exit") for gate in receipt["gates"][side]]
    documented = {word for row in table("Gates") for word in words(row[0])}
    assert {field for gate in gates for field in gate} == documented
    text = PAGE.read_text(encoding="utf-8").partition("## Environment")[2]
    assert set(words(text)) == {field for receipt in receipts for field in receipt["environment"]}


def test_no_receipt_tells_where_it_was_made(receipts: list[dict[str, Any]]) -> None:
    text = json.dumps(receipts)
    for secret in (socket.gethostname(), str(Path.home()), os.sep + "tmp", "rows.csv/"):
        assert secret not in text
