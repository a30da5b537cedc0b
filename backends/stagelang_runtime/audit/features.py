"""Looks for single features that tell the label almost perfectly: more often a leak than luck.

Of each feature the area under its ROC curve is computed, whichever way round, against the label or, of a label that is a number, against
being above its median. A category counts as the mean label of its rows, where they are many. Of a label with several values it is the mean
area over them, each as likely as it is in the feature's fifty ranges; of a vector, each item is a feature.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, TypeAlias, final

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.types as pat
from attrs import frozen

from stagelang_compiler.plan import Column, Contract
from stagelang_runtime.audit.measured import Measured

Numbers: TypeAlias = npt.NDArray[np.float64]

TOO_GOOD = 0.95
_MOST_ROWS = 50_000
_FEWEST = 10
_MOST_CLASSES = 20
_RANGES = 50
_BEYOND = ("label", "weight", "prediction", "score")


def single_features(node: str, table: pa.Table, contract: Contract | None) -> Iterator[Measured]:
    """Judge the features of the rows that a node is fitted to, each by itself.

    Args:
        node: what is fitted.
        table: the rows.
        contract: says which column is the label, and which are features; if it names none, all are that tell more than which row it is.
    """
    labels = [each for each in contract.columns if each.role == "label"] if contract else []
    if contract is None or not labels:
        return
    table = sampled(table)
    features = features_of(contract, table)
    for label in labels:
        asked = asked_of(table.column(label.name)) if label.name in table.column_names else None
        target = asked.target(table.column(label.name)) if asked else None
        if target is None or not features:
            why = "no label with two values that many rows have" if target is None else "no feature"
            yield Measured(
                what="features", verdict="not measured", said=f"what {node!r} learns from has {why}"
            )
            continue
        found = [(name, best_area(table.column(name), target)) for name in features]
        good = sorted(((area, name) for name, area in found if area > TOO_GOOD), reverse=True)
        if good:
            told = ", ".join(f"{name!r} ({area:.3f})" for area, name in good[:5])
            said = f"a single feature tells {label.name!r}, which {node!r} learns, almost perfectly: {told}"
            yield Measured(what="features", verdict="fail", said=said)
        else:
            area, name = max((area, name) for name, area in found)
            said = f"no single feature tells {label.name!r}, which {node!r} learns, too well: best {name!r} ({area:.3f})"
            yield Measured(what="features", verdict="pass", said=said)


def sampled(table: pa.Table) -> pa.Table:
    """Give so many rows at most as are looked at."""
    if table.num_rows <= _MOST_ROWS:
        return table
    return table.take(np.sort(np.random.default_rng(0).choice(table.num_rows, _MOST_ROWS, replace=False)))


def features_of(contract: Contract, table: pa.Table) -> list[str]:
    """Name the columns that are features: those declared, or else all that tell more than which row it is."""
    columns = [each for each in contract.columns if each.name in table.column_names]
    declared = [each.name for each in columns if each.role == "feature"]
    return declared or [each.name for each in columns if not _only_tells_apart(each)]


def _only_tells_apart(column: Column) -> bool:
    return column.key or column.group or column.time or column.unique or column.role in _BEYOND


@final
@frozen(eq=False)
class Target:
    """Which rows have which value of the label: a row of booleans for each value that is asked about, for rows where it is known."""

    known: npt.NDArray[np.bool_]
    there: npt.NDArray[np.bool_]


@final
@frozen
class Asked:
    """What is asked about a label: whether it is above a number, or whether it is one of some values."""

    above: float | None
    values: tuple[Any, ...] = ()

    def target(self, label: pa.ChunkedArray) -> Target:
        """Ask it of a label's rows."""
        rows = label.to_pylist()
        known = np.array([_is_known(each) for each in rows], dtype=np.bool_)
        if self.above is None:
            return Target(known, np.array([[each == value for each in rows] for value in self.values]))
        numbers = np.array([each if there else np.nan for each, there in zip(rows, known, strict=True)])
        return Target(known, (numbers.astype(np.float64) > self.above)[None, :])


def asked_of(label: pa.ChunkedArray) -> Asked | None:
    """Say what can be asked of a label: two values or more that many rows have, or being above the median."""
    values = [each for each in label.to_pylist() if _is_known(each)]
    kinds: dict[Any, int] = {}
    for each in values:
        if not isinstance(each, list | dict):
            kinds[each] = kinds.get(each, 0) + 1
    if len(kinds) > _MOST_CLASSES and all(isinstance(each, int | float) for each in kinds):
        return Asked(above=float(np.median(np.array(values, dtype=np.float64))))
    of = [each for each, count in kinds.items() if _FEWEST <= count <= len(values) - _FEWEST]
    if not of or len(kinds) > _MOST_CLASSES:
        return None
    return Asked(above=None, values=tuple(of[:1] if len(kinds) == 2 else of))


def _is_known(value: object) -> bool:
    return value is not None and value == value


def best_area(feature: pa.ChunkedArray, target: Target) -> float:
    """Give the area of a feature, or the largest of its items."""
    numbers = _as_numbers(feature)
    if numbers is None:
        _, codes = np.unique([str(each) for each in feature.to_pylist()], return_inverse=True)
        return _by_range(codes, np.bincount(codes)[codes] >= 2 * _FEWEST, target)
    columns = (numbers[:, item] for item in range(numbers.shape[1]))
    if len(target.there) == 1:
        return max(_area(each, target.known & ~np.isnan(each), target.there[0]) for each in columns)
    return max(_by_range(_ranges(each), ~np.isnan(each), target) for each in columns)


def _ranges(values: Numbers) -> npt.NDArray[np.int64]:
    """Part the values into up to fifty ranges of as many rows each."""
    ends = np.unique(np.nanquantile(values, np.linspace(0, 1, _RANGES + 1)[1:-1]))
    return np.searchsorted(ends, values, side="right")


def _by_range(codes: npt.NDArray[np.int64], known: npt.NDArray[np.bool_], target: Target) -> float:
    """Give the mean area of how likely each value is in a row's range, over the values that are asked about."""
    known = target.known & known
    if not known.any():
        return 0.5
    counts = np.maximum(np.bincount(codes[known], minlength=int(codes.max()) + 1), 1)
    areas: list[float] = []
    for there in target.there:
        shares = (
            np.bincount(codes[known], weights=there[known].astype(np.float64), minlength=len(counts)) / counts
        )
        areas.append(_area(shares[codes], known, there))
    return float(np.mean(areas))


def _as_numbers(feature: pa.ChunkedArray) -> Numbers | None:
    kind = feature.type
    if pat.is_boolean(kind) or pat.is_integer(kind) or pat.is_floating(kind):
        return np.array([np.nan if each is None else float(each) for each in feature.to_pylist()]).reshape(
            -1, 1
        )
    if pat.is_list(kind) or pat.is_large_list(kind) or pat.is_fixed_size_list(kind):
        rows = feature.to_pylist()
        lengths = {len(each) for each in rows if each is not None}
        is_number = pat.is_floating(kind.value_type) or pat.is_integer(kind.value_type)
        if is_number and len(lengths) == 1 and None not in rows:
            found: Numbers = np.array(rows, dtype=np.float64)
            return found
    return None


def _area(values: Numbers, known: npt.NDArray[np.bool_], there: npt.NDArray[np.bool_]) -> float:
    """Give the area under the ROC curve, whichever way round: the share of pairs that are in order, ties counted half (Mann-Whitney)."""
    from scipy.stats import rankdata

    yes, no = int(there[known].sum()), int((~there[known]).sum())
    if yes < _FEWEST or no < _FEWEST:
        return 0.5
    ranks = rankdata(values[known])
    area = (float(ranks[there[known]].sum()) - yes * (yes + 1) / 2) / (yes * no)
    return max(area, 1 - area)
