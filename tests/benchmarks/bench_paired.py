"""The comparison of two runs of a metric over 100,000 units, beside scipy's percentile bootstrap of the same differences."""

from __future__ import annotations

import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

import numpy as np
import pyarrow as pa
from scipy import stats

from stagelang.origin import Origin
from stagelang_compiler import plan
from stagelang_runtime.judge.pairing import pair
from stagelang_runtime.judge.scores import Scores
from stagelang_runtime.stats.aggregates import Aggregate, calibration_error, f1, mean, quantile
from stagelang_runtime.stats.lift import lift
from stagelang_runtime.stats.paired import paired_difference
from tests.benchmarks.measure import Timing, in_turns
from tests.benchmarks.results import OURS, Table, rows_of, targets_of

UNITS = 100_000
DRAWS = 1000
METRICS: dict[str, Aggregate] = {
    OURS: mean(),
    "stagelang, F1": f1(),
    "stagelang, p95": quantile(0.95),
    "stagelang, 10 bins": calibration_error(10),
}


def bench(rounds: int) -> list[Table]:
    """Measure pairing by key (texts, in another order) and the interval; the peer gets the rows paired."""
    runs = {name: _compared(aggregate) for name, aggregate in METRICS.items()}
    runs["scipy's percentile"] = _drawn
    rows = rows_of(in_turns({(name, UNITS): partial(_timed, run) for name, run in runs.items()}, rounds))
    return [
        Table(
            title=f"paired comparison of a metric (scipy: {DRAWS:,} draws of the mean difference)",
            unit="ms",
            size="units",
            rows=rows,
            targets=targets_of(rows, {UNITS: 0.2}, "{} units, one comparison", "ms"),
        )
    ]


def _columns(aggregate: Aggregate, seed: int) -> list[np.ndarray]:
    rng = np.random.default_rng(seed)
    truth = (np.random.default_rng(0).random(UNITS) < 0.3).astype(float)
    match aggregate.name:
        case "f1":
            return [truth, (rng.random(UNITS) < 0.1 + 0.7 * truth).astype(float)]
        case "calibration_error":
            return [rng.random(UNITS), truth]
        case _:
            return [rng.lognormal(size=UNITS)]


def _scores(aggregate: Aggregate, seed: int) -> Scores:
    rows = lift(aggregate, _columns(aggregate, seed))
    names = [f"scan-{number:08d}" for number in np.random.default_rng(seed).permutation(UNITS)]
    return Scores(metric=_METRIC, aggregate=aggregate, rows=rows, table=pa.table({"key.scan": names}))


def _compared(aggregate: Aggregate) -> Callable[[], object]:
    base, head = _scores(aggregate, 1), _scores(aggregate, 2)

    def compare() -> object:
        pairing = pair(base, head)
        assert not isinstance(pairing, str)
        return paired_difference(
            pairing.base(base),
            pairing.head(head),
            aggregate,
            base_units=pairing.base_units,
            head_units=pairing.head_units,
            metric_range=(0.0, None),
        )

    return compare


def _drawn() -> object:
    return stats.bootstrap(
        (_DIFFERENCES,),
        np.mean,
        n_resamples=DRAWS,
        method="percentile",
        batch=50,
        rng=np.random.default_rng(1),
    )


def _timed(run: Callable[[], object]) -> Timing:
    begun, used = time.perf_counter(), time.process_time()
    run()
    return Timing(time.perf_counter() - begun, time.process_time() - used)


_DIFFERENCES = _columns(mean(), 2)[0] - _columns(mean(), 1)[0]
_METRIC = plan.Metric(
    name="cost",
    node="cost",
    unit=plan.Unit(text="USD", factor=1.0, powers={"USD": 1}),
    better="lower",
    low=0.0,
    high=None,
    aggregate=None,
    undefined="error",
    version="1",
    cluster="",
    population="",
    owner="",
    description="",
    reported=True,
    origin=Origin(Path(__file__).name, 1),
)
