"""Tells a metric's rows apart by calendar windows: its number is that of the last one, and those before say what is usual."""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Sequence
from typing import Any, final

import attrs
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from stagelang_compiler import plan
from stagelang_runtime.stats.aggregates import Aggregate, finalise, state_of
from stagelang_runtime.stats.exact import Floats
from stagelang_runtime.stats.undefined import UndefinedError

WINDOW = "window"


@final
@attrs.frozen(kw_only=True)
class Windows:
    """The windows that rows fall into, in order: their first moments in local time, and which one each row is in, shape (n,)."""

    starts: Sequence[str]
    of_row: np.ndarray[Any, np.dtype[np.intp]]

    @property
    def last(self) -> np.ndarray[Any, np.dtype[np.bool_]]:
        """Tell of each row whether it is in the last window, shape (n,)."""
        return np.asarray(self.of_row == len(self.starts) - 1)


def windows_of(times: pa.ChunkedArray, window: plan.Window) -> Windows:
    """Find each row's window; moments without a zone are read as UTC. Raises ValueError for rows without a time, and for no known zone."""
    if times.null_count:
        raise ValueError(f"{times.null_count} of {len(times)} rows have no {window.by!r}, so no window")
    try:
        local = times if pa.types.is_date(times.type) else _local(times, window.zone)
        starts = pc.floor_temporal(local, unit=window.every)
    except pa.ArrowException as error:
        raise ValueError(f"its windows can't be told: {error}") from None
    values, of_row = np.unique(starts.cast(pa.timestamp("us")).to_numpy(), return_inverse=True)
    starts_of: list[dt.datetime] = values.tolist()
    return Windows(starts=tuple(map(_written, starts_of)), of_row=of_row.astype(np.intp))


def _local(times: pa.ChunkedArray, zone: str) -> Any:
    moments: Any = pc.assume_timezone(times, "UTC") if times.type.tz is None else times
    return pc.local_timestamp(moments.cast(pa.timestamp(times.type.unit, zone)))


def _written(start: dt.datetime) -> str:
    return start.isoformat(sep=" ", timespec="minutes").removesuffix(" 00:00")


def values_by_window(rows: Floats, aggregate: Aggregate, windows: Windows) -> list[tuple[str, float | None]]:
    """Give each window's number, in order; None where it has none."""
    found: list[tuple[str, float | None]] = []
    for position, start in enumerate(windows.starts):
        try:
            value: float | None = finalise(aggregate, state_of(aggregate, rows[windows.of_row == position]))
        except UndefinedError:
            value = None
        found.append((start, value))
    return found


def usual_bound(scores: Sequence[float], alpha: float) -> float:
    """Give the k-th smallest of n scores, `k = ⌈(n + 1)(1 - α)⌉`: one more like them exceeds it with a probability of at most α.

    Exact where all are exchangeable, whatever their distribution (conformal prediction; Vovk, Gammerman & Shafer 2005).
    Raises ValueError for fewer than `1 / α - 1` scores, for which there is no such bound.
    """
    rank = math.ceil((len(scores) + 1) * (1 - alpha) - 1e-9)
    if rank > len(scores):
        raise ValueError(f"{len(scores)} windows say nothing at α = {alpha:g}")
    return sorted(scores)[rank - 1]
