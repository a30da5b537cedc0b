"""Make takes any text as it was: tried by real make, on names of files that mean something to it."""

from __future__ import annotations

import os
import string
import subprocess
import tempfile
from pathlib import Path, PurePosixPath

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from stagelang_backends.makefile import BACKEND
from stagelang_backends.makefile.escaping import NotForMake, as_needed, as_value
from stagelang_backends.makefile.settled import settled_text
from stagelang_backends.protocol import CannotEmit, EmitOptions
from tests.stagelang_backends.makefile.conftest import plan_of

NAMES = [
    "a b",
    " a",
    "a  b",
    "a#b",
    "#",
    "a$b",
    "${x}",
    "$$",
    "a%b",
    "%",
    "a%b%c",
    "a:b",
    "C:",
    "a=b",
    "=",
    "year=2024 #1",
    "a'b",
    'a"b',
    "a&b",
    "a@b",
    "a+b",
    "a,b",
    "a{b}",
    "a!b",
    "é",
    "日本",
    "-n",
    "a^b",
]
REFUSED = [
    "a*b",
    "a?b",
    "[a]",
    "~a",
    "a;b",
    "a|b",
    "a(b)",
    "<a>",
    "a\\b",
    "a\tb",
    "a\nb",
    "a&",
    "a ",
    "\u202e",
]
_TOLD = string.ascii_letters + " #$%:='\"&@!{}.-"
_MAKEFILE = """\
.SUFFIXES:
all: .notes/done
.PHONY: .again
include .notes/.settled
.notes/.settled: ; @echo looked >> looked; touch $@
.notes/done: ; @:
"""


def _looks(folder: Path) -> bool:
    os.utime(folder / ".notes" / ".settled", (1.5e9, 1.5e9))
    done = subprocess.run(["make"], cwd=folder, capture_output=True, text=True, check=True)
    assert done.stderr == ""
    looked = folder / "looked"
    found = looked.exists()
    looked.unlink(missing_ok=True)
    return found


def _is_watched(names: list[str]) -> None:
    """Check that make looks again just where one of the files is newer or gone."""
    with tempfile.TemporaryDirectory() as made:
        folder = Path(made)
        (folder / ".notes").mkdir()
        paths = [folder / "data" / name for name in names]
        (folder / "data").mkdir()
        for path in paths:
            path.write_text("")
            os.utime(path, (1e9, 1e9))
        (folder / "Makefile").write_text(_MAKEFILE)
        (folder / ".notes" / ".settled").write_text(settled_text("x", [f"data/{name}" for name in names]))
        assert not _looks(folder)
        for path in paths:
            os.utime(path, (1.6e9, 1.6e9))
            assert _looks(folder)
            os.utime(path, (1e9, 1e9))
            assert not _looks(folder)
        paths[0].unlink()
        assert _looks(folder)


def test_every_name_is_watched_as_it_is() -> None:
    _is_watched(NAMES)


@settings(max_examples=15)
@given(st.lists(st.text(_TOLD, min_size=1, max_size=8), min_size=1, max_size=4, unique_by=str.lower))
def test_names_of_any_characters_that_can_be_written_are_watched(names: list[str]) -> None:
    fit = [name for name in names if name not in (".", "..") and not name.endswith((" ", "&"))]
    if fit:
        _is_watched(fit)


@pytest.mark.parametrize("name", REFUSED, ids=ascii)
def test_a_name_that_make_cannot_be_told_is_looked_at_every_time(name: str) -> None:
    with pytest.raises(NotForMake):
        as_needed(name)
    text = settled_text("x", ["good", name])
    assert ".notes/.settled: .again # a name that Make can't be told: looked at every time\n" in text
    assert name not in text.replace("a name that Make", "")


@given(st.text(string.ascii_letters + string.punctuation + " é", min_size=1, max_size=12))
@settings(max_examples=25)
@example("$(x) $$ ${y}#\\#\\\\# 'a' %=:;")
def test_a_value_is_what_it_was(text: str) -> None:
    try:
        value = as_value(text)
    except NotForMake:
        assert text != text.strip() or text.endswith("\\")
        return
    makefile = f'x := {value}\nexport x\nall: ; @printf %s "$$x"\n'
    done = subprocess.run(["make", "-f", "-"], input=makefile, capture_output=True, text=True, check=True)
    assert done.stdout == text


def test_a_path_that_no_makefile_can_hold_is_refused() -> None:
    with pytest.raises(CannotEmit) as refused:
        BACKEND.emit(plan_of({"a": []}), EmitOptions(to_root=PurePosixPath("../a\nb")))
    assert str(refused.value) == (
        "a Makefile can't hold the path '../a\\nb' of the pipeline: Make can't be told of '\\n'\n"
        "  --> pipeline.py:1\n"
        "  help: rename the file or folder, or choose another output folder"
    )
