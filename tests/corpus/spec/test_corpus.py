"""Wrong and right specs for each rule of the spec, names, calls and structure, the right ones near misses of the wrong ones."""

from __future__ import annotations

from pathlib import Path

import pytest

from stagelang_compiler.checks.structure import RULES
from stagelang_compiler.diagnostics import INTERNAL_ERROR
from tests.corpus.specs import Block, blocks, judge, lacking
from tests.stagelang_compiler.conftest import Check

BLOCKS = blocks(Path(__file__).parent)


@pytest.mark.parametrize("block", BLOCKS, ids=str)
def test_a_spec_is_told_just_this(block: Block, check: Check, tmp_path: Path, bless: bool) -> None:
    judge(block, check, tmp_path, bless=bless)


def test_every_rule_of_the_spec_has_three_wrong_specs_and_three_near_misses() -> None:
    assert lacking(BLOCKS, (INTERNAL_ERROR, *RULES)) == []
