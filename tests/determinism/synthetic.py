"""A spec of 60 stages and metrics that needs no library, whose independent definitions may stand in any order."""

from __future__ import annotations

import random
from collections.abc import Sequence

_HEAD = """\
from stagelang import (
    Column, Contract, Model, PerRow, Pipeline, S, Seeds, Sweep, Table, Test, Train, column, mean, metric, scope, source, split, stage,
)
from stagelang import units as u

LEVELS = {"low": 1, "high": 3}


class Rows(Contract, version="1"):
    row_id: Column[int] = column(key=True)
    kind: Column[str] = column(isin={"b", "c", "a", "d"})
    value: Column[float] = column(ge=0, le=1, unit=u.RATIO)


def helper(name: str) -> int:
    return LEVELS[name]

"""


def _stage(number: int) -> str:
    return f'''
@stage(owner="team{number % 3}", tags=["t{number % 2}", "x"])
def step{number:02}(
    rows: Table[Rows, S], *, level: float = {number / 8}, names: frozenset[str] = frozenset({{"p", "q", "r"}})
) -> Table[Rows, S]:
    """Step {number}."""
    return rows if helper("low") > level else rows

'''


def _metric(number: int) -> str:
    return f'''
@metric(unit=u.RATIO, better="higher", range=(0, 1), aggregate=mean(), undefined="error", version="{number}")
def share{number:02}(rows: Table[Rows, Test]) -> PerRow[u.RATIO]:
    return PerRow({number})

'''


def _shuffled(blocks: Sequence[str], order: int) -> list[str]:
    shuffled = list(blocks)
    if order:
        random.Random(order).shuffle(shuffled)
    return shuffled


def synthetic(order: int = 0) -> str:
    """Give the spec; the order of what doesn't depend on each other is shuffled by `order`, unless that is 0."""
    stages = _shuffled([_stage(number) for number in range(50)], order)
    metrics = _shuffled([_metric(number) for number in range(10)], order)
    lanes = [
        "\n".join(
            [
                f'with scope("lane{lane}"):',
                f'    rows{lane} = source(Rows, "data/{lane}.csv", owner="team")',
                f"    parts{lane} = split(rows{lane}, by=Rows.row_id, test=0.{lane + 1})",
                f"    test{lane} = parts{lane}.test",
                *(
                    f"    test{lane} = step{number:02}(test{lane})"
                    for number in range(lane * 10, lane * 10 + 10)
                ),
                f"    right{lane} = share{lane:02}(test{lane}), share{lane + 5:02}(test{lane})",
                "",
            ]
        )
        for lane in range(5)
    ]
    measured = ", ".join(f"*right{lane}" for lane in range(5))
    tail = f"""
pipeline = Pipeline(
    "synthetic", seed=11, metrics=[{measured}, right0[0] + right1[0]], gates=[right2[1].at_least(0.5)],
    experiments=[Sweep(step03, level=[1.5, 0.25]), Seeds(3)],
)
"""
    return _HEAD + "".join(stages) + "".join(metrics) + "\n".join(_shuffled(lanes, order)) + tail
