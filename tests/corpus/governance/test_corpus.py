"""Wrong and right specs for each rule of governance, the right ones near misses of the wrong ones.

A spec's lines that begin with `#: ` are the pyproject.toml of its project, and `#+ name: line` one line of the metadata of a distribution
that is installed for it.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from stagelang_compiler.checks.governance import RULES
from stagelang_compiler.compiler import Checked
from stagelang_compiler.fingerprint import distributions
from stagelang_compiler.licences import declared
from tests.corpus.specs import Block, blocks, judge, lacking
from tests.stagelang_compiler.conftest import Check

BLOCKS = blocks(Path(__file__).parent)


@pytest.fixture
def check_in_project(check: Check, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Check]:
    """Check a spec beside the settings that it names, with the distributions that it names installed."""
    site = tmp_path / "site-packages"
    site.mkdir()
    monkeypatch.setattr(sys, "path", [str(site), *sys.path])

    def check_text(text: str) -> Checked:
        settings = re.findall(r"^#: ?(.*\n)", text, re.MULTILINE)
        (tmp_path / "pyproject.toml").write_text("".join(settings), encoding="utf-8")
        for name, line in re.findall(r"^#\+ ([\w-]+): (.*\n)", text, re.MULTILINE):
            _install(site, name, line)
        return check(text)

    _forget()
    yield check_text
    _forget()


def _install(site: Path, name: str, line: str) -> None:
    module = name.replace("-", "_")
    place = site / f"{module}-1.0.dist-info"
    if not place.exists():
        place.mkdir()
        (site / f"{module}.py").write_text("NUMBER = 1\n")
        (place / "RECORD").write_text(f"{module}.py,,\n")
        (place / "METADATA").write_text(f"Metadata-Version: 2.4\nName: {name}\nVersion: 1.0\n")
    with (place / "METADATA").open("a") as metadata:
        metadata.write(line)


def _forget() -> None:
    for module in [name for name in sys.modules if name.startswith("corpus_")]:
        del sys.modules[module]
    declared._declared.cache_clear()  # pyright: ignore[reportPrivateUsage]
    for name in ("required", "_providers", "_records", "_is_installed"):
        getattr(distributions, name).cache_clear()


@pytest.mark.parametrize("block", BLOCKS, ids=str)
def test_a_spec_is_told_just_this(block: Block, check_in_project: Check, tmp_path: Path, bless: bool) -> None:
    judge(block, check_in_project, tmp_path, bless=bless)


def test_every_rule_of_governance_has_three_wrong_specs_and_three_near_misses() -> None:
    assert lacking(BLOCKS, RULES) == []
