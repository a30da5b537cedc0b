"""A metric has nothing to be divided by."""

from __future__ import annotations

import numpy as np

from stagelang import Column, Contract, PerRow, Pipeline, Table, Test, column, metric, ratio, source, split
from stagelang import units as u


class Answers(Contract):
    """What was answered, and what it cost."""

    answer_id: Column[int] = column(key=True)
    cost: Column[float] = column(ge=0, unit=u.USD)


@metric(unit=u.RATIO, better="lower", range=(0, 1), aggregate=ratio(), undefined="not_evaluated", version="1")
def wasted(answers: Table[Answers, Test]) -> PerRow[u.RATIO]:
    costs = answers.arrow["cost"].to_numpy()
    return PerRow(np.where(costs > 1, costs, 0.0), costs)


halves = split(source(Answers, "answers.csv"), by=Answers.answer_id, test=0.5)
share = wasted(halves.test)
pipeline = Pipeline("undefined_metric", seed=2, metrics=[share], gates=[share.at_most(0.5)])
