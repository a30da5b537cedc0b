"""A forecast changes with whatever may change a key, on the node and on all that read it, and with nothing else."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pytest

from stagelang_compiler.compiler import check_file
from stagelang_runtime.execute.forecast import forecasts

SPEC = """\
from stagelang import Files, Pipeline, Value, files, stage


@stage(env=("REGION",))
def letters(texts: Files, *, least: int = 1) -> Value[int]:
    return Value.of(least)


@stage
def doubled(count: Value[int]) -> Value[int]:
    return Value.of(2 * count.value)


@stage
def other() -> Value[int]:
    return Value.of(1)


texts = files("texts", name="texts")
pipeline = Pipeline("letters", seed=1, outputs=[doubled(letters(texts)), other()])
"""
NODES = {"texts", "letters", "doubled", "other"}


@pytest.fixture
def project(tmp_path: Path) -> Path:
    (tmp_path / "texts").mkdir()
    (tmp_path / "texts" / "a.txt").write_text("abc")
    (tmp_path / "pipeline.py").write_text(SPEC)
    return tmp_path


def _forecasts(project: Path, **variables: str) -> Mapping[str, str]:
    plan = check_file(project / "pipeline.py").plan
    assert plan is not None
    return forecasts(plan, root=project, variables=variables)


def _changed(before: Mapping[str, str], after: Mapping[str, str]) -> set[str]:
    assert before.keys() == after.keys() == NODES
    return {name for name in NODES if before[name] != after[name]}


def test_nothing_changed_gives_the_same_and_so_does_a_comment(project: Path) -> None:
    before = _forecasts(project)
    (project / "pipeline.py").write_text(
        SPEC.replace("    return Value.of(1)", "    # one\n    return Value.of(1)")
    )
    assert _changed(before, _forecasts(project)) == set()


@pytest.mark.parametrize(
    ("old", "new", "changed"),
    [
        ("Value.of(2 *", "Value.of(3 *", {"doubled"}),
        ("letters(texts)", "letters(texts, least=2)", {"letters", "doubled"}),
        ("seed=1", "seed=2", {"letters", "doubled", "other"}),
        ("Value.of(1)", "Value.of(0)", {"other"}),
    ],
)
def test_an_edit_changes_what_it_concerns_and_all_that_reads_it(
    old: str, new: str, changed: set[str], project: Path
) -> None:
    before = _forecasts(project)
    (project / "pipeline.py").write_text(SPEC.replace(old, new))
    assert _changed(before, _forecasts(project)) == changed


def test_a_source_s_files_and_a_declared_variable_count(project: Path) -> None:
    before = _forecasts(project, REGION="eu", ELSE="1")
    assert _changed(before, _forecasts(project, REGION="eu", ELSE="2")) == set()
    assert _changed(before, _forecasts(project, REGION="us")) == {"letters", "doubled"}
    (project / "texts" / "b.txt").write_text("d")
    assert _changed(before, _forecasts(project, REGION="eu")) == {"texts", "letters", "doubled"}


def test_a_source_that_can_t_be_read_is_tried_each_time(project: Path) -> None:
    (project / "texts" / "a.txt").unlink()
    assert _changed(_forecasts(project), _forecasts(project)) == {"texts", "letters", "doubled"}


def test_a_stage_that_is_always_run_and_what_reads_it_is_never_foretold(project: Path) -> None:
    (project / "pipeline.py").write_text(SPEC.replace('env=("REGION",)', "always_run=True"))
    assert _changed(_forecasts(project), _forecasts(project)) == {"letters", "doubled"}
