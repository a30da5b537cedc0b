"""The same spec gives the same bytes: whatever the hash seed, the working directory, the user, the machine's folders or the Python.

Definitions may also change places: then the lines that a plan names as origins move, and with them the digests of the spec's file and
of the plan as a whole (which emitted files bear). What identifies results, every node's id, is the same, and so is all else of the plan.
"""

from __future__ import annotations

import getpass
import json
import os
import re
import shutil
import socket
import subprocess
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest

from stagelang_backends.cli.main import main
from stagelang_compiler.compiler import check_file
from stagelang_compiler.plan_codec import dumps
from tests.determinism.synthetic import synthetic

ROOT = Path(__file__).parents[2]
EXAMPLES = ("digit_reader", "flight_delays")
EMIT = Path(__file__).with_name("emit.py")
Emitted = dict[str, dict[str, str]]


def _projects(folder: Path) -> list[str]:
    """Put the examples and the synthetic spec into a folder of their own, and name them relative to it."""
    for name in EXAMPLES:
        shutil.copytree(
            ROOT / "examples" / name,
            folder / name,
            ignore=shutil.ignore_patterns(".stagelang", "build", "__pycache__"),
        )
    (folder / "synthetic").mkdir(parents=True)
    (folder / "synthetic" / "pipeline.py").write_text(synthetic())
    return [f"{name}/pipeline.py" for name in (*EXAMPLES, "synthetic")]


def _start(python: str, specs: Sequence[str], cwd: Path, **environment: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [python, str(EMIT), *specs], cwd=cwd, stdout=subprocess.PIPE, text=True, env={**os.environ, **environment}
    )  # fmt: skip


def _result(process: subprocess.Popen[str]) -> Emitted:
    found: Emitted = json.loads(process.communicate(timeout=120)[0])
    assert process.returncode == 0
    return found


def test_hash_seed_working_directory_user_and_home_leave_no_trace(tmp_path: Path) -> None:
    """Each of the four runs differs from the next in all of them."""
    homes = {"maria": tmp_path / "home" / "maria", "x y": tmp_path / "home" / "x y"}
    folders = [tmp_path / "here", tmp_path / "some where" / "élse"]
    for home in homes.values():
        home.mkdir(parents=True)
    named = [_projects(folder) for folder in folders]
    results: list[Emitted] = []
    for pair in (0, 1), (2, 3):
        running: list[subprocess.Popen[str]] = []
        for run in pair:
            user, place = list(homes)[run % 2], (run // 2 + run) % 2
            cwd = folders[place] if run < 2 else tmp_path
            specs = named[place] if run < 2 else [str(folders[place] / name) for name in named[place]]
            running.append(
                _start(
                    sys.executable,
                    specs,
                    cwd,
                    PYTHONHASHSEED=str(run * 7),
                    USER=user,
                    LOGNAME=user,
                    HOME=str(homes[user]),
                    TZ=("UTC", "Asia/Tokyo")[run % 2],
                )
            )
        results += [_result(process) for process in running]
    first, *others = [list(result.values()) for result in results]
    assert [len(files) for files in first] == [len(first[0])] * 3
    assert all(other == first for other in others)
    hostile = (
        str(tmp_path),
        "maria",
        "x y",
        socket.gethostname(),
        str(Path.home()),
        f"/{getpass.getuser()}/",
        str(ROOT),
    )
    for files in first:
        for name, text in files.items():
            assert [word for word in hostile if word in text] == [], name


def _pythons() -> Iterator[str]:
    """Give this interpreter, and one of each other supported version that is installed here, on the path or by pyenv."""
    yield sys.executable
    for minor in (11, 12, 13, 14):
        if minor == sys.version_info.minor:
            continue
        placed = sorted(Path.home().glob(f".pyenv/versions/3.{minor}.*/bin/python3.{minor}"))
        found = str(placed[-1]) if placed else shutil.which(f"python3.{minor}")
        if found and subprocess.run([found, "-c", ""], capture_output=True, check=False).returncode == 0:
            yield found


def test_every_python_that_is_here_gives_the_same_bytes(tmp_path: Path) -> None:
    """The synthetic spec and all that compiles it are pure Python, so that this environment's packages serve all versions."""
    (tmp_path / "pipeline.py").write_text(synthetic())
    packages = [
        str(ROOT),
        str(ROOT / "compiler"),
        str(ROOT / "backends"),
        *(each for each in sys.path if each.endswith("site-packages")),
    ]
    environment = {"PYTHONPATH": os.pathsep.join(packages), "PYTHONDONTWRITEBYTECODE": "1"}
    running = [_start(python, ["pipeline.py"], tmp_path, **environment) for python in _pythons()]
    first, *others = [_result(process) for process in running]
    assert set(first["pipeline.py"]) >= {"plan.json", "plan.txt", "local/run.py", "local/plan.json"}
    assert all(other == first for other in others)


_MOVED = re.compile(r'("line":)\d+|("files":\{"pipeline.py":)"sha256:[0-9a-f]{64}"')


def _compiled(folder: Path, order: int) -> Any:
    (folder / "pipeline.py").write_text(synthetic(order))
    plan = check_file(folder / "pipeline.py").plan
    assert plan is not None
    return plan


@pytest.mark.parametrize("order", [1, 2, 3])
def test_the_order_of_independent_definitions_moves_lines_and_nothing_else(
    tmp_path: Path, order: int
) -> None:
    plain, shuffled = _compiled(tmp_path, 0), _compiled(tmp_path, order)
    assert len(plain.nodes) == 5 + 5 + 50 + 10
    assert [(node.name, node.id, node.seed) for node in shuffled.nodes] == [
        (node.name, node.id, node.seed) for node in plain.nodes
    ]
    assert _MOVED.sub(r"\1\2", dumps(shuffled)) == _MOVED.sub(r"\1\2", dumps(plain))
    assert dumps(shuffled) != dumps(plain)


def test_what_is_kept_of_a_compilation_names_no_folder_and_no_user(tmp_path: Path) -> None:
    (tmp_path / "pipeline.py").write_text(synthetic())
    assert main(["compile", str(tmp_path / "pipeline.py")]) == 0
    kept = [path for path in tmp_path.rglob("*") if path.is_file() and path.suffix != ".pyc"]
    assert {path.suffix for path in kept} >= {".json", ".py"}
    for path in kept:
        text = path.read_text(encoding="utf-8")
        assert [
            word
            for word in (str(tmp_path), str(ROOT), str(Path.home()), socket.gethostname())
            if word in text
        ] == [], path
