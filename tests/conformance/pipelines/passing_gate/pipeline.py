"""A metric over half of the rows passes its gate."""

from __future__ import annotations

from stagelang import Column, Contract, PerRow, Pipeline, Table, Test, column, mean, metric, source, split
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


halves = split(source(Answers, "answers.csv"), by=Answers.person, test=0.5)
right = accuracy(halves.test)
pipeline = Pipeline("passing_gate", seed=2, metrics=[right], gates=[right.at_least(0.7)])
