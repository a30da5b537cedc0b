"""Whole texts of what edits of the examples change: `pytest --bless` rewrites them, and the difference is reviewed."""

from __future__ import annotations

from pathlib import Path

import pytest

from stagelang_compiler.diff import diff, diff_text
from tests.stagelang_compiler.diff.edits import EDITS, plan_of

SAID = Path(__file__).parent / "said"


@pytest.mark.parametrize("name", EDITS)
def test_an_edit_is_told_whole(name: str, bless: bool) -> None:
    example = EDITS[name].example
    text = diff_text(diff(plan_of(example), plan_of(example, name)))
    path = SAID / f"{name}.txt"
    if bless:
        path.write_text(text, encoding="utf-8")
    assert path.read_text(encoding="utf-8") == text, "if this is right, run pytest --bless"


def test_no_text_is_left_over() -> None:
    assert sorted(path.stem for path in SAID.glob("*")) == sorted(EDITS)
