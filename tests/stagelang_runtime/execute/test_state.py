"""A completed run is recognised without loading anything heavy, and only while nothing has changed."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from typing import TYPE_CHECKING, Literal

import pytest
from attrs import evolve

from stagelang_compiler import plan as p
from stagelang_compiler import plan_codec
from stagelang_runtime.execute.state import look, state_folder, unchanged
from stagelang_runtime.execute.watched import watch
from tests.stagelang_runtime.execute.conftest import ORIGIN

if TYPE_CHECKING:
    from tests.stagelang_runtime.execute.conftest import Project

CODE = """
@stage(env=["SCALE"])
def one(rows: Table[Any]) -> Value[int]: return Value.of(rows.arrow.num_rows)
@stage
def has_files() -> Files:
    import tempfile
    folder = Path(tempfile.mkdtemp())
    (folder / "a.txt").write_text("a")
    return Files.of(folder)
"""


@pytest.fixture
def done(project: Project, monkeypatch: pytest.MonkeyPatch) -> Project:
    """A project whose run was completed, with all files long at rest."""
    monkeypatch.setenv("SCALE", "1")
    project.code(CODE)
    project.contract("Rows", p.Column(name="k", type="int", origin=ORIGIN))
    data = project.root / "data"
    data.mkdir()
    (data / "a.csv").write_text("k\n1\n")
    project.node(
        "rows",
        gives="table",
        promises={"out": "Rows"},
        kind="source",
        source=p.Source(location="data/*.csv", format="csv"),
    )
    project.stage("one", env=("SCALE",))
    project.node("one", reads={"rows": "rows"})
    project.node("has_files", gives="files")
    for path in (data / "a.csv", data):
        os.utime(path, (1e9, 1e9))
    project.run()
    return project


def is_unchanged(project: Project) -> bool:
    digest = plan_codec.digest(project.plan)
    return unchanged(project.store.root, "test", digest, project.root) is not None


def test_a_completed_run_is_recognised(done: Project) -> None:
    record = unchanged(done.store.root, "test", plan_codec.digest(done.plan), done.root)
    assert record is not None
    assert record["nodes"] == 3
    assert len(record["objects"]) == 4


def change_file(project: Project) -> None:
    (project.root / "data" / "a.csv").write_text("k\n2\n")


def change_file_and_set_its_time_back(project: Project) -> None:
    path = project.root / "data" / "a.csv"
    before = path.stat()
    path.write_text("k\n2\n")
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))


def add_file(project: Project) -> None:
    (project.root / "data" / "b.csv").write_text("k\n2\n")


def change_plan(project: Project) -> None:
    project.recode("one", digest="sha256:" + "0" * 64)


def lose_object(project: Project) -> None:
    next((project.store.root / "objects").glob("*/*")).unlink()


def lose_state(project: Project) -> None:
    (state_folder(project.store.root, "test") / "done.json").unlink()


def damage_state(project: Project) -> None:
    (state_folder(project.store.root, "test") / "done.json").write_text("[")


def fail(project: Project) -> None:
    os.environ["SCALE"] = "2"


@pytest.mark.parametrize(
    "change",
    [
        change_file,
        change_file_and_set_its_time_back,
        add_file,
        change_plan,
        lose_object,
        lose_state,
        damage_state,
        fail,
    ],
)
def test_any_change_is_noticed(done: Project, change: Callable[[Project], None]) -> None:
    assert is_unchanged(done)
    change(done)
    assert not is_unchanged(done)


@pytest.mark.parametrize(
    ("location", "format_", "added"),
    [
        ("data/**/*.csv", "csv", "elsewhere/b.csv"),
        ("data/.kept/*.csv", "csv", "data/.kept/b.csv"),
        ("data/.k*/*.csv", "csv", "data/.kept/b.csv"),
        ("data", "files", "data/.kept/b.csv"),
    ],
)
def test_a_file_is_noticed_wherever_the_source_would_find_it(
    done: Project, location: str, format_: Literal["csv", "files"], added: str
) -> None:
    (done.root / "elsewhere").mkdir()
    (done.root / "data" / "link").symlink_to("../elsewhere")
    (done.root / "data" / "loop").symlink_to("../data")
    (done.root / "data" / ".kept").mkdir()
    (done.root / "data" / ".kept" / "a.csv").write_text("k\n1\n")
    source = p.Source(location=location, format=format_)
    nodes = tuple(evolve(each, source=source) if each.source else each for each in done.plan.nodes)
    plan = evolve(done.plan, nodes=nodes)
    before = watch(plan, done.root)
    assert before is not None
    assert watch(plan, done.root) == before
    (done.root / added).write_text("k\n2\n")
    assert {path: look(str(done.root / path)) for path in before} != before


def test_a_file_that_changed_just_before_the_run_is_not_trusted(done: Project) -> None:
    change_file(done)
    done.run()
    assert not is_unchanged(done)


def test_a_failed_run_is_not_taken_for_a_completed_one(done: Project) -> None:
    done.node("absent")
    done.run()
    assert not is_unchanged(done)
    done.nodes.pop("absent")
    assert set(done.states().values()) == {"hit"}
    assert is_unchanged(done)


def test_a_stage_that_is_always_run_is_never_skipped(done: Project) -> None:
    done.recode("one", always_run=True)
    done.run()
    assert not is_unchanged(done)


def test_looking_imports_the_standard_library_only(done: Project) -> None:
    look = (
        "import sys, json; from pathlib import Path; from stagelang_runtime.execute.state import unchanged; "
        "record = unchanged(Path(sys.argv[1]), 'test', sys.argv[2], Path(sys.argv[3])); "
        "print(json.dumps([record['nodes'], sorted({name.partition('.')[0] for name in sys.modules})]))"
    )
    arguments = [str(done.store.root), plan_codec.digest(done.plan), str(done.root)]
    said = subprocess.run(
        [sys.executable, "-c", look, *arguments], capture_output=True, check=True, text=True
    )
    nodes, modules = json.loads(said.stdout)
    assert nodes == 3
    assert {name for name in modules if name not in sys.stdlib_module_names} <= {
        "stagelang_runtime",
        *(name for name in modules if name.startswith(("_", "sitecustomize", "usercustomize"))),
    }
