"""Leaks as they are written in notebooks are found, and their twins stay without a finding; where they can run, the oracle agrees."""

from __future__ import annotations

import ast
from importlib.util import find_spec
from pathlib import Path

import pytest

from stagelang_compiler.compiler import check_file
from tests.corpus.leakage.language import Program
from tests.corpus.leakage.notebooks import CLEAN, LEAKY
from tests.corpus.leakage.oracle import witnesses
from tests.corpus.leakage.test_programs import found_in

PROGRAMS = [
    Program(kind="clean" if not leaks else "leaky", name=name, codes=(), stages=stages, wiring=wiring)
    for leaks, programs in ((True, LEAKY), (False, CLEAN))
    for name, (stages, wiring) in programs.items()
]
NOT_SEEN = {
    "no value is missing in the oracle's rows": """
        imputer, global mean fill loop, mean in a dict, interpolated, backfill, cols apply var
    """,
    "the oracle changes no street and no key": """
        count encoding, tfidf, np.unique codes, counter, label encoder, vectoriser on all, window lag in group future
    """,
    "copies keep their key, and so their side, in the oracle; the key gate refuses them": """
        smote, bootstrap, concat minority, np repeat
    """,
    "which rows or columns are chosen doesn't change with these rows": """
        outlier filter, zscore filter, correlation selection, asof nearest
    """,
    "the oracle runs stages of one output": "joint scale two outputs",
}
"""Leaky programs that the oracle doesn't see, and why."""
_UNSEEN = {name.strip() for names in NOT_SEEN.values() for name in names.split(",")}


def test_there_are_thirty_of_each_and_more() -> None:
    assert len(LEAKY) >= 30 and len(CLEAN) >= 30
    assert not LEAKY.keys() & CLEAN.keys()
    assert LEAKY.keys() >= _UNSEEN


@pytest.mark.parametrize("program", PROGRAMS, ids=str)
def test_just_the_leaky_ones_have_findings(tmp_path: Path, program: Program) -> None:
    found = found_in(tmp_path, program)
    assert bool(found) == (program.kind == "leaky"), [each.message for each in found]
    assert all(each.rule.code != "SL100" for each in found)


def _libraries(program: Program) -> set[str]:
    """Name what a program imports."""
    found: set[str] = set()
    for node in ast.walk(ast.parse(program.text)):
        if isinstance(node, ast.Import):
            found |= {each.name.partition(".")[0] for each in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            found.add(node.module.partition(".")[0])
    return found


RUNNABLE = [
    each
    for each in PROGRAMS
    if "pipeline =" not in each.wiring
    and each.name not in _UNSEEN
    and all(find_spec(name) is not None for name in _libraries(each))
]


@pytest.mark.parametrize("program", RUNNABLE, ids=str)
@pytest.mark.filterwarnings("ignore")
def test_what_was_fitted_changes_with_the_judged_rows_in_the_leaky_ones(
    tmp_path: Path, program: Program
) -> None:
    (tmp_path / "pipeline.py").write_text(program.text, encoding="utf-8")
    graph = check_file(tmp_path / "pipeline.py").graph
    assert graph is not None
    assert bool(witnesses(graph, tmp_path)) == (program.kind == "leaky")


def test_most_of_them_run() -> None:
    assert len(RUNNABLE) >= 60
