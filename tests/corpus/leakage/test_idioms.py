"""What looks as if it treated each row by itself is found out, its near misses aren't; and what isn't found, the audit's question sees."""

from __future__ import annotations

from pathlib import Path

import pytest

from stagelang_compiler.compiler import check_file
from tests.corpus.leakage.idioms import CLEAN, LEAKY, UNSEEN
from tests.corpus.leakage.language import Program
from tests.corpus.leakage.oracle import witnesses
from tests.corpus.leakage.test_programs import found_in

NOT_IN_THE_ROWS = {
    "filled from before": "no value is missing in the oracle's rows, and pandas no longer has it",
    "numbers of categories": "the oracle changes no street",
    "joined to itself": "a row meets its street, and the model here reads nothing of that",
    "rows drawn with numpy": "copies keep their key, and so their side, in the oracle",
    "numbers drawn with numpy": "copies keep their key, and so their side, in the oracle",
}
"""Leaky ones that the oracle's rows can't show, and why."""


def _programs(kind: str) -> list[Program]:
    found = {"leaky": LEAKY, "clean": CLEAN, "unseen": UNSEEN}[kind]
    return [idiom.program(kind, name) for name, idiom in found.items()]


@pytest.mark.parametrize("program", _programs("leaky"), ids=str)
def test_an_idiom_across_rows_is_found(tmp_path: Path, program: Program) -> None:
    found = [each.rule.code for each in found_in(tmp_path, program)]
    assert found == ["SL609" if "drawn" in program.name else "SL602"]


@pytest.mark.parametrize("program", [*_programs("clean"), *_programs("unseen")], ids=str)
def test_its_near_miss_has_no_finding_nor_has_what_bodies_do_not_show(
    tmp_path: Path, program: Program
) -> None:
    assert [each.message for each in found_in(tmp_path, program)] == []


@pytest.mark.parametrize(
    "program",
    [
        each
        for kind in ("leaky", "clean", "unseen")
        for each in _programs(kind)
        if each.name not in NOT_IN_THE_ROWS
    ],
    ids=str,
)
@pytest.mark.filterwarnings("ignore")
def test_what_was_fitted_changes_with_the_judged_rows_but_in_the_clean_ones(
    tmp_path: Path, program: Program
) -> None:
    (tmp_path / "pipeline.py").write_text(program.text, encoding="utf-8")
    graph = check_file(tmp_path / "pipeline.py").graph
    assert graph is not None
    assert bool(witnesses(graph, tmp_path)) == (program.kind != "clean")


def test_the_exceptions_are_leaky_ones() -> None:
    assert LEAKY.keys() >= NOT_IN_THE_ROWS.keys()
