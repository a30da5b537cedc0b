"""What a stage that does next to nothing costs in a local run."""

from __future__ import annotations

from functools import partial

from tests.benchmarks.bench_noop import ONLY_SMALL, SIZES
from tests.benchmarks.measure import Timing, flush_seconds, in_turns
from tests.benchmarks.peers import RUNS, bring_up_to_date, generated
from tests.benchmarks.results import Table, rows_of, targets_of

LIMIT = 0.004


def bench(rounds: int) -> list[Table]:
    """Measure first runs: the whole run divided by its stages, and what a further stage adds from one size to the next."""
    once = {
        (tool, size): partial(_first_run, tool, size)
        for size in SIZES
        for tool in RUNS
        if size == SIZES[0] or tool not in ONLY_SMALL
    }
    flush = flush_seconds()
    found = in_turns(once, max(1, rounds // 2))
    flush = min(flush, flush_seconds())
    whole = rows_of({key: [each / key[1] for each in timings] for key, timings in found.items()})
    small, large = SIZES
    added = rows_of(
        {
            (tool, large): [
                (more - less) / (large - small)
                for less, more in zip(found[tool, small], timings, strict=False)
            ]
            for (tool, size), timings in found.items()
            if size == large and (tool, small) in found
        }
    )
    return [
        Table(
            title="a trivial stage: the whole first run divided by its stages "
            f"(flushing a file takes {flush * 1000:.1f} ms here; we flush up to two files and a folder a stage, the others none)",
            unit="ms",
            size="stages",
            rows=whole,
        ),
        Table(
            title=f"a trivial stage: what one more adds to a first run, from {small} to {large:,}",
            unit="ms",
            size="stages",
            rows=added,
            targets=targets_of(added, {large: LIMIT}, "one more trivial stage", "ms"),
        ),
    ]


def _first_run(tool: str, stages: int) -> Timing:
    with generated(tool, stages) as folder:
        return bring_up_to_date(tool, folder)
