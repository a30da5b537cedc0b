"""What a metric's node left: values a row, with the units they come in and the keys that name them; and what they come to."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, final

import attrs
import pyarrow as pa

from stagelang_compiler import plan
from stagelang_runtime.execute.artifacts import get_table
from stagelang_runtime.execute.failure import raised
from stagelang_runtime.execute.key import Artifact
from stagelang_runtime.execute.loading import Loader
from stagelang_runtime.judge.windows import WINDOW, values_by_window, windows_of
from stagelang_runtime.stats.aggregates import Aggregate, aggregate_of
from stagelang_runtime.stats.exact import Floats
from stagelang_runtime.stats.interval import Estimate, estimate
from stagelang_runtime.stats.lift import lift
from stagelang_runtime.stats.undefined import Undefined
from stagelang_runtime.store import Store, StoreError

KEY = "key."
SLICE = "slice."


@final
@attrs.frozen(kw_only=True)
class Scores:
    """A metric's per-row states, shape (n, p), and its table, which has the columns that group and name the rows.

    Of a metric with a window these are the last window's; `window` is its first moment, `before` the earlier ones' numbers in order.
    """

    metric: plan.Metric
    aggregate: Aggregate
    rows: Floats
    table: pa.Table
    window: str = ""
    before: tuple[tuple[str, float | None], ...] = ()

    @property
    def keys(self) -> pa.Table:
        """The columns that name each row; none where nothing does."""
        return self.table.select([name for name in self.table.column_names if name.startswith(KEY)])

    @property
    def cluster(self) -> pa.Table:
        """The column that groups the rows; none where each stands for itself."""
        return self.table.select([name for name in self.table.column_names if name == "cluster"])


@final
class BrokenFinaliser(Exception):
    """Raised where the user's finaliser raises what doesn't say that there is no value: a mistake, which no rule may cover."""


def read_scores(
    metric: plan.Metric, artifact: Artifact, *, store: Store, root: Path | None, spec: str
) -> Scores | str:
    """Read what a metric's node left, or say why it can't be used.

    Args:
        metric: a measured metric.
        artifact: its node's output.
        store: where that is kept.
        root: the pipeline's folder, in which a finaliser of the user's own is found.
        spec: the pipeline's file.
    """
    declared = metric.aggregate
    assert declared is not None
    if declared.finalise is not None and root is None:
        return f"its finaliser {declared.finalise.qualname!r} isn't at hand"
    try:
        table = get_table(store, artifact)
    except StoreError as error:
        return str(error)
    code = declared.finalise
    finalise = _finaliser(code, root, spec) if code is not None and root is not None else None
    columns = [table.column(name).to_numpy() for name in table.column_names if name.startswith("v")]
    try:
        aggregate = aggregate_of(
            declared.kind, columns=declared.columns, parameter=declared.parameter, finalise=finalise
        )
        found = Scores(metric=metric, aggregate=aggregate, rows=lift(aggregate, columns), table=table)
        return found if metric.window is None else _last_window(found, metric.window)
    except (ValueError, BrokenFinaliser) as error:
        return str(error)


def _last_window(scores: Scores, window: plan.Window) -> Scores:
    """Keep the rows of the last window, and the numbers of those before. Raises ValueError where rows have no window."""
    windows = windows_of(scores.table.column(WINDOW), window)
    if not windows.starts:
        return scores
    *before, _ = values_by_window(scores.rows, scores.aggregate, windows)
    return attrs.evolve(
        scores,
        rows=scores.rows[windows.last],
        table=scores.table.filter(pa.array(windows.last)),
        window=windows.starts[-1],
        before=tuple(before),
    )


def estimate_scores(scores: Scores) -> Estimate | str:
    """Estimate a metric, with what it declares for the case that it has no value, or say why it can't be."""
    metric, names = scores.metric, scores.cluster
    clusters = names.column(0).to_numpy() if names.num_columns else None
    try:
        found = estimate(
            scores.rows, scores.aggregate, clusters=clusters, metric_range=(metric.low, metric.high)
        )
    except (ValueError, BrokenFinaliser) as error:
        return str(error)
    return _with_undefined_rule(found, metric)


def _finaliser(code: plan.Code, root: Path, spec: str) -> Callable[[Any], float]:
    """Load a metric's finaliser, so that whatever it raises stays the metric's own."""
    function = Loader(root, spec).function(code)

    def finalise(means: Any) -> float:
        try:
            return float(function(means))
        except (ValueError, ArithmeticError):
            raise  # there is no value here
        except (Exception, SystemExit) as error:
            said = str(raised(error, root, f"its finaliser {code.qualname!r}"))
            raise BrokenFinaliser(said) from error

    return finalise


def _with_undefined_rule(found: Estimate, metric: plan.Metric) -> Estimate:
    """Apply what the metric declares for the case that it has no value."""
    if (
        found.undefined is None
        or found.undefined.cause in ("not_finite", "out_of_range")
        or metric.undefined == "error"
    ):
        cause = found.undefined
        return (
            found
            if cause is None or cause.cause != "empty"
            else attrs.evolve(found, undefined=Undefined("not_finite", cause.text, cause.count))
        )
    if metric.undefined == "not_evaluated":
        return attrs.evolve(found, undefined=Undefined("empty", found.undefined.text, found.undefined.count))
    return attrs.evolve(
        found,
        value=float(metric.undefined),
        undefined=None,
        note=f"{found.undefined.text}: the value declared for this case",
    )
