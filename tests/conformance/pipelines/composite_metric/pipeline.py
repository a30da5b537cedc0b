"""A metric is computed from others, and converted."""

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


@metric(unit=u.USD, better="lower", range=(0, None), aggregate=mean(), undefined="error", version="1")
def cost(answers: Table[Answers, Test]) -> PerRow[u.USD]:
    return PerRow(answers.arrow["cost"].to_numpy())


halves = split(source(Answers, "answers.csv"), by=Answers.person, test=0.5)
right, dollars = accuracy(halves.test), cost(halves.test)
a_right_one = dollars.per(right).named("a_right_one")
pipeline = Pipeline(
    "composite_metric", seed=2, metrics=[right, dollars, a_right_one], gates=[a_right_one.at_most(9)]
)
