"""A body whose result is said to depend on something hidden gives another one when that is varied; a right one gives the same.

Varied are the salt of `hash()`, the order in which folders are listed, the process, the host's name, the addresses of objects, the time,
what was drawn from the shared random generators before, and whether the body has run before in the process.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.corpus.reproducibility import vary
from tests.corpus.reproducibility.bodies import write
from tests.corpus.specs import Block, blocks

VARIED = ("SL306", "SL307", "SL308", "SL309", "SL310", "SL311", "SL312", "SL313")
BLOCKS = [block for block in blocks(Path(__file__).parent) if block.code in VARIED]


@pytest.fixture(scope="module")
def given(tmp_path_factory: pytest.TempPathFactory) -> list[tuple[Block, set[str]]]:
    """Give all that each body gave."""
    folder = tmp_path_factory.mktemp("bodies")
    named = write(BLOCKS, folder)
    found: dict[str, set[str]] = {name: set() for name in named}
    for salt, order in (("1", "plain"), ("2", "reversed"), ("3", "plain"), ("4", "reversed")):
        done = subprocess.run(
            [sys.executable, vary.__file__, str(folder), order],
            env={**os.environ, "PYTHONHASHSEED": salt},
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        for name, texts in json.loads(done.stdout.splitlines()[-1]).items():
            found[name].update(texts)
    return [(block, found[name]) for name, block in named.items()]


def test_a_wrong_body_gives_several_results(given: list[tuple[Block, set[str]]]) -> None:
    assert [str(block) for block, texts in given if block.kind == "wrong" and len(texts) == 1] == []


def test_a_right_body_gives_one(given: list[tuple[Block, set[str]]]) -> None:
    assert [(str(block), texts) for block, texts in given if block.kind == "right" and len(texts) > 1] == []
