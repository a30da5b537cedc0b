"""Asks whether judged rows are of the population that was learnt from: a test of minimum effect on each column.

Each column's values are counted in the ranges that hold a tenth of the rows to learn from, or by category, with half a row more in each.
The population stability index of the two counts is compared with what it is in 99 of 100 samples of populations that differ by 0.1: then
h times the index follows a noncentral chi-square distribution (Yurdakul 2018; Potgieter et al. 2023), where h is n m / (n + m). So neither
many rows nor few make an alarm by themselves. Where rows are divided by a group, its groups are what is counted as independent.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.types as pat

from stagelang_compiler.plan import Contract
from stagelang_runtime.audit.judged import Judged
from stagelang_runtime.audit.measured import Measured

TOLERATED = 0.1
FALSE_ALARMS = 0.01
_RANGES = 10
_MOST_KINDS = 20


def population(
    judged: Judged, learnt: pa.Table, rows: pa.Table, contract: Contract | None, unit: str
) -> Iterator[Measured]:
    """Compare the columns of judged rows with those of the rows to learn from.

    Args:
        judged: which rows these are.
        learnt: the rows to learn from, of the same columns.
        rows: the judged rows.
        contract: declares the columns, but for those that tell rows apart.
        unit: the column by which rows were divided, whose values are independent.
    """
    names = [
        each.name
        for each in (contract.columns if contract else ())
        if each.name in rows.column_names and each.name in learnt.column_names
        if not (each.key or each.group or each.time or each.unique or each.name == unit)
    ]
    counts = {
        name: both for name in names if (both := counted(learnt.column(name), rows.column(name))) is not None
    }
    n, m = (
        len(table.column(unit).unique()) if unit in table.column_names else table.num_rows
        for table in (learnt, rows)
    )
    if not counts or not n or not m:
        yield Measured(what="population", verdict="not measured", said=f"{judged}: no column can be compared")
        return
    found = {
        name: (index(*both), critical(len(both[0]), n, m, FALSE_ALARMS / len(counts)))
        for name, both in counts.items()
    }
    far = [f"{name!r} ({moved:.2f})" for name, (moved, most) in found.items() if moved > most]
    if far:
        said = f"{judged} are of another population than the rows to learn from, by their {', '.join(far)}"
        yield Measured(what="population", verdict="fail", said=said)
    else:
        name, (moved, _) = max(found.items(), key=lambda each: each[1][0])
        said = f"{judged} are distributed as the rows to learn from are: most moved {name!r} ({moved:.2f})"
        yield Measured(what="population", verdict="pass", said=said)


def counted(
    learnt: pa.ChunkedArray, judged: pa.ChunkedArray
) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]] | None:
    """Count both in the same bins; None for what has none, such as vectors and texts that are hardly ever equal."""
    kind = learnt.type
    if pat.is_integer(kind) or pat.is_floating(kind):
        known = np.asarray(pc.drop_null(learnt).to_numpy(), dtype=np.float64)
        if len(np.unique(known)) > _MOST_KINDS:
            edges = np.unique(np.nanquantile(known, np.linspace(0, 1, _RANGES + 1)[1:-1]))
            return _ranges(learnt, edges), _ranges(judged, edges)
    if not (pat.is_boolean(kind) or pat.is_integer(kind) or pat.is_string(kind) or pat.is_large_string(kind)):
        return None
    kinds = sorted({*map(str, learnt.to_pylist())})
    if len(kinds) > _MOST_KINDS:
        return None
    return _kinds(learnt, kinds), _kinds(judged, kinds)


def index(learnt: npt.NDArray[np.int64], judged: npt.NDArray[np.int64]) -> float:
    """Give the population stability index of two counts."""
    p, q = ((each + 0.5) / (each + 0.5).sum() for each in (learnt, judged))
    return float(((p - q) * np.log(p / q)).sum())


def critical(bins: int, n: int, m: int, alarms: float) -> float:
    """Give what the index of so many bins is at most, but for a share of alarms, where populations differ by what is tolerated."""
    from scipy.stats import ncx2

    h = n * m / (n + m)
    return float(ncx2.ppf(1 - alarms, bins - 1, h * TOLERATED) / h)


def _ranges(values: pa.ChunkedArray, edges: npt.NDArray[np.float64]) -> npt.NDArray[np.int64]:
    numbers = np.array([np.nan if each is None else float(each) for each in values.to_pylist()])
    places = np.where(np.isnan(numbers), len(edges) + 1, np.searchsorted(edges, numbers, side="right"))
    return np.bincount(places, minlength=len(edges) + 2)


def _kinds(values: pa.ChunkedArray, kinds: list[str]) -> npt.NDArray[np.int64]:
    places = {kind: place for place, kind in enumerate(kinds)}
    found = [places.get(str(each), len(kinds)) for each in values.to_pylist()]
    return np.bincount(np.array(found, dtype=np.int64), minlength=len(kinds) + 1)
