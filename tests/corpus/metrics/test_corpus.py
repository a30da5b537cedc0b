"""Wrong and right specs for each rule of metric meaning, the right ones near misses of the wrong ones.

Each file holds one rule's blocks: what the file's specs have in common, then whether a spec is wrong or right, the spec, and all that
`check` prints of it but code frames, notes and what a spec leaves unused. The specs stand after the prelude of the compiler's tests.
In a wrong one `#<` marks the lines that must be named, or may be in what the specs have in common; no other line may.
`pytest --bless` writes what is printed.
"""

from __future__ import annotations

import re
from collections import Counter
from pathlib import Path
from typing import NamedTuple

import pytest

from stagelang_compiler.checks.metrics import RULES
from stagelang_compiler.diagnostics import Severity
from stagelang_compiler.rendering import render
from tests.stagelang_compiler.conftest import FIRST, PRELUDE, Check

FOLDER = Path(__file__).parent
_HEAD = re.compile(r"==== (wrong|right): (.+)\n")
_SAYS = "---- says\n"
_FRAME = re.compile(r" *\d* +\||found |to learn more|no findings")
_PLACE = re.compile(r"pipeline\.py:(\d+)")


class Block(NamedTuple):
    """One spec and what is said of it."""

    code: str
    kind: str
    title: str
    common: str
    spec: str
    expected: str


def _blocks() -> list[Block]:
    found: list[Block] = []
    for path in sorted(FOLDER.glob("SL5*.txt")):
        text = path.read_text(encoding="utf-8")
        heads = list(_HEAD.finditer(text))
        ends = [head.start() for head in heads[1:]] + [len(text)]
        common = text[: heads[0].start()]
        for head, end in zip(heads, ends, strict=True):
            spec, _, expected = text[head.end() : end].partition(_SAYS)
            found.append(Block(path.stem, head[1], head[2], common, spec, expected))
    return found


BLOCKS = _blocks()


def _said(spec: str, check: Check, root: Path) -> str:
    findings = [
        each
        for each in check(PRELUDE + spec).diagnostics
        if each.rule.name != "unused-call" and each.rule.severity is not Severity.NOTE
    ]
    lines = render(findings, format="text", root=root).splitlines()
    told = [line for line in lines if line.strip() and not _FRAME.match(line)]
    return "\n".join(told) + "\n"


@pytest.mark.parametrize("block", BLOCKS, ids=lambda block: f"{block.code} {block.kind}: {block.title}")
def test_a_spec_is_told_just_this(block: Block, check: Check, tmp_path: Path, bless: bool) -> None:
    spec = block.common + block.spec
    found = _said(spec, check, tmp_path)
    if bless:
        path = FOLDER / f"{block.code}.txt"
        text = path.read_text(encoding="utf-8")
        head = f"==== {block.kind}: {block.title}\n"
        old = head + block.spec + (_SAYS + block.expected if block.expected else "")
        assert text.count(old) == 1
        path.write_text(text.replace(old, head + block.spec + _SAYS + found), encoding="utf-8")
    else:
        assert found == block.expected
    codes = set(re.findall(r"^(?:error|warning|note)\[(SL\d{3})\]", found, re.MULTILINE))
    assert codes == ({block.code} if block.kind == "wrong" else set())
    if block.kind == "wrong":
        numbered = list(enumerate(spec.splitlines(), FIRST))
        marked = {number for number, line in numbered if line.endswith("#<")}
        own = FIRST + block.common.count("\n")
        told = {int(line) for line in _PLACE.findall(found) if int(line) >= FIRST}
        assert told <= marked
        assert {line for line in told if line >= own} == {line for line in marked if line >= own}


def test_every_rule_of_metrics_has_three_wrong_specs_and_three_near_misses() -> None:
    counted = Counter((block.code, block.kind) for block in BLOCKS)
    few = [
        (rule.code, kind, counted[rule.code, kind])
        for rule in RULES
        for kind in ("wrong", "right")
        if counted[rule.code, kind] < 3
    ]
    assert few == []
    assert {block.code for block in BLOCKS} == {rule.code for rule in RULES}
