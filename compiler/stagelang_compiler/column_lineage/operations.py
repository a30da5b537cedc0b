"""Names of operations of pandas, polars and Arrow by what they do to the columns of a frame."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final


def words(text: str) -> frozenset[str]:
    """Give the words of a text."""
    return frozenset(text.split())


SAME_FRAME: Final = words(
    "pandas polars arrow to_pandas to_polars loc iloc copy clone lazy collect combine_chunks reset_index"
)
"""Give the frame itself, in another form."""

SAME_ROWS: Final = words("sort_values sort sort_by head tail slice limit take reverse")
"""Give the same columns, of other rows or in another order, as the arguments say."""

OTHER_ROWS: Final = words(
    "sample query filter dropna drop_nulls drop_duplicates unique sort_index nlargest nsmallest top_k"
)
"""Give the same columns, of other rows, which any column may decide."""

EACH_BY_ITSELF: Final = words(
    "fillna fill_null fill_nan astype cast round clip abs ffill bfill shift convert_dtypes"
)
"""Give the same columns, each computed from itself and from the arguments."""

MERGES: Final = frozenset(["merge", "merge_asof", "join_asof"])
"""Complete the rows of one frame by those of another, matched by the columns that are named."""

FRAMES: Final = frozenset(["DataFrame", "from_dict", "from_pydict", "table"])
"""Make a frame of a mapping from names to columns."""

DYNAMIC: Final = frozenset(["eval", "exec", "locals", "globals", "vars", "setattr"])
"""Functions that see or change what no one passes to them."""

MAKES_TABLE: Final[Mapping[str, int]] = {"derive": 2, "of": 2}
"""Methods of `Table` that give a table of a frame, and how many arguments they take: the frame is the second."""

DESCRIPTIONS: Final = words(
    "columns dtypes dtype shape ndim schema column_names width empty index height num_rows"
)
"""Attributes that say what a frame looks like, and nothing of what its columns hold."""
