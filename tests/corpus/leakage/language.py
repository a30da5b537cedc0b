"""How a program of the corpus is written: what all share, its own stages, its wiring, and what is to be found.

A line that ends in `#1`, `#2`, ... is where the finding's first, second, ... place must be. A program without findings has none.
"""

from __future__ import annotations

import re
from typing import final

from attrs import frozen

PRELUDE = """\
import datetime as dt

import numpy as np
import pandas as pd

from stagelang import (
    Column, Contract, Files, Model, PerRow, Pipeline, S, Table, Test, Train, Validation, Value, column, files, folds, mean, metric,
    scope, source, split, split_by_time, stage,
)
from stagelang import units as u


class Meals(Contract):
    household: Column[int] = column(key=True)
    street: Column[str]
    income: Column[float] = column(ge=0)
    food: Column[float]


class Homes(Contract):
    household: Column[int] = column(key=True)
    street: Column[str] = column(group=True)
    income: Column[float] = column(ge=0)
    food: Column[float]


class Days(Contract):
    household: Column[int] = column(key=True)
    day: Column[dt.datetime] = column(time=True)
    income: Column[float] = column(ge=0)
    food: Column[float]


class Guesses(Contract):
    household: Column[int] = column(key=True)
    off: Column[float]


@stage(codec="json")
def fit(meals: Table[Contract]) -> Model[float]:
    frame = meals.pandas
    return Model.of(float(frame["food"].sum() / frame["income"].sum()))


@stage
def guess(model: Model[float], meals: Table[Contract, S]) -> Table[Guesses, S]:
    frame = meals.pandas
    off = (frame["income"] * model.value - frame["food"]).abs()
    return meals.derive(Guesses, frame[["household"]].assign(off=off))


@metric(unit=u.USD, better="lower", range=(0, None), aggregate=mean(), undefined="error", version="1")
def error(guesses: Table[Guesses]) -> PerRow[u.USD]:
    return PerRow(guesses.pandas["off"])


"""

SOURCES = """\
meals = source(Meals, "meals.csv")
homes = source(Homes, "meals.csv", name="homes")
days = source(Days, "meals.csv", name="days")
others = source(Meals, "others.csv")
"""

_USED = re.compile(r"\b(meals|homes|days|others)\b")
_MARK = re.compile(r"#(\d)$")


@final
@frozen
class Program:
    """One pipeline, with the codes that must be found in it."""

    kind: str
    name: str
    codes: tuple[str, ...]
    stages: str
    wiring: str

    @property
    def text(self) -> str:
        """The spec as it is written to a file."""
        wiring = self.wiring.strip("\n") + "\n"
        used = {match[1] for match in _USED.finditer(wiring)}
        sources = [line + "\n" for line in SOURCES.splitlines() if line.partition(" ")[0] in used]
        own = self.stages.strip("\n") + "\n\n\n" if self.stages.strip() else ""
        end = "" if "pipeline =" in wiring else 'pipeline = Pipeline("food", seed=1, metrics=[off])\n'
        return PRELUDE + own + "".join(sources) + wiring + end

    @property
    def places(self) -> list[int]:
        """The lines at which the finding must be, its primary place first."""
        marked = [
            (int(match[1]), number)
            for number, line in enumerate(self.text.splitlines(), start=1)
            if (match := _MARK.search(line))
        ]
        return [number for _, number in sorted(marked)]

    def __str__(self) -> str:
        return f"{self.kind}: {self.name}"


@final
class Kind:
    """Collects the programs of one kind of leakage."""

    def __init__(self, name: str, stages: str = "") -> None:
        self.name = name
        self.stages = stages
        self.programs: list[Program] = []

    def leaky(self, name: str, code: str, wiring: str, stages: str = "") -> None:
        """Add a program with one finding."""
        self.programs.append(Program(self.name, name, (code,), self.stages + stages, wiring))

    def clean(self, name: str, wiring: str, stages: str = "") -> None:
        """Add a near miss: a program much like a leaky one, without a finding."""
        self.programs.append(Program(self.name, name, (), self.stages + stages, wiring))
