"""Wrong and right specs for each rule about targets, the right ones near misses of the wrong ones.

A spec's lines that begin with `#: ` are the pyproject.toml of its project, which names the targets.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path, PurePosixPath

import pytest
from attrs import frozen

from stagelang_backends.cli import target_findings
from stagelang_backends.cli.main import main
from stagelang_backends.protocol import Backend, CannotEmit, EmitOptions, Inexpressible
from stagelang_compiler.checks.targets import RULES
from stagelang_compiler.compiler import Checked, check_file
from stagelang_compiler.plan import Plan
from stagelang_compiler.rendering import render
from tests.corpus.specs import Block, blocks, judge, lacking
from tests.stagelang_compiler.conftest import TODAY, Check

BLOCKS = blocks(Path(__file__).parent)
SHOWN_BELOW = {"SL802", "SL810"}
"""What a stranger's target refuses, and the name of a folder: no spec alone shows them."""


@pytest.fixture
def check_for_targets(tmp_path: Path) -> Check:
    """Check a spec beside the settings that it names, for the targets that they name."""

    def check_text(text: str) -> Checked:
        settings = re.findall(r"^#: ?(.*\n)", text, re.MULTILINE)
        (tmp_path / "pyproject.toml").write_text("".join(settings), encoding="utf-8")
        (tmp_path / "pipeline.py").write_text(text, encoding="utf-8")
        return _checked(tmp_path / "pipeline.py")

    return check_text


def _checked(spec: Path) -> Checked:
    judged = (target_findings.target_check(spec, ()),)
    return check_file(spec, today=TODAY, of_settings=target_findings.check_tables, of_plan=judged)


@pytest.mark.parametrize("block", BLOCKS, ids=str)
def test_a_spec_is_told_just_this(
    block: Block, check_for_targets: Check, tmp_path: Path, bless: bool
) -> None:
    judge(block, check_for_targets, tmp_path, bless=bless)


def test_every_rule_about_targets_has_three_wrong_specs_and_three_near_misses() -> None:
    assert lacking(BLOCKS, [rule for rule in RULES if rule.code not in SHOWN_BELOW]) == []


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


@frozen
class _Picky:
    """A stranger's target, which takes no stage called 'two', and says what it likes."""

    problem: Inexpressible
    name: str = "picky"
    summary: str = ""

    def emit(self, plan: Plan, options: EmitOptions) -> Mapping[PurePosixPath, str]:
        if plan.name.startswith("bad"):
            raise CannotEmit((self.problem,))
        return {}


@pytest.mark.parametrize(
    ("name", "problem", "said"),
    [
        ("bad-a", Inexpressible(message="no loops", help="write none"), "target 'picky': no loops"),
        ("bad-b", Inexpressible(message="no twos", help="x", code="SL999"), "target 'picky': no twos"),
        ("bad-c", Inexpressible(message="no threes", help="x", code="SL101"), "target 'picky': no threes"),
        ("good-a", Inexpressible(message="no loops", help="write none"), ""),
        ("good-b", Inexpressible(message="no twos", help="x", code="SL999"), ""),
        ("good-c", Inexpressible(message="no threes", help="x", code="SL101"), ""),
    ],
)
def test_what_a_strangers_target_refuses_is_a_finding_of_the_pipeline(
    name: str, problem: Inexpressible, said: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def found(target: str) -> Backend:
        return _Picky(problem)

    monkeypatch.setattr(target_findings, "find_backend", found)
    monkeypatch.setattr(target_findings, "backend_names", lambda: ("picky",))
    (tmp_path / "pyproject.toml").write_text('[tool.stagelang]\ntargets = ["picky"]\n')
    (tmp_path / "pipeline.py").write_text(SPEC.format(name=name))
    text = render(_checked(tmp_path / "pipeline.py").diagnostics, format="text", root=tmp_path)
    told = [line for line in text.splitlines() if "|" not in line and line]
    if not said:
        assert told == ["no findings"]
        return
    assert told == [
        f"error[SL802]: {said}",
        "  --> pipeline.py:14",
        f"  help: {problem.help}",
        "found 1 error",
        "to learn more: stagelang explain SL802",
    ]


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
