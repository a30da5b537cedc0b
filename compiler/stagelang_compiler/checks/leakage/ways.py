"""Which rows a table may hold: sets of the ways that rows take from a source through the parts of splits.

A set is a whole number with one bit for each way, so that following thousands of stages costs a few machine words each.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import TypeAlias, final

Way: TypeAlias = tuple[tuple[int, str], ...]
"""First the source, with no part; then each split that rows went through, with the part that they came out of."""
Shares: TypeAlias = Mapping[str, tuple[tuple[float, float], ...]]
"""From where to where each part of a split goes, on a scale from 0 to 1; a fold's train part goes around what is held out."""
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
        self._parts: dict[tuple[Way, int, str], Rows] = {}
        self._shares: dict[int, Shares] = {}
        self._what: dict[int, object] = {}
        self._alike: dict[object, list[int]] = {}

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
                    split, part = way[depth]
                    self._through[prefix, split] = self._through.get((prefix, split), 0) | bit
                    self._parts[prefix, split, part] = self._parts.get((prefix, split, part), 0) | bit
        return bit

    def each(self, rows: Rows) -> list[Way]:
        """List the ways in a set."""
        return [self._known[position] for position in bits_of(rows)]

    def divided(self, rows: Rows, split: int, part: str) -> Rows:
        """Give the rows that come out of one part of a split."""
        return self.union(self.of((*way, (split, part))) for way in self.each(rows))

    def shared_out(self, split: int, what: object, shares: Shares) -> None:
        """Say which share of all values each part of a split takes; splits of the same `what` take them from the same order."""
        self._shares[split] = shares
        self._what[split] = what
        self._alike.setdefault(what, []).append(split)

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
        rows of two splits of one table may be the same, unless both divide by one column and take other shares of its values.
        """
        return self.union(self._sharing(way) for way in self.each(rows))

    def _sharing(self, way: Way) -> Rows:
        found = self._below[way]
        for depth in range(1, len(way)):
            prefix = way[:depth]
            split, part = way[depth]
            found |= self._below.get(prefix, 0) & ~self._through.get((prefix, split), 0)
            found &= ~self._beside(prefix, split, part)
        return found

    def _beside(self, prefix: Way, split: int, part: str) -> Rows:
        """Give the ways through parts of other splits of the same table that take other shares than this part."""
        if split not in self._shares:
            return 0
        own = self._shares[split][part]
        return self.union(
            self._parts.get((prefix, other, name), 0)
            for other in self._alike[self._what[split]]
            if other != split
            for name, shares in self._shares[other].items()
            if all(to <= low or high <= from_ for low, high in own for from_, to in shares)
        )
