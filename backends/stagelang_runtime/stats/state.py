"""What a metric keeps of its rows: states that merge over shards in any order to the same bits."""

from __future__ import annotations

from fractions import Fraction
from typing import TypeAlias, final

import attrs
import numpy as np

from stagelang_runtime.stats.exact import Floats, exact_sum, expansion


@final
@attrs.frozen(kw_only=True)
class State:
    """The number of rows and the exact column totals of their per-row states.

    Totals are fractions, not floats: float addition isn't associative, so shards would show in the last bits.
    `merge` is associative and commutative with `State.empty(width)` as its zero, to the bit.
    Rows holding NaN or an infinity are counted in `not_finite` and left out of the totals.
    """

    count: int
    totals: tuple[Fraction, ...]
    not_finite: int = 0

    @classmethod
    def empty(cls, width: int) -> State:
        return cls(count=0, totals=(Fraction(0),) * width)

    @classmethod
    def of(cls, rows: Floats) -> State:
        """Lift rows, shape (n, p), to their state."""
        finite = finite_rows(rows)
        return cls(
            count=len(rows),
            totals=tuple(exact_sum(np.ascontiguousarray(column)) for column in finite.T),
            not_finite=len(rows) - len(finite),
        )

    def merge(self, other: State) -> State:
        """Combine the states of two disjoint sets of rows. Raises ValueError for different widths."""
        if len(self.totals) != len(other.totals):
            raise ValueError(f"states of {len(self.totals)} and {len(other.totals)} columns don't merge")
        return State(
            count=self.count + other.count,
            totals=tuple(a + b for a, b in zip(self.totals, other.totals, strict=True)),
            not_finite=self.not_finite + other.not_finite,
        )

    def to_json(self) -> dict[str, object]:
        """Give each total as floats that add up to it exactly."""
        return {
            "count": self.count,
            "totals": [expansion(total) for total in self.totals],
            "not_finite": self.not_finite,
        }


def _same_values(a: object, b: object) -> bool:
    return np.array_equal(np.asarray(a), np.asarray(b))


@final
@attrs.frozen(kw_only=True)
class Values:
    """The state of a holistic metric: every finite value, sorted, shape (n,); it grows with the data.

    The same laws as those of `State` hold, to the bit.
    """

    values: Floats = attrs.field(eq=attrs.cmp_using(eq=_same_values))
    not_finite: int = 0

    @classmethod
    def empty(cls) -> Values:
        return cls(values=np.empty(0))

    @classmethod
    def of(cls, rows: Floats) -> Values:
        """Lift rows, shape (n, 1), to their state."""
        finite = finite_rows(rows)[:, 0]
        return cls(
            values=np.sort(finite + 0.0), not_finite=len(rows) - len(finite)
        )  # + 0.0 makes -0.0 into 0.0

    @property
    def count(self) -> int:
        return len(self.values) + self.not_finite

    def merge(self, other: Values) -> Values:
        """Combine the states of two disjoint sets of rows."""
        return Values(
            values=np.sort(np.concatenate([self.values, other.values]), kind="stable"),
            not_finite=self.not_finite + other.not_finite,
        )

    def to_json(self) -> dict[str, object]:
        return {"values": self.values.tolist(), "not_finite": self.not_finite}


AnyState: TypeAlias = State | Values


def finite_rows(rows: Floats) -> Floats:
    """Keep the rows, shape (n, p), without NaN and infinities."""
    finite = np.isfinite(rows)
    return rows if finite.all() else rows[finite.all(axis=1)]
