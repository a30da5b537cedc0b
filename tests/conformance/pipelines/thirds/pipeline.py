"""Rows are divided in three."""

from __future__ import annotations

from stagelang import (
    Column,
    Contract,
    PerRow,
    Pipeline,
    Table,
    Test,
    Validation,
    Value,
    column,
    mean,
    metric,
    source,
    split,
    stage,
)
from stagelang import units as u


class Answers(Contract):
    """What was answered, and whether it was right."""

    answer_id: Column[int] = column(key=True)
    person: Column[int] = column(group=True)
    right: Column[bool] = column()
    cost: Column[float] = column(ge=0, unit=u.USD)


@metric(unit=u.RATIO, better="higher", range=(0, 1), aggregate=mean(), undefined="error", version="1")
def accuracy(answers: Table[Answers, Test]) -> PerRow[u.RATIO]:
    return PerRow(answers.arrow["right"].to_numpy(zero_copy_only=False))


@stage
def threshold(rows: Table[Answers, Validation]) -> Value[int]:
    return Value.of(rows.arrow.num_rows // 10)


thirds = split(source(Answers, "answers.csv"), by=Answers.person, test=0.25, validation=0.25)
pipeline = Pipeline("thirds", seed=2, metrics=[accuracy(thirds.test)], outputs=[threshold(thirds.validation)])
