"""Mistakes made on purpose in clean pipelines: each mutant is found out, or it is said why it can't be.

A clean pipeline is one of six shapes in one of five variants of what lies around the shape: 30 in all. Each operator rewrites its wiring.
"""

from __future__ import annotations

import datetime as dt
import itertools
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from stagelang_compiler.compiler import check_file
from tests.corpus.leakage.choosing import CHOICE
from tests.corpus.leakage.language import Program

_STAGES = (
    CHOICE.stages
    + """
class Bills(Contract):
    household: Column[int] = column(key=True)
    street: Column[str] = column(group=True)
    day: Column[dt.datetime] = column(time=True)
    income: Column[float] = column(ge=0)
    food: Column[float] = column(role="label", known_after=dt.timedelta(days=7))


@stage
def tidy(rows: Table[Contract, S]) -> Table[Contract, S]:
    return rows.derive(Contract, rows.pandas[rows.pandas["income"] > 0])


@stage
def typical(rows: Table[Contract]) -> Value[float]:
    return Value.of(float(rows.pandas["income"].mean()))


@stage
def scale(size: Value[float], rows: Table[Meals, S]) -> Table[Meals, S]:
    return rows.derive(Meals, rows.pandas.assign(income=rows.pandas["income"] / size.value))


@stage
def relative(rows: Table[Meals, S]) -> Table[Meals, S]:
    return rows.derive(Meals, rows.pandas.assign(income=rows.pandas["income"] / rows.pandas["income"].mean()))


@stage
def oversampled(rows: Table[Meals, S]) -> Table[Meals, S]:
    return rows.derive(Meals, rows.pandas.sample(n=400, replace=True))


@stage
def following(rows: Table[Bills, S]) -> Table[Bills, S]:
    frame = rows.pandas.sort_values("day")
    return rows.derive(Bills, frame.assign(income=frame["income"].shift(-1).fillna(0.0)))


"""
)

_BY_TIME = "split_by_time(bills, by=Bills.day, test_from=dt.date(2026, 3, 1), embargo=dt.timedelta(days=7))"
_THIRDS = "parts = split({rows}, by=Meals.household, test=0.2, validation=0.2)\n"
SHAPES: Mapping[str, str] = {
    "one model": _THIRDS + "model = fit(parts.train)\n",
    "two models": _THIRDS + "model = pick(fit(parts.train), fit_high(parts.train), parts.validation)\n",
    "the best of two": _THIRDS + "model = best(parts.validation, fit(parts.train), fit_high(parts.train))\n",
    "a scale": _THIRDS + "size = typical(parts.train)\nmodel = fit(scale(size, parts.train))\n",
    "oversampled": _THIRDS + "model = fit(oversampled(parts.train))\n",
    "by time": f"parts = {_BY_TIME}\nmodel = fit(parts.train)\n".replace("bills,", "{rows},"),
}
AROUND: Mapping[str, tuple[str, str]] = {
    "plain": ("", "off = error(guess(model, parts.test))\n"),
    "with an output": (
        "",
        "off = error(guess(model, parts.test))\npipeline = Pipeline('food', seed=1, metrics=[off], outputs=[model])\n",
    ),
    "with a gate": (
        "",
        "off = error(guess(model, parts.test))\npipeline = Pipeline('food', seed=1, gates=[off.at_most(9)])\n",
    ),
    "with a level": (
        "",
        "level = threshold(guess.named('seen')(model, parts.train))\noff = error(cut(level, guess(model, parts.test)))\n",
    ),
    "after another source": (
        "size_of_others = typical.named('typical_others')(others)\n",
        "off = error(guess(model, parts.test))\npipeline = Pipeline('food', seed=1, metrics=[off], outputs=[size_of_others])\n",
    ),
}
BY_TIME = 'bills = source(Bills, "meals.csv", name="bills")\n'


def _clean(shape: str, around: str) -> str:
    before, after = AROUND[around]
    rows = "bills" if shape == "by time" else "meals"
    return (BY_TIME if rows == "bills" else "") + before + SHAPES[shape].format(rows=rows) + after


def _swap(old: str, new: str) -> Callable[[str], str]:
    return lambda wiring: wiring.replace(old, new)


def _only(condition: str, mutate: Callable[[str], str]) -> Callable[[str], str]:
    return lambda wiring: mutate(wiring) if condition in wiring else wiring


OPERATORS: Mapping[str, Callable[[str], str]] = {
    "fit on all": _only("model = fit(parts.train)", _swap("fit(parts.train)", "fit(ROWS)")),
    "fit the scale on all": _swap("typical(parts.train)", "typical(ROWS)"),
    "fit on test": _swap("fit(parts.train)", "fit(parts.test)"),
    "mix before the split": _swap("split(meals,", "split(relative(meals),"),
    "move the split below a fitted scale": _swap(
        "split(meals,", "split(scale.named('before')(typical.named('of_all')(meals), meals),"
    ),
    "select on test": lambda wiring: wiring.replace("parts.validation", "parts.test"),
    "choose the level on test": _swap("('seen')(model, parts.train)", "('seen')(model, parts.test)"),
    "oversample first": lambda wiring: wiring.replace("split(meals,", "split(oversampled(meals),").replace(
        "oversampled(parts.train)", "parts.train"
    ),
    "shuffle the split by time": _swap(
        _BY_TIME,
        "split(bills, by=Bills.street, test=0.25)",
    ),
    "drop the group": _swap(
        _BY_TIME,
        "split(bills, by=Bills.household, test=0.25)",
    ),
    "look at the future": _swap("split_by_time(bills,", "split_by_time(following(bills),"),
    "evaluate on validation": lambda wiring: (
        wiring.replace("model, parts.test)", "model, parts.validation)")
        if "parts.validation" in wiring or "validation=" in wiring
        else wiring
    ),
    "evaluate on train": _swap("error(guess(model, parts.test))", "error(guess(model, parts.train))"),
}
CLEAN = list(itertools.product(SHAPES, AROUND))
MUTANTS = [
    (shape, around, operator)
    for shape, around in CLEAN
    for operator, mutate in OPERATORS.items()
    if mutate(_clean(shape, around)) != _clean(shape, around)
]


def _codes(folder: Path, wiring: str) -> list[str]:
    wiring = wiring.replace("ROWS", "bills" if "bills" in wiring else "meals")
    text = Program(kind="", name="", codes=(), stages=_STAGES, wiring=wiring).text
    (folder / "pipeline.py").write_text(text, encoding="utf-8")
    found = check_file(folder / "pipeline.py", today=dt.date(2026, 11, 23)).diagnostics
    return [each.rule.code for each in found if each.rule.code.startswith(("SL6", "SL100"))]


@pytest.mark.parametrize(("shape", "around"), CLEAN)
def test_a_clean_pipeline_has_no_finding(tmp_path: Path, shape: str, around: str) -> None:
    assert _codes(tmp_path, _clean(shape, around)) == []


@pytest.mark.parametrize("shape", SHAPES)
def test_every_mutant_is_found_out(tmp_path: Path, shape: str) -> None:
    lived: list[str] = []
    for of, around, operator in MUTANTS:
        if of == shape and not _codes(tmp_path, OPERATORS[operator](_clean(of, around))):
            lived.append(f"{of}, {around}: {operator}")
    assert lived == []


def test_every_operator_makes_mutants_of_thirty_clean_pipelines() -> None:
    assert len(CLEAN) == 30
    assert {operator for *_, operator in MUTANTS} == {*OPERATORS}
    assert len(MUTANTS) >= 150
