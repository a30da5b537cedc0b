"""Wrong and right specs for each rule about targets, the right ones near misses of the wrong ones.

A spec's lines that begin with `#: ` are the pyproject.toml of its project, which names the targets; `#/ ` names the folder that it lies
in, while what is emitted for it lies beside that folder.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Mapping
from pathlib import Path, PurePosixPath

import pytest
from attrs import frozen

from stagelang_backends.cli import target_findings
from stagelang_backends.cli.main import main
from stagelang_backends.protocol import (
    Backend,
    CannotEmit,
    EmitOptions,
    Inexpressible,
    backend_names,
    find_backend,
)
from stagelang_compiler.checks.targets import RULES
from stagelang_compiler.compiler import Checked, check_file
from stagelang_compiler.plan import Plan
from tests.corpus.specs import Block, blocks, judge, lacking
from tests.stagelang_compiler.conftest import TODAY, Check

BLOCKS = blocks(Path(__file__).parent)
CODES = {"loops": "SL802", "twos": "SL999", "threes": "SL101"}
"""Stages that a stranger's target refuses, and the codes under which it does; one is no code, and one not a target's to give."""


@frozen
class _Picky:
    """A stranger's target, which refuses some stages, and says so as it likes."""

    name: str = "picky"
    summary: str = ""

    def emit(self, plan: Plan, options: EmitOptions) -> Mapping[PurePosixPath, str]:
        refused = [each for each in plan.stages.values() if each.name in CODES]
        if refused:
            raise CannotEmit(
                tuple(
                    Inexpressible(
                        message=f"no {each.name}",
                        help=f"write no {each.name}",
                        code=CODES[each.name],
                        origin=each.origin,
                    )
                    for each in refused
                )
            )
        return {}


def _home(text: str, root: Path) -> Path:
    """Give the folder that a spec asks to lie in."""
    asked = re.search(r"^#/ (.+)$", text, re.MULTILINE)
    return root / ast.literal_eval(asked[1]) if asked else root


@pytest.fixture
def check_for_targets(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Check:
    """Check a spec beside the settings that it names, for the targets that they name, a stranger's among them."""
    names = (*backend_names(), "picky")

    def found(name: str) -> Backend:
        return _Picky() if name == "picky" else find_backend(name)

    def beside(*_: object) -> Path:
        return tmp_path / "out"

    monkeypatch.setattr(target_findings, "find_backend", found)
    monkeypatch.setattr(target_findings, "backend_names", lambda: names)

    def check_text(text: str) -> Checked:
        home = _home(text, tmp_path)
        home.mkdir(exist_ok=True)
        settings = re.findall(r"^#: ?(.*\n)", text, re.MULTILINE)
        (home / "pyproject.toml").write_text("".join(settings), encoding="utf-8")
        (home / "pipeline.py").write_text(text, encoding="utf-8")
        if home != tmp_path:  # what is emitted has to name the folder if it lies outside of it
            monkeypatch.setattr(target_findings, "output_folder", beside)
        return _checked(home / "pipeline.py")

    return check_text


def _checked(spec: Path) -> Checked:
    judged = (target_findings.target_check(spec, ()),)
    return check_file(spec, today=TODAY, of_settings=target_findings.check_tables, of_plan=judged)


@pytest.mark.parametrize("block", BLOCKS, ids=str)
def test_a_spec_is_told_just_this(
    block: Block, check_for_targets: Check, tmp_path: Path, bless: bool
) -> None:
    judge(block, check_for_targets, _home(block.spec, tmp_path), bless=bless)


def test_every_rule_about_targets_has_three_wrong_specs_and_three_near_misses() -> None:
    assert lacking(BLOCKS, RULES) == []


SPEC = """\
from stagelang import Pipeline, Value, stage


@stage
def one() -> Value[int]:
    return Value.of(1)


@stage
def two(number: Value[int]) -> Value[int]:
    return Value.of(number.value + 1)


pipeline = Pipeline("{name}", seed=1, outputs=[two(one())])
"""


@pytest.mark.parametrize(
    ("folder", "character"),
    [
        ("two\nlines", "\\n"),
        ("bell\a", "\\x07"),
        ("zero\u200bwidth", "\\u200b"),
        ("with space", ""),
        ("a#b$c:d", ""),
        ("übung", ""),
    ],
)
def test_a_way_that_make_can_t_be_told_of_is_found(
    folder: str, character: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    # the Makefile lies outside of the pipeline's folder, so that its way there names the folder
    home = tmp_path / folder
    home.mkdir()
    (home / "pipeline.py").write_text(SPEC.format(name="p"))
    code = main(["compile", str(home / "pipeline.py"), "--target", "make", "--output", str(tmp_path / "out")])
    said = capsys.readouterr().err
    if not character:
        assert (code, said) == (0, "")
        return
    assert code == 1
    assert said.startswith(
        f"error[SL810]: target 'make': a Makefile can't hold the path {f'../{folder}'!r} of the pipeline: "
        f"Make can't be told of '{character}'\n  --> pipeline.py:14\n"
    )
    assert "  help: rename the file or folder, or choose another output folder\n" in said
    assert not (tmp_path / "out").exists()
