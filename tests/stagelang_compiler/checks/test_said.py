"""What is said of wrong specs, whole, and that near misses are let through.

Each file in `said` holds blocks: a rule's code, whether the spec is wrong or right, the spec (after the prelude of `conftest.py`),
and all that `check` prints of it but code frames. `pytest --bless` writes what is printed. SL5 is in `tests/corpus/metrics`.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import NamedTuple

import pytest

from stagelang_compiler.checks import RULES, hidden, targets
from tests.stagelang_compiler.conftest import Said

FOLDER = Path(__file__).with_name("said")
_HEAD = re.compile(r"==== (SL\d{3}) (wrong|right): (.+)\n")
_SAYS = "---- says\n"


class Block(NamedTuple):
    """One spec and what is said of it."""

    file: str
    head: str
    code: str
    kind: str
    spec: str
    expected: str


def _blocks() -> list[Block]:
    found: list[Block] = []
    for path in sorted(FOLDER.glob("*.txt")):
        text = path.read_text(encoding="utf-8")
        heads = list(_HEAD.finditer(text))
        ends = [head.start() for head in heads[1:]] + [len(text)]
        for head, end in zip(heads, ends, strict=True):
            spec, _, expected = text[head.end() : end].partition(_SAYS)
            found.append(Block(path.name, head[0], head[1], head[2], spec, expected))
    return found


BLOCKS = _blocks()


@pytest.mark.parametrize("block", BLOCKS, ids=lambda block: block.head.strip("= \n"))
def test_a_spec_is_told_just_this(block: Block, said: Said, bless: bool) -> None:
    found = said(block.spec) + "\n"
    if bless:
        path = FOLDER / block.file
        text = path.read_text(encoding="utf-8")
        old = block.head + block.spec + (_SAYS + block.expected if block.expected else "")
        assert text.count(old) == 1
        path.write_text(text.replace(old, block.head + block.spec + _SAYS + found), encoding="utf-8")
        return
    assert found == block.expected
    codes = set(re.findall(r"^(?:error|warning|note)\[(SL\d{3})\]", found, re.MULTILINE))
    assert (block.code in codes) == (block.kind == "wrong")
    if block.kind == "right":
        assert codes <= {"SL512", "SL700"}, (
            "a right spec may only be told that experiments aren't carried out, and what Seeds(2) can't show"
        )


def test_every_rule_of_these_families_has_a_wrong_spec_and_a_near_miss() -> None:
    found_while_loading = {
        "SL100",
        "SL101",
        "SL102",
        "SL103",
        "SL104",
        "SL106",
        "SL107",
    }  # test_spec.py, test_findings.py
    of_leakage = {
        "SL602",
        "SL603",
        "SL604",
        "SL605",
        "SL606",
        "SL607",
        "SL609",
        "SL611",
        "SL612",
        "SL613",
        "SL614",
        "SL617",
        "SL618",
    }  # tests/corpus/leakage
    of_targets = {rule.code for rule in targets.RULES} - {"SL801"}  # tests/corpus/targets
    of_bodies = {rule.code for rule in hidden.RULES}  # tests/corpus/reproducibility
    told_elsewhere = found_while_loading | of_leakage | of_targets | of_bodies
    codes = {rule.code for rule in RULES if rule.code[2] in "13678"} - told_elsewhere
    assert {block.code for block in BLOCKS if block.kind == "wrong"} == codes
    near_elsewhere = {"SL125"}  # test_cron.py
    assert {block.code for block in BLOCKS if block.kind == "right"} == codes - near_elsewhere
