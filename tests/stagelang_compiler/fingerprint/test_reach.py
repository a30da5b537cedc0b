"""One edit each, written down in the two text files here: what changes the identity of `f`, and what doesn't."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, final

import pytest
from attrs import frozen

from stagelang_compiler.fingerprint import first_difference

if TYPE_CHECKING:
    from tests.stagelang_compiler.fingerprint.conftest import Folder

PIPELINE = "pipeline.py"
EDITED = re.compile(r"«(.*?)\|(.*?)»", re.DOTALL)


@final
@frozen
class Edit:
    """A fact about an edit: files, in one of which `«before|after»` marks what is edited."""

    fact: str
    files: dict[str, str]

    def version(self, number: int) -> dict[str, str]:
        """Give the files before (1) or after (2) the edit."""
        return {name: EDITED.sub(rf"\g<{number}>", text) for name, text in self.files.items()}


def edits(name: str) -> list[Edit]:
    """Read a file of edits: a heading each, then files, each after a line with its name."""
    text = (Path(__file__).parent / name).read_text(encoding="utf-8")
    found: list[Edit] = []
    for section in text.split("\n## ")[1:]:
        fact, _, rest = section.partition("\n")
        parts = re.split(r"^--- (\S+)\n", rest, flags=re.MULTILINE)[1:]
        files = dict(zip(parts[::2], parts[1::2], strict=True))
        assert len(EDITED.findall("".join(files.values()))) == 1, fact
        found.append(Edit(fact, files))
    return found


COUNT = edits("edits_that_count.txt")
DO_NOT_COUNT = edits("edits_that_do_not_count.txt")


@pytest.mark.parametrize("edit", COUNT, ids=lambda edit: edit.fact)
def test_this_edit_changes_the_digest(folder: Folder, edit: Edit) -> None:
    folder.write(edit.version(1))
    before = folder.take("f")
    folder.write(edit.version(2))
    after = folder.take("f")
    assert before.digest != after.digest
    assert first_difference(before, after) is not None


@pytest.mark.parametrize("edit", DO_NOT_COUNT, ids=lambda edit: edit.fact)
def test_this_edit_does_not_change_the_digest(folder: Folder, edit: Edit) -> None:
    folder.write(edit.version(1))
    before = folder.take("f")
    folder.write(edit.version(2))
    after = folder.take("f")
    assert before.digest == after.digest
    assert first_difference(before, after) is None


def test_functions_that_reach_the_same_code_are_told_apart(folder: Folder) -> None:
    mutual = "def f(n): return g(n)\ndef g(n): return f(n)\n"
    folder.write({PIPELINE: f"{mutual}class C:\n    def a(self): ...\n    def b(self): ...\n"})
    printed = [folder.take(name) for name in ("f", "g", "C.a", "C.b")]
    assert {each.name for each in printed[0].components} == {each.name for each in printed[1].components}
    assert len({each.digest for each in printed}) == 4


def test_a_function_written_twice_under_one_name_is_two(folder: Folder) -> None:
    folder.write({PIPELINE: "def f(): return 1\nfirst = f\ndef f(): return 2\n"})
    assert folder.take("first").digest != folder.take("f").digest


def test_a_function_in_a_package_counts_what_the_package_does_when_it_is_loaded(folder: Folder) -> None:
    folder.write(
        {
            "p/__init__.py": "import decimal\ndecimal.getcontext().prec = 5\n",
            "p/q/m.py": "def g(): return 1\n",
        }
    )
    folder.write({"p/q/__init__.py": ""})
    before = folder.take("g", "p.q.m")
    folder.edit("p/__init__.py", "= 5", "= 6")
    assert (
        first_difference(before, folder.take("g", "p.q.m")) == "what is run on loading p/__init__.py changed"
    )


def test_an_expression_too_deep_for_recursion_is_read(folder: Folder) -> None:
    deep = "+".join(["x"] * 900)
    folder.write({PIPELINE: f"K = 1\ndef f(x): return {deep}+K\n"})
    before = folder.take("f")
    folder.edit(PIPELINE, "K = 1", "K = 2")
    assert first_difference(before, folder.take("f")) == "constant pipeline.py:K changed"
