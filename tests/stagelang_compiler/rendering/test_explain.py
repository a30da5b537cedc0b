"""Tests of what `stagelang explain` prints."""

from __future__ import annotations

import re
from importlib.resources import files

from stagelang_compiler.rendering.explain import explain_text


def test_explain_gives_the_page_as_it_is() -> None:
    path = files("stagelang_compiler") / "explain" / "SL100.md"
    assert explain_text("sl100") == path.read_text(encoding="utf-8")


def test_explain_in_colour_says_the_same() -> None:
    text = explain_text("SL100", colour=True, width=60)
    assert "\x1b[" in text
    plain = re.sub(r"\x1b\[[0-9;]*m", "", text)
    assert "SL100: internal-error" in plain
    assert "It can't be waived, since nobody knows what it hides." in " ".join(plain.split())
    assert max(map(len, plain.splitlines())) == 60
