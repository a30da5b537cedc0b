"""What a body reaches beyond what its stage declares is in its receipt, in words that are the same on every machine."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from stagelang_runtime.execute import beyond
from stagelang_runtime.execute.beyond import MOST, Watch, watching
from stagelang_runtime.told_beyond import told_beyond

if TYPE_CHECKING:
    from tests.stagelang_runtime.execute.conftest import Project

CODE = """
import json, logging, os, random, shutil, socket, subprocess, tempfile, threading, warnings
import numpy as np
import pandas as pd
def read(name: str) -> str:
    with open(name) as lines: return lines.read()
@stage
def reads() -> Value[int]:
    read("a.txt"); read("sub/b.txt"); read(os.path.abspath("a.txt")); os.listdir("sub"); Path("sub", "b.txt").read_bytes()
    return Value.of(len(pd.read_csv("sub/c.csv")))
@stage
def reads_elsewhere() -> Value[str]: return Value.of(read("/etc/hostname")[:0])
@stage
def writes() -> Value[int]:
    Path("out").mkdir(); Path("out/a.txt").write_text("a"); os.rename("out/a.txt", "out/b.txt"); shutil.copyfile("a.txt", "out/c.txt")
    shutil.rmtree("out")
    return Value.of(1)
@stage
def connects() -> Value[int]:
    try: socket.create_connection(("127.0.0.1", 9), timeout=0.1)
    except OSError: pass
    return Value.of(1)
@stage
def starts() -> Value[int]:
    subprocess.run(["true"], check=True); os.system("true")
    return Value.of(1)
@stage
def asks() -> Value[str]: return Value.of((os.environ.get("BEYOND_A") or "") + os.getenv("BEYOND_B", "") + os.environ["TZ"])
@stage
def asks_for_all() -> Value[int]: return Value.of(min(len(dict(os.environ)), 1))
@stage
def draws() -> Value[float]: return Value.of(float(np.random.rand()))
@stage
def draws_twice() -> Value[float]:
    random.shuffle([1, 2, 3])
    return Value.of(float(pd.Series([1.0, 2.0]).sample(n=1).sum()))
@stage
def in_a_thread() -> Value[int]:
    thread = threading.Thread(target=read, args=("a.txt",)); thread.start(); thread.join()
    return Value.of(1)
@stage
def many() -> Value[int]:
    for number in range(103): os.environ.get(f"BEYOND_{number:03}")
    return Value.of(1)
@stage
def folder() -> Files:
    made = Path(tempfile.mkdtemp()); (made / "sub").mkdir(); (made / "sub" / "a.txt").write_text("a")
    return Files.of(made)
@stage
def right(given: Files) -> Value[float]:
    import late
    assert late.loaded
    logging.getLogger().setLevel(logging.INFO); warnings.warn("a warning", stacklevel=1); print(os.environ["PYTHONHASHSEED"])
    with tempfile.TemporaryDirectory() as own:
        shutil.copytree(given.folder, Path(own) / "copy")
        np.save(Path(own) / "a.npy", np.random.default_rng(seed()).normal(size=3))
        read(os.devnull)
        total = float(np.load(Path(own) / "a.npy").sum()) + random.Random(seed()).random()
    return Value.of(total + len([path.read_text() for path in given.paths]) + len(os.listdir(given.folder)))
"""


def beyond_of(project: Project, name: str) -> Any:
    project.code(CODE)
    (project.root / "sub").mkdir()
    for file, text in {"a.txt": "a", "sub/b.txt": "b", "sub/c.csv": "c\n1\n"}.items():
        (project.root / file).write_text(text)
    project.node(name)
    (result,) = project.run().nodes.values()
    assert result.receipt is not None
    return result.receipt["beyond"]


@pytest.mark.parametrize(
    ("name", "found"),
    [
        ("reads", [["read", "a.txt"], ["read", "sub"], ["read", "sub/b.txt"], ["read", "sub/c.csv"]]),
        ("reads_elsewhere", [["read", "(elsewhere)/hostname"]]),
        (
            "writes",
            [
                ["read", "a.txt"],
                ["wrote", "out"],
                ["wrote", "out/a.txt"],
                ["wrote", "out/b.txt"],
                ["wrote", "out/c.txt"],
            ],
        ),
        ("connects", [["network", "127.0.0.1"]]),
        ("starts", [["program", "sh"], ["program", "true"]]),
        ("asks", [["variable", "BEYOND_A"], ["variable", "BEYOND_B"]]),
        ("asks_for_all", [["variable", "*"]]),
        ("draws", [["random", "numpy"]]),
        ("draws_twice", [["random", "numpy"], ["random", "python"]]),
        ("in_a_thread", [["read", "a.txt"]]),
    ],
)
def test_what_a_body_reached_is_in_its_receipt(project: Project, name: str, found: list[list[str]]) -> None:
    assert beyond_of(project, name) == found


def test_a_body_that_keeps_to_its_inputs_its_seed_and_temporary_files_reaches_nothing(
    project: Project,
) -> None:
    project.code(CODE)
    (project.root / "late.py").write_text("loaded = True\n")
    project.node("folder", gives="files")
    project.node("right", reads={"given": "folder"})
    nodes = project.run().nodes
    assert [node.receipt and node.receipt["beyond"] for node in nodes.values()] == [[], []]


def test_what_a_stage_declares_is_not_beyond_it(project: Project) -> None:
    project.stage("asks", env=("BEYOND_A", "BEYOND_B"))
    project.stage("connects", network=True)
    project.stage("reads", always_run=True)
    assert beyond_of(project, "asks") == []
    for name in ("connects", "reads"):
        project.node(name)
    receipts = [node.receipt for node in project.run().nodes.values()]
    assert [receipt and receipt["beyond"] for receipt in receipts] == [[], [], []]


def test_no_more_than_a_hundred_are_written_down(project: Project) -> None:
    found = beyond_of(project, "many")
    assert (found[0], found[MOST - 1], found[MOST]) == (
        ["variable", "BEYOND_000"],
        ["variable", "BEYOND_099"],
        ["more", "3"],
    )
    assert len(found) == MOST + 1


def test_what_was_reached_is_told_without_what_could_write_over_it() -> None:
    nodes: dict[str, dict[str, Any]] = {
        "a": {"beyond": [["read", "x\n\x1b[2K.txt"], ["variable", "*"], ["more", "3"]]},
        "b": {"beyond": []},
        "kept before there was such a thing": {},
    }
    assert [*told_beyond(nodes)] == [
        "1 node reaches beyond what its stage declares:",
        "  a: read 'x\\n\\x1b[2K.txt'; asked for all variables; and 3 more",
    ]
    assert [*told_beyond({"b": {"beyond": []}})] == []


def test_the_innermost_folder_decides_whose_a_file_is(tmp_path: Path) -> None:
    root = tmp_path / "project"
    watch = Watch(str(root), (str(root / ".stagelang"), str(tmp_path / "scratch")))
    names = {
        place: watch.name_of(str(tmp_path / place))
        for place in (
            "project",
            "project/a b.txt",
            "project/.stagelang/store/x",
            "scratch/a",
            "projects/a.txt",
        )
    }
    assert names == {
        "project": ".",
        "project/a b.txt": "a b.txt",
        "project/.stagelang/store/x": "",
        "scratch/a": "",
        "projects/a.txt": "" if str(tmp_path).startswith(os.path.realpath("/tmp")) else "(elsewhere)/a.txt",
    }
    assert watch.name_of("/home/somebody/limits.json") == "(elsewhere)/limits.json"
    assert watch.name_of(os.__file__) == ""


def test_the_variables_are_as_before_when_nothing_is_watched(tmp_path: Path) -> None:
    kind = type(os.environ)
    with watching(tmp_path, (), 1):
        assert type(os.environ) is not kind
        assert subprocess.run([sys.executable, "-c", ""], check=False).returncode == 0
    assert type(os.environ) is kind
    assert beyond._active == []  # pyright: ignore[reportPrivateUsage]
