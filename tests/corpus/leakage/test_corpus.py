"""Wrong and right specs for the rules of populations, shares and roles, which need no program to run: near misses of each other."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.corpus.specs import Block, blocks, judge
from tests.stagelang_compiler.conftest import Check

BLOCKS = blocks(Path(__file__).parent)


@pytest.mark.parametrize("block", BLOCKS, ids=str)
def test_a_spec_is_told_just_this(block: Block, check: Check, tmp_path: Path, bless: bool) -> None:
    judge(block, check, tmp_path, bless=bless)
