"""When a kept plan is used again, and that it never is where loading the spec could give another."""

from __future__ import annotations

import json
import os
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from stagelang_backends.cli import compiling
from stagelang_compiler import plan_cache
from tests.stagelang_compiler.conftest import PRELUDE

Kept = Callable[[], Any]
_TAIL = "\npipeline = Pipeline('p', seed=SEED, outputs=[scans])\n"
_PAST = time.time() - 3600


class Project:
    """A pipeline with a helper beside it, whose files are an hour old."""

    def __init__(self, folder: Path, text: str = "", tail: str = _TAIL) -> None:
        self.folder = folder
        self.write("helper.py", "SEED = 1\n")
        self.write("pipeline.py", PRELUDE + "from helper import SEED\n" + text + tail)

    def write(self, name: str, text: str) -> None:
        """Write a file that is an hour old, in a folder that is."""
        file = self.folder / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)
        os.utime(file, (_PAST, _PAST))

    def compiled(self) -> Any:
        """Compile as a command does."""
        found = compiling.compiled(self.folder / "pipeline.py", "", self.folder / ".stagelang")
        assert found is not None
        return found

    def kept(self) -> dict[str, Any] | None:
        """What is kept and would be used."""
        return plan_cache.kept(self.folder / "pipeline.py", "", self.folder / ".stagelang" / "plans")

    @property
    def record(self) -> Path:
        """The file that holds what is kept."""
        (found,) = (self.folder / ".stagelang" / "plans").glob("*.json")
        return found


def test_a_plan_is_kept_from_the_first_compilation_on(tmp_path: Path) -> None:
    project = Project(tmp_path)
    assert project.kept() is None
    plan, digest = project.compiled()
    kept = project.kept()
    assert kept is not None
    assert (kept["name"], kept["digest"]) == ("p", digest)
    assert project.compiled() == (plan, digest)


def test_a_kept_plan_is_used_without_loading_the_spec(tmp_path: Path) -> None:
    project = Project(tmp_path, "print('loaded')\n")
    assert project.kept() is None
    project.compiled()
    sys.modules.pop("pipeline", None)
    project.compiled()
    assert "pipeline" not in sys.modules


def test_findings_are_said_again_of_a_kept_plan(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    project = Project(tmp_path)
    project.compiled()
    first = capsys.readouterr().err
    assert "warning[SL120]" in first
    project.compiled()
    assert capsys.readouterr().err == first


def _edit_helper(project: Project) -> None:
    (project.folder / "helper.py").write_text("SEED = 2\n")


def _touch_spec(project: Project) -> None:
    os.utime(project.folder / "pipeline.py", (_PAST + 60, _PAST + 60))


def _add_beside(project: Project) -> None:
    (project.folder / "numbers.py").write_text("")


def _replace_in_place(project: Project) -> None:
    project.write("helper.py.new", "SEED = 3\n")
    (project.folder / "helper.py.new").replace(project.folder / "helper.py")


def _remove_helper(project: Project) -> None:
    (project.folder / "helper.py").unlink()


def _damage(project: Project) -> None:
    project.record.write_text(project.record.read_text()[:-20])


def _forge(project: Project) -> None:
    record = json.loads(project.record.read_text())
    record["text"] = record["text"].replace('"seed":1', '"seed":9')
    project.record.write_text(json.dumps(record))


def _forget_a_field(project: Project) -> None:
    record = json.loads(project.record.read_text())
    del record["last_day"]
    project.record.write_text(json.dumps(record))


@pytest.mark.parametrize(
    "change",
    [
        _edit_helper,
        _touch_spec,
        _add_beside,
        _replace_in_place,
        _remove_helper,
        _damage,
        _forge,
        _forget_a_field,
    ],
    ids=lambda change: change.__name__.strip("_"),
)
def test_a_kept_plan_is_not_used_after(tmp_path: Path, change: Callable[[Project], None]) -> None:
    project = Project(tmp_path)
    project.compiled()
    assert project.kept() is not None
    change(project)
    assert project.kept() is None


def test_a_changed_data_file_that_the_spec_opened_counts(tmp_path: Path) -> None:
    project = Project(
        tmp_path, "from pathlib import Path\nx = Path(__file__).with_name('levels.json').read_text()\n"
    )
    project.write("levels.json", "[1]")
    project.compiled()
    assert project.kept() is not None
    (tmp_path / "levels.json").write_text("[1, 2]")
    assert project.kept() is None


@pytest.mark.parametrize(
    "text",
    [
        "import os\nx = os.environ.get('LEVEL')",
        "import os\nx = os.path.expandvars('$LEVEL')",
        "import datetime as dt\nx = dt.date.today()",
        "import time\nx = time.time()",
        "from os import getenv\nx = getenv('LEVEL')",
        "import subprocess\nx = subprocess.run(['true'])",
        "from pathlib import Path\nx = Path('elsewhere').exists()",
        "import os.path\nx = os.path.isfile('elsewhere')",
        "import pandas\n\ndef x():\n    return pandas.read_parquet('x.parquet')",
        "import polars\n\ndef x():\n    return polars.scan_csv('x.csv')",
    ],
)
def test_a_spec_that_asks_what_leaves_no_trace_is_not_kept(tmp_path: Path, text: str) -> None:
    project = Project(tmp_path, text + "\n")
    project.compiled()
    assert project.kept() is None


def test_a_helper_that_asks_what_leaves_no_trace_counts_as_well(tmp_path: Path) -> None:
    project = Project(tmp_path)
    project.write("helper.py", "import os\nSEED = int(os.environ.get('SEED', '1'))\n")
    project.compiled()
    assert project.kept() is None


def test_a_file_that_changes_while_it_is_compiled_keeps_nothing(tmp_path: Path) -> None:
    project = Project(
        tmp_path,
        "from pathlib import Path\nPath(__file__).with_name('helper.py').write_text('SEED = 1 # edited')\n",
    )
    project.compiled()
    assert project.kept() is None


def test_another_set_of_distributions_counts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    site = tmp_path / "lib" / "site-packages"
    site.mkdir(parents=True)
    monkeypatch.setattr(sys, "path", [*sys.path, str(site)])
    project = Project(tmp_path / "project")
    project.compiled()
    assert project.kept() is not None
    (site / "new_distribution-1.0.dist-info").mkdir()
    assert project.kept() is None


def test_another_interpreter_counts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    project = Project(tmp_path)
    project.compiled()
    monkeypatch.setattr(sys, "version", sys.version + "+")
    assert project.kept() is None


def test_a_waiver_that_expires_soon_by_now_is_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    waiver = "import datetime as dt\nwaivers = [Waiver(rule='SL120', where='*', owner='x', reason='y', expires=dt.date(2999, 1, 2))]\n"
    project = Project(
        tmp_path, waiver, "\npipeline = Pipeline('p', seed=SEED, outputs=[scans], waivers=waivers)\n"
    )
    project.compiled()
    for day, is_kept in (("2998-12-18", True), ("2998-12-19", False)):
        monkeypatch.setattr(plan_cache, "_today", lambda today=day: today)
        assert (project.kept() is not None) == is_kept


def test_pipelines_of_one_file_are_kept_apart(tmp_path: Path) -> None:
    project = Project(
        tmp_path,
        tail="\na = Pipeline('a', seed=1, outputs=[scans])\nb = Pipeline('b', seed=2, outputs=[scans])\n",
    )
    home = tmp_path / ".stagelang"
    for _ in range(2):
        for name, seed in (("a", 1), ("b", 2)):
            found = compiling.compiled(tmp_path / "pipeline.py", name, home)
            assert found is not None
            assert found[0].seed == seed
    assert len(list((home / "plans").iterdir())) == 2
    assert project.kept() is None


def test_a_folder_that_can_not_be_written_keeps_nothing_and_stops_nothing(tmp_path: Path) -> None:
    project = Project(tmp_path)
    (tmp_path / ".stagelang").write_text("in the way")
    assert project.compiled()[0].name == "p"
    assert project.kept() is None


def test_a_changed_module_that_lies_outside_of_the_project_counts(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    elsewhere = tmp_path / "elsewhere" / "lies_outside.py"
    elsewhere.parent.mkdir()
    elsewhere.write_text("SEED = 1\n")
    monkeypatch.setattr(sys, "path", [*sys.path, str(elsewhere.parent)])
    project = Project(tmp_path / "project", "from lies_outside import SEED\n")
    project.compiled()
    monkeypatch.delitem(sys.modules, "lies_outside")
    assert project.kept() is not None
    elsewhere.write_text("SEED = 2\n")
    assert project.kept() is None
