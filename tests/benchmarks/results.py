"""Holds what a benchmark found, and writes it as a table with ratios and what is to be reached."""

from __future__ import annotations

import statistics
from collections.abc import Mapping, Sequence
from typing import Any, final

from attrs import frozen

from tests.benchmarks.measure import Timing

OURS = "stagelang"


@final
@frozen(kw_only=True)
class Row:
    """What one tool took at one size, each time."""

    tool: str
    size: int
    timings: Sequence[Timing]

    @property
    def median(self) -> float:
        return statistics.median(each.wall for each in self.timings)

    @property
    def least(self) -> float:
        return min(each.wall for each in self.timings)

    @property
    def cpu(self) -> float:
        return min(each.cpu for each in self.timings)


@final
@frozen(kw_only=True)
class Target:
    """A number to hold: `found` is the least measured."""

    what: str
    limit: float
    found: float
    unit: str = "s"

    def __str__(self) -> str:
        verdict = "met" if self.found <= self.limit else "NOT met"
        scale = 1000 if self.unit == "ms" else 1
        return f"to hold: {self.what} <= {self.limit * scale:g} {self.unit}: {self.found * scale:.3g} {self.unit}, {verdict}"


@final
@frozen(kw_only=True)
class Table:
    """One comparison; `unit` is 's' or 'ms', `size` what the sizes count."""

    title: str
    unit: str
    size: str
    rows: Sequence[Row]
    targets: Sequence[Target] = ()

    def text(self) -> str:
        """Write it for people."""
        unit = self.unit
        head = f"  {'tool':<20} {self.size:>8} {'median ' + unit:>11} {'least ' + unit:>10} {'cpu ' + unit:>10} {'x ours':>8}"
        return "\n".join(
            [self.title, head, *map(self._line, self.rows), *(f"  {target}" for target in self.targets)]
        )

    def to_json(self) -> dict[str, Any]:
        """Give it for programs, in seconds."""
        rows = [
            {
                "tool": row.tool,
                "size": row.size,
                "wall": [each.wall for each in row.timings],
                "cpu": [each.cpu for each in row.timings],
            }
            for row in self.rows
        ]
        targets = [
            {"what": each.what, "limit": each.limit, "found": each.found, "met": each.found <= each.limit}
            for each in self.targets
        ]
        return {"title": self.title, "rows": rows, "targets": targets}

    def _line(self, row: Row) -> str:
        scale, digits = (1000, 1) if self.unit == "ms" else (1, 3)
        numbers = "".join(
            f" {number * scale:>{width}.{digits}f}"
            for number, width in ((row.median, 11), (row.least, 10), (row.cpu, 10))
        )
        ours = next((each for each in self.rows if (each.tool, each.size) == (OURS, row.size)), None)
        ratio = "" if ours is None or not ours.least else f"{row.least / ours.least:.2f}"
        return f"  {row.tool:<20} {row.size or '':>8}{numbers} {ratio:>8}"


def rows_of(found: Mapping[tuple[str, int], Sequence[Timing]]) -> list[Row]:
    """Give a row for each tool and size, ordered by size."""
    rows = [Row(tool=tool, size=size, timings=timings) for (tool, size), timings in found.items()]
    return sorted(rows, key=lambda row: row.size)


def targets_of(rows: Sequence[Row], limits: Mapping[int, float], what: str, unit: str = "s") -> list[Target]:
    """Judge our rows of the given sizes; `what` is completed by the size."""
    return [
        Target(what=what.format(f"{row.size:,}"), limit=limits[row.size], found=row.least, unit=unit)
        for row in rows
        if row.tool == OURS and row.size in limits
    ]
