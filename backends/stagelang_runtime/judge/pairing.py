"""Finds the units of independence that two runs' scores have in common: by the rows' keys, else by what groups the rows.

Rows are never paired by their position: a stage that drops or sorts rows would pair strangers.
"""

from __future__ import annotations

from typing import Any, TypeAlias, final

import attrs
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from stagelang_runtime.judge.scores import KEY, Scores
from stagelang_runtime.stats.exact import Floats
from stagelang_runtime.stats.units import Units

Places: TypeAlias = NDArray[np.intp]


@final
@attrs.frozen(kw_only=True)
class Pairing:
    """Which rows of each run are compared, shape (n,), and the unit that each belongs to.

    Units are numbered alike in both runs, in the order of their `names`. `base_left` and `head_left` count what only one run has:
    rows, or whole units (`counted`) where rows have no names.
    """

    base_rows: Places
    head_rows: Places
    base_units: Units
    head_units: Units
    names: pa.Table
    counted: str
    units: str
    base_left: int
    head_left: int

    def base(self, scores: Scores) -> Floats:
        """Give the base's compared rows, shape (n, p)."""
        return scores.rows[self.base_rows]

    def head(self, scores: Scores) -> Floats:
        """Give the head's compared rows, shape (n, p)."""
        return scores.rows[self.head_rows]


def pair(base: Scores, head: Scores) -> Pairing | str:
    """Pair two runs' scores of one metric, or say why they can't be."""
    try:
        found = _by_key(base, head)
        return _by_cluster(base, head, found) if isinstance(found, str) and _grouped(base, head) else found
    except (
        pa.ArrowException
    ) as error:  # names of types that can't be sorted, or not be compared with one another
        return f"the names of the rows can't be compared: {error}"


def _by_key(base: Scores, head: Scores) -> Pairing | str:
    columns = base.keys.column_names
    if not columns or columns != head.keys.column_names:
        return "no key names the rows of both runs"
    numbers = _numbers(base.keys, head.keys)
    if numbers is None:
        return "a key is missing in some rows"
    of_base, of_head, count = numbers
    places = np.full(count, -1), np.full(count, -1)
    for place, of_side in zip(places, numbers[:2], strict=True):
        place[of_side] = np.arange(len(of_side))
    if any(
        int(np.count_nonzero(place >= 0)) < len(each) for place, each in zip(places, numbers[:2], strict=True)
    ):
        return f"several rows have the same {', '.join(name.removeprefix(KEY) for name in columns)}"
    shared = (places[0] >= 0) & (places[1] >= 0)
    rows = int(np.count_nonzero(shared))
    if not rows:
        return "no row is in both runs"
    head_rows = places[1][shared]
    units, names, word = Units(count=rows, of_row=None), head.keys.take(pa.array(head_rows)), "rows"
    if head.cluster.num_columns:
        grouping = head.cluster.take(pa.array(head_rows))
        grouped = _numbers(grouping, grouping.slice(0, 0))
        if grouped is None:
            return f"some rows name no {head.metric.cluster}"
        units, names = Units(count=grouped[2], of_row=grouped[0]), _distinct(grouping)
        word = f"values of {head.metric.cluster}"
    return Pairing(
        base_rows=places[0][shared],
        head_rows=head_rows,
        base_units=units,
        head_units=units,
        names=names,
        counted="rows",
        units=word,
        base_left=len(of_base) - rows,
        head_left=len(of_head) - rows,
    )


def _grouped(base: Scores, head: Scores) -> bool:
    return bool(base.cluster.num_columns and head.cluster.num_columns)


def _by_cluster(base: Scores, head: Scores, why: str) -> Pairing | str:
    numbers = _numbers(base.cluster, head.cluster)
    if numbers is None:
        return why
    of_base, of_head, count = numbers
    in_base, in_head = (np.bincount(each, minlength=count) > 0 for each in (of_base, of_head))
    shared = in_base & in_head
    units = int(np.count_nonzero(shared))
    if not units:
        return f"no {base.metric.cluster} is in both runs"
    renumbered = np.cumsum(shared) - 1
    base_rows, head_rows = np.flatnonzero(shared[of_base]), np.flatnonzero(shared[of_head])
    return Pairing(
        base_rows=base_rows,
        head_rows=head_rows,
        base_units=Units(count=units, of_row=renumbered[of_base[base_rows]]),
        head_units=Units(count=units, of_row=renumbered[of_head[head_rows]]),
        names=_distinct(head.cluster.take(pa.array(head_rows))),
        counted=f"values of {base.metric.cluster}",
        units=f"values of {base.metric.cluster}",
        base_left=int(np.count_nonzero(in_base & ~in_head)),
        head_left=int(np.count_nonzero(in_head & ~in_base)),
    )


def _distinct(cluster: pa.Table) -> pa.Table:
    names: pa.Table = cluster.group_by("cluster").aggregate([]).sort_by("cluster")
    return names


def _numbers(base: pa.Table, head: pa.Table) -> tuple[Places, Places, int] | None:
    """Number the rows of two tables of names in the names' order, alike in both; None where a name is missing."""
    both = pa.concat_tables([base, head], promote_options="permissive")
    numbers, count = np.zeros(both.num_rows, dtype=np.intp), 1
    for column in both.columns:
        if column.null_count:
            return None
        encoded: Any = column.combine_chunks().dictionary_encode()
        ranks = np.empty(len(encoded.dictionary), dtype=np.intp)
        ranks[pc.sort_indices(encoded.dictionary).to_numpy()] = np.arange(len(ranks))
        numbers = numbers * len(ranks) + ranks[encoded.indices.to_numpy()]
        if count > 1:
            numbers = np.unique(numbers, return_inverse=True)[1].astype(np.intp)
            count = int(numbers.max(initial=-1)) + 1
        else:
            count = len(ranks)
    return numbers[: base.num_rows], numbers[base.num_rows :], count
