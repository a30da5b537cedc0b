"""Functions that are in no file of the project: notebook cells, `exec`, other people's packages."""

from __future__ import annotations

import functools
import linecache
import math
import subprocess
import sys
from collections.abc import Callable, Generator
from itertools import count
from threading import Lock
from typing import TYPE_CHECKING, Any

import pytest

from stagelang_compiler.fingerprint import Fingerprint, Fingerprinter, UnhashableValue, first_difference

if TYPE_CHECKING:
    from tests.stagelang_compiler.fingerprint.conftest import Folder

CELLS = (
    "import helpers\nimport numpy as np\nfrom stagelang import stage\nLIMIT = 3\n",
    "class Rule:\n    def apply(self, x):\n        return x + 1\n",
    "def tidy(x):\n    '''Tidy.'''\n    return Rule().apply(helpers.clean(x + LIMIT))\n",
    "@stage(owner='a')\ndef embed(x: int):\n    return tidy(np.mean(x))\n",
)


class Notebook:
    """Runs cells as IPython does: each is compiled under a name of its own, with its text in `linecache`."""

    def __init__(self, folder: Folder) -> None:
        self.folder = folder
        self.names: list[str] = []
        self.numbers = count(1)

    def run(self, *cells: str) -> dict[str, Any]:
        namespace: dict[str, Any] = {"__name__": "__main__"}
        for cell in cells:
            name = f"<cell-{next(self.numbers)}>"
            self.names.append(name)
            linecache.cache[name] = (len(cell), None, cell.splitlines(keepends=True), name)
            exec(compile(cell, name, "exec"), namespace)
        return namespace

    def take(self, *cells: str) -> Fingerprint:
        return Fingerprinter(self.folder.root).fingerprint(self.run(*cells)["embed"].function)


@pytest.fixture
def notebook(folder: Folder) -> Generator[Notebook]:
    folder.write({"helpers.py": "def clean(x):\n    return x + 1\ndef unused(x):\n    return x\n"})
    notebook = Notebook(folder)
    yield notebook
    for name in notebook.names:
        del linecache.cache[name]


def test_a_cell_is_known_by_its_source_wherever_it_stands(notebook: Notebook) -> None:
    before = notebook.take(*CELLS)
    assert before.conservative == ()
    assert before.distributions == ("numpy",)
    assert notebook.take("1", "\n\n".join(CELLS)) == before


@pytest.mark.parametrize(
    ("cell", "old", "new", "difference"),
    [
        (0, "LIMIT = 3", "LIMIT = 4", "value __main__:LIMIT changed"),
        (1, "x + 1", "x + 2", "helper __main__:Rule.apply changed"),
        (2, "x + LIMIT", "x - LIMIT", "helper __main__:tidy changed"),
        (2, "Tidy.", "Tidy up.", None),
        (3, "owner='a'", "owner='b'", None),
    ],
)
def test_what_a_cell_reaches_counts(
    notebook: Notebook, monkeypatch: pytest.MonkeyPatch, cell: int, old: str, new: str, difference: str | None
) -> None:
    monkeypatch.delattr(sys.modules["__main__"], "__file__", raising=False)
    monkeypatch.setattr(sys.modules["__main__"], "__spec__", None)
    edited = [*CELLS]
    edited[cell] = edited[cell].replace(old, new)
    assert first_difference(notebook.take(*CELLS), notebook.take(*edited)) == difference


def test_a_helper_in_a_file_counts_for_a_cell(notebook: Notebook) -> None:
    before = notebook.take(*CELLS)
    notebook.folder.edit("helpers.py", "return x + 1", "return x + 2")
    assert first_difference(before, notebook.take(*CELLS)) == "helper helpers.py:clean changed"


def made(source: str) -> dict[str, Any]:
    namespace: dict[str, Any] = {"__name__": "made"}
    exec(source, namespace)
    return namespace


def test_a_function_without_source_is_known_by_its_bytecode(folder: Folder) -> None:
    def take(number: int, limit: int, doc: str) -> Fingerprint:
        helper = f"LIMIT = {limit}\ndef g(x): return x < LIMIT\n"
        source = f"{helper}def f(x):\n    '{doc}'\n    return [g(x) for _ in 'ab'] * {number}"
        return Fingerprinter(folder.root).fingerprint(made(source)["f"])

    before = take(1, 1, "a")
    assert before.conservative == (
        "made:f: no source can be found; its bytecode counts",
        "made:g: no source can be found; its bytecode counts",
    )
    assert take(1, 1, "b") == before
    assert first_difference(before, take(2, 1, "a")) == "bytecode made:f changed"
    assert first_difference(before, take(1, 2, "a")) == "value made:LIMIT changed"


def test_dynamic_bytecode_widens(folder: Folder) -> None:
    printed = Fingerprinter(folder.root).fingerprint(made("def f(x): return eval(x)")["f"])
    assert "made:f: 'eval' can reach any code; all first-party code counts" in printed.conservative


def test_text_that_is_not_the_functions_own_is_not_taken_for_it(folder: Folder) -> None:
    """`python -c` keeps its text under a name that `exec` uses, too."""
    namespace = made("def f(x): return 1")
    linecache.cache["<string>"] = (1, None, ["def f(x): return 2\n"], "<string>")
    try:
        printed = Fingerprinter(folder.root).fingerprint(namespace["f"])
    finally:
        del linecache.cache["<string>"]
    assert [each.kind for each in printed.components] == ["bytecode"]


def test_a_stage_in_a_command_line_is_fingerprinted(folder: Folder) -> None:
    code = (
        "from pathlib import Path; from stagelang_compiler.fingerprint import Fingerprinter\n"
        "def f(x): return x\n"
        "print(Fingerprinter(Path('.')).fingerprint(f).components[0].kind)"
    )
    ran = subprocess.run(
        [sys.executable, "-c", code], cwd=folder.root, capture_output=True, text=True, check=True
    )
    assert ran.stdout in {"bytecode\n", "function\n"}


@pytest.mark.parametrize(
    ("function", "distributions"),
    [(math.sqrt, ()), (functools.reduce, ()), (pytest.fixture, ("pytest",)), (linecache.getline, ())],
)
def test_an_installed_function_is_known_by_its_name(
    folder: Folder, function: Callable[..., Any], distributions: tuple[str, ...]
) -> None:
    printed = Fingerprinter(folder.root).fingerprint(function)
    assert printed.distributions == distributions
    assert printed.digest != Fingerprinter(folder.root).fingerprint(math.cos).digest


def test_a_closure_over_what_has_no_content_is_refused_by_name(folder: Folder) -> None:
    folder.write({"pipeline.py": "def make(lock):\n    def embed(): return lock\n    return embed\n"})
    embed = folder.load("make")(Lock())
    with pytest.raises(UnhashableValue) as refused:
        Fingerprinter(folder.root).fingerprint(embed)
    assert str(refused.value) == (
        "make.<locals>.embed: closure variable 'lock': a value of type _thread:lock can't be hashed by its content"
    )
