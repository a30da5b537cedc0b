"""Wrong and right specs for each rule of a family, the right ones near misses of the wrong ones: how they are read and judged.

Each file `SLnnn.txt` of a corpus holds one rule's blocks: what the file's specs have in common, then whether a spec is wrong or right,
the spec, and all that `check` prints of it but code frames, other rules' notes, and what a spec leaves unused. The specs stand after the
prelude of the compiler's tests. In a wrong one `#<` marks the lines that must be named, or may be in what the specs have in common; no
other line may. `pytest --bless` writes what is printed.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple

from stagelang_compiler.diagnostics import Rule, Severity
from stagelang_compiler.rendering import render
from tests.stagelang_compiler.conftest import FIRST, PRELUDE, Check

_HEAD = re.compile(r"==== (wrong|right): (.+)\n")
_SAYS = "---- says\n"
_FRAME = re.compile(r" *\d* +\||found |to learn more|no findings")
_PLACE = re.compile(r"pipeline\.py:(\d+)")


class Block(NamedTuple):
    """One spec and what is said of it."""

    path: Path
    kind: str
    title: str
    common: str
    spec: str
    expected: str

    @property
    def code(self) -> str:
        """The rule that the spec breaks, or nearly."""
        return self.path.stem

    def __str__(self) -> str:
        return f"{self.code} {self.kind}: {self.title}"


def blocks(folder: Path) -> list[Block]:
    """Read all blocks of a folder's files, in order."""
    found: list[Block] = []
    for path in sorted(folder.glob("SL*.txt")):
        text = path.read_text(encoding="utf-8")
        heads = list(_HEAD.finditer(text))
        ends = [head.start() for head in heads[1:]] + [len(text)]
        common = text[: heads[0].start()]
        for head, end in zip(heads, ends, strict=True):
            spec, _, expected = text[head.end() : end].partition(_SAYS)
            found.append(Block(path, head[1], head[2], common, spec, expected))
    return found


def judge(block: Block, check: Check, root: Path, *, bless: bool) -> None:
    """Assert that a block's spec is told just what the block says, and that this is its rule's alone; or write what it is told."""
    spec = block.common + block.spec
    found = _said(spec, block.code, check, root)
    if bless:
        write(block, found)
    else:
        assert found == block.expected
    codes = set(re.findall(r"^(?:error|warning|note)\[(SL\d{3})\]", found, re.MULTILINE))
    assert codes == ({block.code} if block.kind == "wrong" else set())
    if block.kind == "wrong":
        numbered = list(enumerate(spec.splitlines(), FIRST))
        marked = {number for number, line in numbered if line.endswith("#<")}
        own = FIRST + block.common.count("\n")
        named = {int(line) for line in _PLACE.findall(found) if int(line) >= FIRST}
        assert named <= marked
        assert {line for line in named if line >= own} == {line for line in marked if line >= own}


def lacking(judged: Iterable[Block], rules: Iterable[Rule]) -> list[str]:
    """Name the rules of which there are not three wrong and three right blocks, and the blocks of no such rule."""
    counted = Counter((block.code, block.kind) for block in judged)
    codes = [rule.code for rule in rules]
    few = [
        f"{code}: {counted[code, kind]} {kind}"
        for code in codes
        for kind in ("wrong", "right")
        if counted[code, kind] < 3
    ]
    return few + sorted({f"{code}: no rule of these" for code, _ in counted if code not in codes})


def _said(spec: str, code: str, check: Check, root: Path) -> str:
    findings = [
        each
        for each in check(PRELUDE + spec).diagnostics
        if each.rule.code == code
        or (each.rule.name != "unused-call" and each.rule.severity is not Severity.NOTE)
    ]
    return told(render(findings, format="text", root=root))


def told(rendered: str) -> str:
    """Leave out of what is printed the code frames and what is said of all findings together."""
    lines = rendered.splitlines()
    return "\n".join(line for line in lines if line.strip() and not _FRAME.match(line)) + "\n"


def write(block: Block, found: str) -> None:
    """Write what is told of a block into its file."""
    text = block.path.read_text(encoding="utf-8")
    head = f"==== {block.kind}: {block.title}\n"
    old = head + block.spec + (_SAYS + block.expected if block.expected else "")
    assert text.count(old) == 1
    block.path.write_text(text.replace(old, head + block.spec + _SAYS + found), encoding="utf-8")
