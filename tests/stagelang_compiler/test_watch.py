"""What a spec is seen to read while it is loaded."""

from __future__ import annotations

from pathlib import Path

import pytest

from stagelang_compiler.spec import load
from tests.stagelang_compiler.conftest import PRELUDE

_TAIL = "\npipeline = Pipeline('p', seed=1, outputs=[scans])\n"


def _watched(folder: Path, text: str) -> tuple[set[str], bool]:
    (folder / "data").mkdir()
    (folder / "data" / "a.csv").write_text("a\n1\n")
    (folder / "data" / "a.json").write_text("{}")
    (folder / "pipeline.py").write_text(
        f"from pathlib import Path\nHERE = Path(__file__).parent\n{PRELUDE}{text}{_TAIL}"
    )
    spec, findings = load(folder / "pipeline.py")
    assert findings == []
    assert spec is not None
    below = {
        Path(path).relative_to(folder).as_posix()
        for path in spec.watched.paths
        if Path(path).is_relative_to(folder)
    }
    return below, spec.watched.beyond


@pytest.mark.parametrize(
    ("text", "paths"),
    [
        ("x = 1", set[str]()),
        ("x = (HERE / 'data' / 'a.json').read_text()", {"data/a.json"}),
        (
            "import json\nwith open(HERE / 'data/a.json') as opened:\n    x = json.load(opened)",
            {"data/a.json"},
        ),
        ("import pandas\nx = pandas.read_csv(HERE / 'data/a.csv')", {"data/a.csv"}),
        ("import numpy\nx = numpy.loadtxt(HERE / 'data/a.csv', skiprows=1)", {"data/a.csv"}),
        ("import os\nx = os.listdir(HERE / 'data')", {"data"}),
        ("x = list(HERE.glob('data/*.csv'))", {".", "data"}),
        ("import sqlite3\nx = sqlite3.connect(HERE / 'data/a.json').close()", {"data/a.json"}),
        ("try:\n    open(HERE / 'data/none')\nexcept OSError:\n    pass", {"data/none"}),
        ("import decimal, tomllib", set[str]()),
    ],
)
def test_files_and_folders_that_the_spec_reads_are_seen(tmp_path: Path, text: str, paths: set[str]) -> None:
    seen, beyond = _watched(tmp_path, text)
    assert seen - {"."} == paths - {"."}
    assert not beyond


@pytest.mark.parametrize(
    "text",
    [
        "import subprocess\nsubprocess.run(['true'])",
        "import os\nos.system('true')",
        "import socket\ntry:\n    socket.create_connection(('127.0.0.1', 9), timeout=0.01)\nexcept OSError:\n    pass",
    ],
)
def test_programs_and_connections_leave_no_trace_to_look_at_again(tmp_path: Path, text: str) -> None:
    assert _watched(tmp_path, text)[1]


def test_nothing_is_seen_after_loading(tmp_path: Path) -> None:
    _watched(tmp_path, "def later():\n    return (HERE / 'data/a.json').read_text()")
    spec, _ = load(tmp_path / "pipeline.py")
    assert spec is not None
    before = set(spec.watched.paths)
    spec.module.later()
    assert spec.watched.paths == before
