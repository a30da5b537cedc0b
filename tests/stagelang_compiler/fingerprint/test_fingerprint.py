"""What a fingerprint shows, and the words for the first difference between two."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from attrs import evolve

from stagelang_compiler.fingerprint import Fingerprinter, first_difference

if TYPE_CHECKING:
    from tests.stagelang_compiler.fingerprint.conftest import Folder

FILES = {
    "pipeline.py": """
        import numpy as np
        from tools.clean import strip_noise
        LEVEL = 3
        class Rule:
            level = 1
        def embed(rows):
            return strip_noise(rows, LEVEL, Rule.level)
        """,
    "tools/__init__.py": "",
    "tools/clean.py": """
        import decimal
        decimal.getcontext().prec = 5
        def strip_noise(rows, level, other):
            return rows * level
        """,
}


def test_a_fingerprint_lists_what_it_covers_the_function_first(folder: Folder) -> None:
    folder.write(FILES)
    printed = folder.take()
    assert [(each.kind, each.name, each.origin) for each in printed.components] == [
        ("function", "pipeline:embed", "pipeline.py:7"),
        ("function", "tools.clean:strip_noise", "tools/clean.py:4"),
        ("class", "pipeline:Rule", "pipeline.py:5"),
        ("constant", "pipeline:LEVEL", "pipeline.py:4"),
        ("import", "pipeline:strip_noise", "pipeline.py:3"),
        ("import", "tools.clean:decimal", "tools/clean.py:2"),
        ("statements", "tools.clean", "tools/clean.py:3"),
    ]
    assert all(each.digest.startswith("sha256:") for each in printed.components)
    assert (printed.distributions, printed.conservative) == ((), ())


def test_a_renamed_function_or_class_keeps_its_components_digest_and_not_the_identity(folder: Folder) -> None:
    folder.write(FILES)
    before = folder.take()
    folder.edit("pipeline.py", "def embed", "def encode")
    after = folder.take("encode")
    assert (before.components[0].name, after.components[0].name) == ("pipeline:embed", "pipeline:encode")
    assert before.components[0].digest == after.components[0].digest
    assert before.components[1:] == after.components[1:]
    assert before.digest != after.digest


def test_the_name_of_what_a_decorator_registers_counts_where_the_decorator_is_not_its_own(
    folder: Folder,
) -> None:
    text = """
        from functools import singledispatch
        @singledispatch
        def embed(rows):
            return rows
        @embed.register
        def of_text(rows: str):
            return 1
        """
    folder.write({"pipeline.py": text})
    before = {each.name: each.digest for each in folder.take().components}
    folder.edit("pipeline.py", "def of_text", "def of_words")
    after = {each.name: each.digest for each in folder.take().components}
    assert before["pipeline:embed"] != after["pipeline:embed"]


@pytest.mark.parametrize(
    ("file", "old", "new", "difference"),
    [
        ("pipeline.py", "return strip", "return 1, strip", "function pipeline.py:embed changed"),
        ("tools/clean.py", "rows * level", "rows + level", "helper tools/clean.py:strip_noise changed"),
        ("pipeline.py", "level = 1", "level = 2", "class pipeline.py:Rule changed"),
        ("pipeline.py", "LEVEL = 3", "LEVEL = 4", "constant pipeline.py:LEVEL changed"),
        ("tools/clean.py", "prec = 5", "prec = 6", "what is run on loading tools/clean.py changed"),
        ("tools/clean.py", "rows * level", "np.multiply(rows, level)", "helper tools/clean.py:strip_noise changed"),
        ("tools/clean.py", "decimal.getcontext().prec = 5", "", "import tools/clean.py:decimal is no longer used"),
        ("tools/clean.py", "prec = 5", "prec = 5; x = decimal.y = 1", "what is run on loading tools/clean.py changed"),
        ("pipeline.py", "LEVEL = 3", "LEVEL = 3; import os; os.x = 1", "import pipeline.py:os is used now"),
    ],
)  # fmt: skip
def test_the_first_difference_is_named(
    folder: Folder, file: str, old: str, new: str, difference: str
) -> None:
    folder.write(FILES)
    before = folder.take()
    text = (folder.root / file).read_text(encoding="utf-8")
    assert text.count(old) == 1
    (folder.root / file).write_text(text.replace(old, new), encoding="utf-8")
    assert first_difference(before, folder.take()) == difference


def test_distributions_are_named_if_nothing_else_differs(folder: Folder) -> None:
    folder.write(FILES)
    printed = folder.take()
    assert first_difference(printed, evolve(printed, distributions=("numpy",))) == "distribution numpy added"
    assert (
        first_difference(evolve(printed, distributions=("numpy",)), printed) == "distribution numpy removed"
    )
    assert first_difference(printed, printed) is None


def test_functions_share_the_work_on_their_helpers(folder: Folder) -> None:
    stages = "".join(f"def stage_{n}(x): return clean(x) + {n}\n" for n in range(50))
    folder.write(
        {"pipeline.py": f"from helpers import clean\n{stages}", "helpers.py": "def clean(x): return x\n"}
    )
    pipeline = folder.load("__dict__")
    functions = [pipeline[f"stage_{n}"] for n in range(50)]
    printer = Fingerprinter(folder.root)
    printed = [printer.fingerprint(each) for each in functions]
    helpers = {
        id(component)
        for each in printed
        for component in each.components
        if component.name == "helpers:clean"
    }
    assert len(helpers) == 1
    assert len({each.digest for each in printed}) == 50


def test_a_module_that_is_linked_from_elsewhere_counts_as_if_it_lay_there(
    folder: Folder, tmp_path_factory: pytest.TempPathFactory
) -> None:
    shared = tmp_path_factory.mktemp("shared") / "scaling.py"
    shared.write_text("def scaled(x): return x * 2\n")
    (folder.root / "scaling.py").symlink_to(shared)
    folder.write({"pipeline.py": "from scaling import scaled\ndef embed(x): return scaled(x)\n"})
    before = folder.take()
    assert "scaling:scaled" in [piece.name for piece in before.components]
    shared.write_text("def scaled(x): return x * 30\n")
    assert folder.take().digest != before.digest
