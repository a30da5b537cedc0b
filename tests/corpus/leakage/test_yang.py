"""The corpus of Yang et al. (ASE 2022, arXiv 2209.03345), written anew as pipelines where that can be done faithfully.

Their tests give a verdict on 37 programs: the fits that are reached by leakage, or none. Two more inputs, `nb_504` and `nb_1215904`, come
without one. Seven programs are small, and stand here; of the notebooks `yang.py` keeps what they do with their rows. The verdict is the
same for all but three, and it is said why.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from stagelang_compiler.compiler import check_file
from tests.corpus.leakage.language import Program
from tests.corpus.leakage.oracle import witnesses
from tests.corpus.leakage.test_programs import found_in
from tests.corpus.leakage.yang import CLEAN, LEAKY

_SPLIT = "halves = split({}, by=Meals.household, test=0.33)\noff = error(guess(fit({}), {}))\n"
_FILL = """
@stage
def fill(table: Table[Meals, S]) -> Table[Meals, S]:
    frame = table.pandas
    return table.derive(Meals, frame.assign(income=frame["income"].fillna(np.mean(frame["income"]))))


@stage
def typical(table: Table[Meals]) -> Value[float]:
    return Value.of(float(np.mean(table.pandas["income"])))


@stage
def fill_by(value: Value[float], table: Table[Meals, S]) -> Table[Meals, S]:
    return table.derive(Meals, table.pandas.assign(income=table.pandas["income"].fillna(value.value)))
"""
_SCALE = """
@stage
def scaled(table: Table[Meals, S]) -> Table[Meals, S]:
    from sklearn import preprocessing

    return table.derive(Meals, table.pandas.assign(income=preprocessing.scale(table.pandas["income"])))
"""
_SELECT = """
@stage
def chosen(table: Table[Meals]) -> Value[list[str]]:
    from sklearn.feature_selection import SelectPercentile, chi2

    frame = table.pandas
    select = SelectPercentile(chi2, percentile=50).fit(frame[["income"]], frame["street"])
    return Value.of([*select.get_feature_names_out()])


@stage
def kept(names: Value[list[str]], table: Table[Meals, S]) -> Table[Meals, S]:
    return table.derive(Meals, table.pandas)
"""
_SAMPLE = """
@stage
def resampled(table: Table[Meals, S]) -> Table[Meals, S]:
    from imblearn.over_sampling import RandomOverSampler

    frame, _ = RandomOverSampler(random_state=0).fit_resample(table.pandas, table.pandas["street"])
    return table.derive(Meals, frame)
"""

SAME: dict[str, tuple[list[str], str, str]] = {
    "test0: missing values filled by the mean before the split": (
        ["SL602"],
        _FILL,
        _SPLIT.format("fill(meals)", "halves.train", "halves.test"),
    ),
    "test2: training rows filled by the mean of all rows": (
        ["SL601"],
        _FILL,
        _SPLIT.format("meals", "fill_by(typical(meals), halves.train)", "halves.test"),
    ),
    "test3: a scaled copy that nothing uses": (
        [],
        _SCALE,
        "unused = scaled(meals)\n" + _SPLIT.format("meals", "halves.train", "halves.test"),
    ),
    "test4: features chosen by the training rows": (
        [],
        _SELECT,
        (
            "halves = split(meals, by=Meals.household, test=0.33)\nnames = chosen(halves.train)\n"
            "off = error(guess(fit(kept(names, halves.train)), kept(names, halves.test)))\n"
        ),
    ),
    "testOversampler: oversampled before the split": (
        ["SL609"],
        _SAMPLE,
        _SPLIT.format("resampled(meals)", "halves.train", "halves.test"),
    ),
    "testOversampler2: training rows oversampled": (
        [],
        _SAMPLE,
        _SPLIT.format("meals", "resampled(halves.train)", "halves.test"),
    ),
}

OTHERWISE = {
    "test1: each part filled by its own mean": (
        "leaky there; nothing fitted depends on test rows, so that it is no interference, and not found here",
        _FILL,
        _SPLIT.format("meals", "fill(halves.train)", "fill(halves.test)"),
    ),
}


def _found(folder: Path, stages: str, wiring: str) -> list[str]:
    program = Program(kind="yang", name="", codes=(), stages=stages, wiring=wiring)
    return [each.rule.code for each in found_in(folder, program)]


@pytest.mark.parametrize("name", SAME)
def test_the_verdict_is_theirs(tmp_path: Path, name: str) -> None:
    codes, stages, wiring = SAME[name]
    assert _found(tmp_path, stages, wiring) == codes


@pytest.mark.parametrize("name", OTHERWISE)
def test_the_verdict_differs_where_it_is_said_to(tmp_path: Path, name: str) -> None:
    _, stages, wiring = OTHERWISE[name]
    assert _found(tmp_path, stages, wiring) == []


NOTEBOOKS = {**LEAKY, **CLEAN}
DIFFERENT = {"nb_471253", "nb_277256"}
"""Clean there, as no fit of their list is reached; here the order of columns and the numbers of categories come from all rows."""


@pytest.mark.parametrize("name", NOTEBOOKS)
def test_a_notebook_written_anew_has_their_verdict_or_it_is_said_why_not(tmp_path: Path, name: str) -> None:
    notebook = NOTEBOOKS[name]
    assert _found(tmp_path, notebook.stages, notebook.wiring) == [*notebook.codes]
    assert bool(notebook.why) == (name in DIFFERENT)
    assert bool(notebook.codes) == (name in LEAKY) or notebook.why


WITNESSED = ("nb_344873", "nb_344814", "nb_282393", "nb_175471", "nb_248151", "nb_424904", "nb_292583")
UNWITNESSED = ("nb_473437", "nb_1020535")
"""Those that run with the libraries that there are, and whose leak the oracle's rows can show."""


@pytest.mark.parametrize("name", [*WITNESSED, *UNWITNESSED])
def test_the_oracle_agrees_where_it_can_run(tmp_path: Path, name: str) -> None:
    program = Program(
        kind="yang", name=name, codes=(), stages=NOTEBOOKS[name].stages, wiring=NOTEBOOKS[name].wiring
    )
    (tmp_path / "pipeline.py").write_text(program.text, encoding="utf-8")
    graph = check_file(tmp_path / "pipeline.py").graph
    assert graph is not None
    assert bool(witnesses(graph, tmp_path)) == (name in WITNESSED)


def test_all_programs_with_a_verdict_are_accounted_for() -> None:
    assert not LEAKY.keys() & CLEAN.keys()
    assert (len(LEAKY), len(CLEAN)) == (25, 5)
    assert len(SAME) + len(OTHERWISE) + len(NOTEBOOKS) == 37
