"""Which rows a table may hold: sets of the ways that rows take from a source through the parts of splits.

A set is a whole number with one bit for each way, so that following thousands of stages costs a few machine words each.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TypeAlias, final

Way: TypeAlias = tuple[tuple[int, str], ...]
"""First the source, with no part; then each split that rows went through, with the part that they came out of."""
Rows: TypeAlias = int
"""A set of ways, as bits."""


def bits_of(bits: int) -> Iterator[int]:
    """Give the positions of the bits that are set, from the lowest."""
    while bits:
        low = bits & -bits
        yield low.bit_length() - 1
        bits ^= low


@final
class Ways:
    """All ways of one graph."""

    def __init__(self) -> None:
        self._known: list[Way] = []
        self._bits: dict[Way, Rows] = {}
        self._below: dict[Way, Rows] = {}
        self._through: dict[tuple[Way, int], Rows] = {}

    def of(self, way: Way) -> Rows:
        """Give the set of one way."""
        bit = self._bits.get(way)
        if bit is None:
            bit = self._bits[way] = 1 << len(self._known)
            self._known.append(way)
            for depth in range(1, len(way) + 1):
                prefix = way[:depth]
                self._below[prefix] = self._below.get(prefix, 0) | bit
                if depth < len(way):
                    through = (prefix, way[depth][0])
                    self._through[through] = self._through.get(through, 0) | bit
        return bit

    def each(self, rows: Rows) -> list[Way]:
        """List the ways in a set."""
        return [self._known[position] for position in bits_of(rows)]

    def divided(self, rows: Rows, split: int, part: str) -> Rows:
        """Give the rows that come out of one part of a split."""
        return self.union(self.of((*way, (split, part))) for way in self.each(rows))

    @staticmethod
    def union(sets: Iterable[Rows]) -> Rows:
        """Give what is in any of the sets."""
        found = 0
        for each in sets:
            found |= each
        return found

    def sharing(self, rows: Rows) -> Rows:
        """Give all known ways that may lead to one of these rows.

        Two ways lead to different rows where they start at different sources, or where one split sent them into different parts;
        rows of two splits of one table may be the same.
        """
        return self.union(self._sharing(way) for way in self.each(rows))

    def _sharing(self, way: Way) -> Rows:
        found = self._below[way]
        for depth in range(1, len(way)):
            prefix = way[:depth]
            found |= self._below.get(prefix, 0) & ~self._through.get((prefix, way[depth][0]), 0)
        return found
