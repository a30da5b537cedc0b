"""After any edit a run carries out what must run again, as was announced, hardly anything else, and comes to what one from nothing does."""

from __future__ import annotations

import random
import shutil
import sys
from collections import Counter
from collections.abc import Iterator
from copy import deepcopy
from pathlib import Path
from typing import Any, final

import pytest
from attrs import define, field

from stagelang_compiler.compiler import check_file
from stagelang_compiler.diff import diff
from stagelang_compiler.fingerprint import distributions
from stagelang_compiler.plan import Plan
from stagelang_runtime.execute import environment
from stagelang_runtime.execute.dry import Expected, dry_run
from stagelang_runtime.execute.results import RunOptions, RunResult
from stagelang_runtime.execute.runner import run
from stagelang_runtime.location import locate_store
from tests.affected.edits import EDITS, REACHING, SILENT, edit
from tests.affected.world import World, drawn

BATCHES, EDITS_A_BATCH = 6, 10
"""What every test run tries: 60 edits; the long version tries 300, and runs from nothing after each."""
MOST_EXTRA = 0.02


@final
@define
class Project:
    """A world that is written down, compiled and run, and the works of which there was a run before."""

    world: World
    root: Path
    site: Path
    patch: pytest.MonkeyPatch
    seen: set[tuple[str, str]] = field(factory=set[tuple[str, str]])
    started: set[tuple[str, str]] = field(factory=set[tuple[str, str]])

    def compiled(self) -> Plan:
        """Write and compile it."""
        self.world.write(self.root, self.site)
        for name, value in self.world.variables.items():
            self.patch.setenv(name, value)
        for each in ("required", "_providers", "_records", "_is_installed"):
            getattr(distributions, each).cache_clear()
        for each in ("_closure", "_version", "_requirements"):
            getattr(environment, each).cache_clear()
        checked = check_file(self.root / "pipeline.py")
        assert checked.plan is not None, [each.message for each in checked.diagnostics]
        return checked.plan

    def run(self, plan: Plan, home: str = ".stagelang") -> tuple[dict[str, Expected], RunResult]:
        """Say what a run would do, and run; results are kept in one of the project's stores."""
        store = locate_store("", self.root / home).open()
        announced = dry_run(plan, root=self.root, store=store)
        ran = run(plan, root=self.root, store=store, options=RunOptions(jobs=self.world.jobs))
        assert ran.exit_code == 0, {name: node.failure for name, node in ran.nodes.items()}
        return announced, ran

    def must_run(self) -> set[str]:
        """Name the nodes whose work nobody has done before, and note it as done."""
        works = {(name, made_of) for name, (made_of, _) in self.world.results().items()}
        anew = works - self.seen
        self.seen |= works
        return {name for name, _ in anew}

    def carried_out(self, ran: RunResult) -> set[str]:
        """Name the nodes whose receipt is of a time of which there was none before."""
        receipts = {(name, str(_receipt(node)["started"])) for name, node in ran.nodes.items()}
        anew = {name for name, _ in receipts - self.started}
        self.started |= receipts
        assert anew == {name for name, node in ran.nodes.items() if node.state == "ran"}
        return anew


def _receipt(node: Any) -> Any:
    assert node.receipt is not None
    return node.receipt


def _contents(ran: RunResult) -> dict[str, list[Any]]:
    return {
        name: [output["content"] for output in _receipt(node)["outputs"]] for name, node in ran.nodes.items()
    }


def _values(project: Project, ran: RunResult, home: str = ".stagelang") -> dict[str, int]:
    store = locate_store("", project.root / home).open()
    found: dict[str, int] = {}
    for name, node in ran.nodes.items():
        for output in _receipt(node)["outputs"]:
            if output["kind"] == "value":
                found[name] = int(store.get_bytes(output["object"]))
    return found


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Project]:
    """Give a project, and forget its modules afterwards."""
    yield _project(tmp_path, monkeypatch)
    sys.modules.pop("helpers", None)


def _project(folder: Path, patch: pytest.MonkeyPatch) -> Project:
    """Make a project beside a place for an installed library."""
    root, site = folder / "project", folder / "site-packages"
    root.mkdir()
    site.mkdir()
    patch.setattr(sys, "path", [str(site), *sys.path])
    patch.setenv("PYTHONPATH", str(site))
    return Project(drawn(random.Random(0)), root, site, patch)


def _follows(project: Project, batch: int, *, edits: int, from_nothing: bool) -> Counter[str]:
    """Edit a world again and again; `from_nothing` says whether each state is also run in an empty store, or the last one only."""
    project.world = drawn(random.Random(f"world {batch}"))
    plan = project.compiled()
    assert project.carried_out(project.run(plan)[1]) == project.must_run()
    counted: Counter[str] = Counter()
    for number in range(edits):
        before, base = deepcopy(project.world), plan
        names = edit(project.world, random.Random(f"edit {batch} {number}"))
        plan = project.compiled()
        announced, ran = project.run(plan)
        must, did = project.must_run(), project.carried_out(ran)
        assert must <= did, (names, must - did)
        assert did - must <= _of_another_default(before, project.world), (names, did - must)
        _was_announced(announced, did)
        if (before.csv, before.variable, before.library) == (
            project.world.csv,
            project.world.variable,
            project.world.library,
        ):
            assert did <= set(diff(base, plan).affected), names
        expected = project.world.results()
        assert _values(project, ran) == {
            name: value for name, (_, value) in expected.items() if isinstance(value, int)
        }
        if from_nothing or number == edits - 1:
            _, whole = project.run(plan, home=f"empty{number}/.stagelang")
            assert {node.state for node in whole.nodes.values()} == {"ran"}
            assert _contents(whole) == _contents(ran), names
            shutil.rmtree(project.root / f"empty{number}")
        counted.update(edits=1, must=len(must), extra=len(did - must), nodes=len(ran.nodes))
        counted.update(names)
    return counted


def _of_another_default(before: World, after: World) -> set[str]:
    """Name the nodes that may run needlessly: a stage's defaults are part of its code, also where a call gives the parameter."""
    changed = {
        number
        for number, (old, new) in enumerate(zip(before.functions, after.functions, strict=True))
        if old.default != new.default
    }
    return {f"n{number}" for number, node in enumerate(after.nodes) if node.function in changed}


def _was_announced(announced: dict[str, Expected], did: set[str]) -> None:
    said = {name: each.action for name, each in announced.items()}
    assert {name for name, action in said.items() if action == "run"} <= did
    assert did <= {name for name, action in said.items() if action in ("run", "may run")}


@pytest.mark.parametrize("batch", range(BATCHES))
def test_random_edits_run_what_must_run_and_nothing_else(project: Project, batch: int) -> None:
    assert _follows(project, batch, edits=EDITS_A_BATCH, from_nothing=False)["edits"] == EDITS_A_BATCH


@pytest.mark.long
def test_of_many_random_edits_none_is_missed_and_hardly_any_runs_too_much(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """300 edits in 30 worlds, each state of which is run from nothing too."""
    counted: Counter[str] = Counter()
    for batch in range(100, 130):
        (tmp_path / str(batch)).mkdir()
        with monkeypatch.context() as patch:
            counted += _follows(
                _project(tmp_path / str(batch), patch), batch, edits=EDITS_A_BATCH, from_nothing=True
            )
    assert counted["edits"] == 300
    assert counted["extra"] <= MOST_EXTRA * counted["must"], counted


@pytest.mark.parametrize("name", SILENT)
def test_an_edit_of_what_no_result_depends_on_runs_nothing(project: Project, name: str) -> None:
    project.compiled()
    project.carried_out(project.run(project.compiled())[1])
    for number in range(3):
        EDITS[name](project.world, random.Random(f"{name} {number}"))
        announced, ran = project.run(project.compiled())
        assert {each.action for each in announced.values()} == {"hit"}
        assert project.carried_out(ran) == set()


def test_a_project_that_is_moved_with_its_store_runs_nothing(project: Project, tmp_path: Path) -> None:
    project.carried_out(project.run(project.compiled())[1])
    project.root = Path(shutil.move(project.root, tmp_path / "elsewhere"))
    assert project.carried_out(project.run(project.compiled())[1]) == set()


def test_every_kind_of_edit_is_tried_in_every_test_run() -> None:
    tried: Counter[str] = Counter()
    for batch in range(BATCHES):
        world = drawn(random.Random(f"world {batch}"))
        for number in range(EDITS_A_BATCH):
            tried.update(edit(world, random.Random(f"edit {batch} {number}")))
    assert set(tried) == {*REACHING, *SILENT}
