"""`stagelang why` names the first thing that differs, from what to what, for each kind of edit, and nothing where nothing does."""

from __future__ import annotations

import importlib.metadata
import re
from collections.abc import Callable, Iterable
from pathlib import Path

import pytest

from stagelang_runtime.execute import environment
from tests.stagelang_backends.cli.conftest import Call

_SPEC = '''\
"""A pipeline."""
import os
import helping
from stagelang import Column, Contract, Pipeline, Table, Value, column, source, stage

LEAST = 1


class Rows(Contract, version="1"):
    key: Column[int] = column(key=True, ge=0)
    size: Column[float]


@stage(env=["WHY_REGION"], owner="ours")
def counted(rows: Table[Rows], *, more: int = 2) -> Value[int]:
    """Count."""
    frame = rows.pandas
    return Value.of(int((frame["size"] > LEAST).sum()) + helping.added(more))


pipeline = Pipeline("why", seed=1, outputs=[counted(source(Rows, "rows.csv"), more=3)])
'''
_HELPING = "import numpy as np\nSTEP = 5\ndef added(number): return int(np.int64(number)) + STEP\ndef unused(): return 1\n"
_ROWS = "key,size\n1,0.5\n2,1.5\n"
_UP_TO_DATE = "counted: up to date"

Edit = Callable[[str], str]


def replaced(old: str, new: str) -> Edit:
    def edit(text: str) -> str:
        assert text.count(old) == 1
        return text.replace(old, new)

    return edit


COUNT = [
    ("pipeline.py", replaced(".sum()) +", ".sum()) -"), "function pipeline:counted changed: code D -> D"),
    ("helping.py", replaced(") + STEP", ") - STEP"), "function helping:added changed: code D -> D"),
    ("helping.py", replaced("STEP = 5", "STEP = 6"), "constant helping:STEP changed: code D -> D"),
    ("pipeline.py", replaced("LEAST = 1", "LEAST = 2"), "constant pipeline:LEAST changed: code D -> D"),
    (
        "helping.py",
        replaced("+ STEP", "+ STEP + unused()"),
        "function helping:added changed, and 1 more: code D -> D",
    ),
    ("pipeline.py", replaced("more=3", "more=4"), "parameter more changed: 3 -> 4"),
    ("pipeline.py", replaced(", more=3", ""), "parameter more changed: 3 -> 2"),
    ("pipeline.py", replaced("seed=1", "seed=2"), "seed changed: N -> N"),
    ("pipeline.py", replaced("ge=0", "ge=1"), "contract of input rows changed: D -> D"),
    ("pipeline.py", replaced('["WHY_REGION"]', "[]"), "variable WHY_REGION changed: unset -> absent"),
]
COUNT_NOTHING = [
    ("pipeline.py", replaced('    """Count."""\n', "")),
    ("pipeline.py", replaced("LEAST = 1\n", "LEAST = (\n    1  # at least\n)\n")),
    ("pipeline.py", replaced("import os\nimport helping\n", "import helping\nimport os\n")),
    ("pipeline.py", replaced('owner="ours"', 'owner="theirs"')),
    ("helping.py", replaced("return 1", "return 2")),
]


def why(call: Call, root: Path, file: str, edit: Edit, node: str = "counted") -> str:
    """Say why the node would run with a file edited, digests and seeds left out."""
    before = (root / file).read_text()
    (root / file).write_text(edit(before))
    said = call("why", node).out.strip()
    (root / file).write_text(before)
    return re.sub(r"\b\d{6,}\b", "N", re.sub(r"sha256:\w+", "D", said))


def test_the_first_difference_is_named_for_each_kind_of_edit(
    call: Call, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    for name, text in (("pipeline.py", _SPEC), ("helping.py", _HELPING), ("rows.csv", _ROWS)):
        (tmp_path / name).write_text(text)
    assert call("run").code == 0
    assert [why(call, tmp_path, file, edit) for file, edit, _ in COUNT] == [
        f"counted: would run: {difference}" for _, _, difference in COUNT
    ]
    grown = replaced("2,1.5", "2,2.5")
    assert why(call, tmp_path, "rows.csv", grown) == "counted: may run: its input from rows may change"
    differs = "rows: would run: source file rows.csv changed: D -> D"
    assert why(call, tmp_path, "rows.csv", grown, "rows") == differs
    left = [why(call, tmp_path, file, edit) for file, edit in COUNT_NOTHING]
    assert [said for said in left if not said.startswith(_UP_TO_DATE)] == []
    monkeypatch.setenv("WHY_REGION", "eu")
    assert (
        why(call, tmp_path, "rows.csv", str) == "counted: would run: variable WHY_REGION changed: unset -> D"
    )
    monkeypatch.delenv("WHY_REGION")
    assert why(call, tmp_path, "rows.csv", str).startswith(_UP_TO_DATE)


def test_another_version_of_a_library_is_named(
    call: Call, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    for name, text in (("pipeline.py", _SPEC), ("helping.py", _HELPING), ("rows.csv", _ROWS)):
        (tmp_path / name).write_text(text)
    assert call("run").code == 0
    version = importlib.metadata.version("numpy")
    versions = environment.versions

    def another(distributions: Iterable[str]) -> dict[str, str]:
        return {**versions(distributions), "numpy": "0.1"}

    monkeypatch.setattr(environment, "versions", another)
    said = why(call, tmp_path, "rows.csv", str)
    assert said == f"counted: would run: distribution numpy changed: {version} -> 0.1"
