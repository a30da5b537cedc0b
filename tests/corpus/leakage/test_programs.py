"""Every leaky program is found out at the right places, and every near miss stays without a finding."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from pathlib import Path

import pytest

from stagelang_compiler.compiler import check_file
from stagelang_compiler.diagnostics import Diagnostic
from stagelang_compiler.rendering import render
from tests.corpus.leakage import choosing, columns, mixing, outside, rows
from tests.corpus.leakage.language import Program
from tests.corpus.leakage.oracle import witnesses

KINDS = (*rows.KINDS, *mixing.KINDS, *choosing.KINDS, *columns.KINDS, *outside.KINDS)
PROGRAMS = [program for kind in KINDS for program in kind.programs]
_OURS = ("SL6", "SL100")
"""Findings of other families are theirs to judge; a check that breaks is everybody's."""


def found_in(folder: Path, program: Program) -> list[Diagnostic]:
    """Check a program in a folder of its own."""
    (folder / "pipeline.py").write_text(program.text, encoding="utf-8")
    checked = check_file(folder / "pipeline.py", today=dt.date(2026, 11, 23))
    return [each for each in checked.diagnostics if each.rule.code.startswith(_OURS)]


@pytest.mark.parametrize("program", PROGRAMS, ids=str)
def test_each_program_has_the_findings_that_it_must_have(tmp_path: Path, program: Program) -> None:
    found = found_in(tmp_path, program)
    assert [each.rule.code for each in found] == [*program.codes], [each.message for each in found]
    for each in found:
        assert [place.origin.line for place in each.places][: len(program.places)] == program.places


def test_the_message_of_each_kind_reads_as_it_was_reviewed(tmp_path: Path, bless: bool) -> None:
    told: list[str] = []
    for kind in KINDS:
        seen: set[tuple[str, ...]] = set()
        for number, program in enumerate(kind.programs):
            if program.codes and program.codes not in seen:
                seen.add(program.codes)
                folder = tmp_path / f"{kind.name}{number}"
                folder.mkdir()
                text = render(found_in(folder, program), format="text", root=folder)
                told.append(f"{program}\n\n{text}")
    golden, text = Path(__file__).parent / "messages.txt", "\n\n".join(told)
    if bless:
        golden.write_text(text, encoding="utf-8")
    assert text == golden.read_text(encoding="utf-8"), "if the new messages are right, run pytest --bless"


def test_the_corpus_holds_four_of_each_sort_of_each_kind() -> None:
    leaky = Counter(program.kind for program in PROGRAMS if program.codes)
    clean = Counter(program.kind for program in PROGRAMS if not program.codes)
    assert len(KINDS) >= 14
    found = {code for program in PROGRAMS for code in program.codes}
    assert found >= {f"SL6{number:02}" for number in range(1, 15)}
    assert all(leaky[kind.name] >= 4 and clean[kind.name] >= 4 for kind in KINDS)
    assert len({str(program) for program in PROGRAMS}) == len(PROGRAMS) >= 112


INTERFERING = ("SL601", "SL602", "SL603", "SL609", "SL612")
RUNNABLE = [
    program
    for program in PROGRAMS
    if "metrics=" in program.text.rpartition("pipeline =")[2]
    and (not program.codes or program.codes[0] in INTERFERING)
    and "learnt_from=[" not in program.wiring  # what was fitted elsewhere isn't fitted again
]


@pytest.mark.parametrize("program", RUNNABLE, ids=str)
@pytest.mark.filterwarnings("ignore")
def test_what_was_fitted_changes_with_the_judged_rows_where_and_only_where_that_is_found(
    tmp_path: Path, program: Program
) -> None:
    (tmp_path / "pipeline.py").write_text(program.text, encoding="utf-8")
    graph = check_file(tmp_path / "pipeline.py").graph
    assert graph is not None
    seen = witnesses(graph, tmp_path)
    if seen is None:
        assert program.kind in ("joins", "untested", "artefact", "external", "inside"), (
            "only where nothing is fitted is there nothing to see"
        )
    else:
        assert bool(seen) == bool(program.codes)
