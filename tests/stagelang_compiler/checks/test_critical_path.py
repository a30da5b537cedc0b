"""The critical path against all ways through random pipelines that fan out and in again."""

from __future__ import annotations

import random
from collections.abc import Sequence

import pytest

from tests.stagelang_compiler.conftest import PRELUDE, Check

_STAGE = """
@stage{budget}
def s{number}({taken}) -> Table[Scans]:
    return t0
"""


def _spec(took: Sequence[int], read: Sequence[Sequence[int]]) -> str:
    """Write stages that each read those before them that `read` names, else the source; one that takes 0 s says nothing."""
    lines: list[str] = []
    for number, (seconds, earlier) in enumerate(zip(took, read, strict=True)):
        budget = f'(budget=Budget(wall="{seconds}s"))' if seconds else ""
        taken = ", ".join(f"t{each}: Table[Scans]" for each in range(max(len(earlier), 1)))
        given = ", ".join(f"m{each}" for each in earlier) or "scans"
        lines += [_STAGE.format(budget=budget, number=number, taken=taken), f"m{number} = s{number}({given})"]
    outputs = ", ".join(f"m{number}" for number in range(len(took)))
    return "\n".join(
        (*lines, f'pipeline = Pipeline("p", seed=1, outputs=[{outputs}], budget=Budget(wall="1s"))')
    )


def _longest(took: Sequence[int], read: Sequence[Sequence[int]]) -> int:
    """Give the longest of all ways, each walked on its own."""

    def ways(number: int) -> list[int]:
        return [took[number] + way for each in read[number] for way in ways(each)] or [took[number]]

    return max(way for number in range(len(took)) for way in ways(number))


@pytest.mark.parametrize("draw", range(24))
def test_the_critical_path_is_the_longest_of_all_ways(check: Check, draw: int) -> None:
    chance = random.Random(draw)
    count = chance.randint(2, 9)
    took = [chance.choice((0, 1, 2, 3, 5)) for _ in range(count)]
    took[0] = 7
    read = [chance.sample(range(each), chance.randint(0, min(each, 3))) for each in range(count)]
    (finding,) = [
        each for each in check(PRELUDE + _spec(took, read)).diagnostics if each.rule.code == "SL414"
    ]
    total = finding.found.rpartition(" = ")[2].split(",")[0]
    assert total == f"{_longest(took, read)}s"
