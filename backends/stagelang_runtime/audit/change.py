"""Changes some rows of a table and nothing else: each column is drawn anew from what these rows held, so that every promise still holds."""

from __future__ import annotations

from collections.abc import Collection
from typing import Literal

import numpy as np
import numpy.typing as npt
import pyarrow as pa

How = Literal["drawn", "alike"]
HOWS: tuple[How, ...] = ("drawn", "alike")
"""Values drawn with replacement, which changes sums; and the value of one row for all, which changes the largest and the smallest."""


def change(
    table: pa.Table, rows: npt.NDArray[np.bool_], kept: Collection[str], how: How, seed: int
) -> pa.Table:
    """Give the table with other values in these rows.

    Args:
        table: the rows.
        rows: which of them to change, of shape (rows,).
        kept: columns to leave as they are: keys, groups, times.
        how: "drawn" with replacement, each column by itself; or "alike", each column's value of one row.
        seed: makes the draw the same each time.
    """
    places, chance = np.flatnonzero(rows), np.random.default_rng(seed)
    changed = table
    for position, name in enumerate(table.column_names):
        if name in kept or not len(places):
            continue
        taken = np.arange(table.num_rows)
        drawn = chance.choice(places, size=len(places)) if how == "drawn" else chance.choice(places)
        taken[places] = drawn
        changed = changed.set_column(
            position, table.schema.field(position), table.column(position).take(pa.array(taken))
        )
    return changed
