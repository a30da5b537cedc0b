"""The corpus of Yang et al. (ASE 2022, arXiv 2209.03345), written anew as pipelines where that can be done faithfully.

Their tests give a verdict on 37 programs: the fits that are reached by leakage, or none. Seven are small enough to say the same thing
here; the verdict is the same for six. The others are whole notebooks: they are listed with their verdicts, and not claimed.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.corpus.leakage.language import Program
from tests.corpus.leakage.test_programs import found_in

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

NOT_WRITTEN = {
    "leaky": """
        titanic0 nb_344873 nb_100841 nb_334422 nb_132929 nb_194503 nb_362989 nb_205857 nb_303674 nb_276778 nb_387986 nb_344814
        nb_282393 nb_175471 nb_248151 nb_273933 nb_424904 nb_292583 nb_481597 nb_1080148 nb_1090319 nb_1255091 yogmoh_news-category
        dktalaicha_credit-card-fraud-detection-using-smote-adasyn shahules_tackling-class-imbalance
    """,
    "clean": "nb_473437 nb_471253 nb_1020535 nb_277256 nb_598984",
}
"""Whole notebooks, of which one line in many matters: to write them anew would be to write other programs."""


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


def test_all_programs_with_a_verdict_are_accounted_for() -> None:
    left = [*NOT_WRITTEN["leaky"].split(), *NOT_WRITTEN["clean"].split()]
    assert len({*left}) == len(left)
    assert len(SAME) + len(OTHERWISE) + len(left) == 37
