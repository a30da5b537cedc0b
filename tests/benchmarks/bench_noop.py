"""How long a run takes that has nothing to do."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import ExitStack
from functools import partial

from tests.benchmarks.measure import Timing, in_turns
from tests.benchmarks.peers import RUNS, bring_up_to_date, first_run, generated
from tests.benchmarks.results import Table, rows_of, targets_of

SIZES = (200, 1000)
LIMITS = {200: 0.15, 1000: 0.2}
ONLY_SMALL = frozenset({"DVC"})
"""Tools whose first run at the larger size would take several minutes."""


def bench(rounds: int) -> list[Table]:
    """Bring each tool's files up to date, then measure whole processes that find them so."""
    with ExitStack() as folders:
        once: dict[tuple[str, int], Callable[[], Timing]] = {}
        for size in SIZES:
            for tool in (each for each in RUNS if each != "stagelang, tables"):
                if size > SIZES[0] and tool in ONLY_SMALL:
                    continue
                folder = folders.enter_context(generated(tool, size))
                if first_run(tool, size, folder) is not None:
                    once[tool, size] = partial(bring_up_to_date, tool, folder)
        in_turns(once, 1)  # what a tool keeps for its second run only
        rows = rows_of(in_turns(once, rounds))
    return [
        Table(
            title="a run with nothing to do, whole process",
            unit="s",
            size="stages",
            rows=rows,
            targets=targets_of(rows, LIMITS, "nothing to do, {} stages"),
        )
    ]
