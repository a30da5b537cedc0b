"""Code that is imported from elsewhere and that no installed distribution answers for counts as the project's own does."""

from __future__ import annotations

import importlib.util
import sys
from collections.abc import Generator, Sequence
from importlib.machinery import ModuleSpec
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, Any

import pytest

from stagelang_compiler.fingerprint import Fingerprint, Fingerprinter, first_difference
from tests.stagelang_compiler.fingerprint.conftest import forget

if TYPE_CHECKING:
    from tests.stagelang_compiler.fingerprint.conftest import Folder

PIPELINE = """
    import wholly
    from shared_code.limits import limit
    def embed(x): return limit(x) + wholly.total()
    def other(x): return x
    """
SHARED = {
    "shared_code/__init__.py": "START = 101\n",
    "shared_code/limits.py": "from .deep import MOST\nLEAST = 901\ndef limit(x): return min(x, MOST)\ndef unused(): return LEAST\n",
    "shared_code/deep.py": "MOST = 102\nUNUSED = 902\n",
    "wholly.py": "def total(): return 103\ndef nothing(): return 903\n",
}


def written(folder: Path) -> Path:
    for name, text in SHARED.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text, encoding="utf-8")
    return folder


def edited(folder: Path, name: str, old: str, new: str) -> None:
    text = (folder / name).read_text(encoding="utf-8")
    assert text.count(old) == 1
    (folder / name).write_text(text.replace(old, new), encoding="utf-8")


@pytest.fixture(autouse=True)
def nothing_is_left_loaded() -> Generator[None]:
    """Forget the modules of these tests, wherever they were loaded from."""
    yield
    for name in [each for each in sys.modules if each.partition(".")[0] in ("shared_code", "wholly")]:
        del sys.modules[name]


@pytest.fixture
def shared(folder: Folder, tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Write a project, and a folder beside it that is on the path."""
    folder.write({"pipeline.py": PIPELINE})
    place = written(tmp_path_factory.mktemp("shared"))
    monkeypatch.setattr(sys, "path", [str(place), *sys.path])
    return place


def take(folder: Folder, place: Path, name: str = "embed", entries: Sequence[str] = ()) -> Fingerprint:
    forget(place)
    function = folder.load(name)
    return Fingerprinter(folder.root, entries).fingerprint(function)


@pytest.mark.parametrize(
    ("file", "old", "difference"),
    [
        ("shared_code/limits.py", "min(x, MOST)", "helper (elsewhere)/shared_code/limits.py:limit changed"),
        ("shared_code/deep.py", "102", "constant (elsewhere)/shared_code/deep.py:MOST changed"),
        ("wholly.py", "103", "helper (elsewhere)/wholly.py:total changed"),
    ],
)
def test_a_change_of_what_is_reached_counts_and_is_named(
    folder: Folder, shared: Path, file: str, old: str, difference: str
) -> None:
    before = take(folder, shared)
    assert before.conservative == ()
    edited(shared, file, old, "min(x, 7)" if "min" in old else "7")
    assert first_difference(before, take(folder, shared)) == difference


@pytest.mark.parametrize("number", ["901", "902", "903"])
def test_a_change_of_what_is_not_reached_does_not(folder: Folder, shared: Path, number: str) -> None:
    before = take(folder, shared)
    for name, text in SHARED.items():
        if number in text:
            edited(shared, name, number, "7")
    assert take(folder, shared) == before


def test_a_stage_that_reaches_nothing_there_is_left_alone_but_by_what_loading_does(
    folder: Folder, shared: Path
) -> None:
    before = take(folder, shared, "other")
    edited(shared, "wholly.py", "103", "7")
    assert take(folder, shared, "other") == before
    edited(shared, "wholly.py", "def total", "import sys\nsys.setrecursionlimit(5000)\ndef total")
    assert take(folder, shared, "other") != before


def test_a_copy_in_another_folder_gives_the_same(
    folder: Folder, shared: Path, tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = take(folder, shared)
    forget(shared)
    monkeypatch.setattr(sys, "path", [each for each in sys.path if each != str(shared)])
    place = written(tmp_path_factory.mktemp("copy"))
    monkeypatch.setattr(sys, "path", [str(place), *sys.path])
    after = take(folder, place)
    assert after == before
    assert str(place) not in str(after)


def test_a_folder_that_a_spec_added_to_the_path_and_that_is_gone_from_it_again(
    folder: Folder, shared: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    forget(shared)
    function = folder.load("embed")
    monkeypatch.setattr(sys, "path", [each for each in sys.path if each != str(shared)])
    before = Fingerprinter(folder.root, [str(shared)]).fingerprint(function)
    edited(shared, "shared_code/deep.py", "102", "7")
    after = Fingerprinter(folder.root, [str(shared)]).fingerprint(function)
    assert first_difference(before, after) == "constant (elsewhere)/shared_code/deep.py:MOST changed"


def test_a_project_that_is_installed_for_editing_by_a_finder(
    folder: Folder, tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    place = written(tmp_path_factory.mktemp("editable"))

    class Finder:
        """Finds what an editable install maps to its sources, without an entry of the path."""

        def find_spec(
            self, name: str, path: Sequence[str] | None = None, target: ModuleType | None = None
        ) -> ModuleSpec | None:
            file = place / f"{name}.py"
            inner = place / name / "__init__.py"
            found: Any = file if file.is_file() else inner if inner.is_file() else None
            return importlib.util.spec_from_file_location(name, found) if found and path is None else None

    monkeypatch.setattr(sys, "meta_path", [*sys.meta_path, Finder()])
    folder.write({"pipeline.py": PIPELINE})
    before = take(folder, place)
    edited(place, "wholly.py", "103", "7")
    assert first_difference(before, take(folder, place)) == "helper (elsewhere)/wholly.py:total changed"


def test_a_stage_whose_function_stands_elsewhere(folder: Folder, shared: Path) -> None:
    folder.write({"pipeline.py": "from shared_code.limits import limit as embed\n"})
    before = take(folder, shared)
    edited(shared, "shared_code/deep.py", "102", "7")
    assert (
        first_difference(before, take(folder, shared))
        == "constant (elsewhere)/shared_code/deep.py:MOST changed"
    )


def test_what_is_installed_counts_by_its_version(
    folder: Folder, tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    place = written(tmp_path_factory.mktemp("env") / "site-packages")
    monkeypatch.setattr(sys, "path", [str(place), *sys.path])
    folder.write({"pipeline.py": PIPELINE})
    before = take(folder, place)
    edited(place, "wholly.py", "103", "7")
    assert take(folder, place) == before
    assert before.distributions == ("shared-code", "wholly")


def test_files_of_installed_packages_are_not_among_those_that_were_read(folder: Folder) -> None:
    """A plan is kept only while no file that it was made from can change unseen: libraries are watched as installed."""
    folder.write({"pipeline.py": "import numpy as np\ndef embed(x): return np.asarray(x)\n"})
    code = Fingerprinter(folder.root)
    code.fingerprint(folder.load("embed"))
    assert {path.name for path in code.files} == {"pipeline.py"}
