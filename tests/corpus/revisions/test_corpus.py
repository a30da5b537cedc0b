"""Wrong and right changes for each rule of revisions, the right ones near misses of the wrong ones.

A block holds what a branch changes in `base.txt`: whole lines that go, after `-`, and what stands in their place, after `+`.
"""

from __future__ import annotations

import datetime as dt
import re
from itertools import groupby
from pathlib import Path

import pytest

from stagelang_compiler.diff import diff, version_findings
from stagelang_compiler.rendering import render
from stagelang_compiler.revision_rules import RULES
from tests.corpus.specs import Block, blocks, lacking, told, write
from tests.stagelang_compiler.diff.edits import compiled

BASE = (Path(__file__).parent / "base.txt").read_text(encoding="utf-8")
BLOCKS = blocks(Path(__file__).parent)


def _changed(lines: list[str]) -> str:
    text, gone = BASE, ""
    for sign, group in groupby(lines, key=lambda line: line[:1]):
        part = "".join(line[1:] + "\n" for line in group)
        if sign == "-":
            gone = part
        else:
            assert sign == "+" and text.count(gone) == 1, gone
            text, gone = text.replace(gone, part if part.strip() else ""), ""
    assert not gone, "what goes needs a line after it that begins with +"
    return text


@pytest.mark.parametrize("block", BLOCKS, ids=str)
def test_a_change_is_told_just_this(block: Block, tmp_path: Path, bless: bool) -> None:
    changed = compiled(_changed(block.spec.splitlines()))
    findings = version_findings(diff(compiled(BASE), changed), base="main", today=dt.date(2026, 12, 1))
    (tmp_path / "none").mkdir()  # no source at hand: places without their lines
    found = told(render(findings, format="text", root=tmp_path / "none"))
    if bless:
        write(block, found)
    else:
        assert found == block.expected
    codes = set(re.findall(r"^(?:error|warning)\[(SL\d{3})\]", found, re.MULTILINE))
    assert codes == ({block.code} if block.kind == "wrong" else set())


def test_every_rule_of_revisions_has_three_wrong_changes_and_three_near_misses() -> None:
    assert lacking(BLOCKS, RULES) == []
