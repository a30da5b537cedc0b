"""Pairs things that have no name of their own: what has equal keys is the same thing."""

from __future__ import annotations

from collections import defaultdict, deque
from collections.abc import Callable, Hashable, Mapping, Sequence
from typing import TypeVar

T = TypeVar("T")
Names = Mapping[str, str]
"""Names of the base -> of the head; empty to leave a name as it is."""


def paired(
    base: Sequence[T], head: Sequence[T], keys: Callable[[T, Names], Sequence[Hashable]], names: Names
) -> list[tuple[T | None, T | None]]:
    """Pair things, in the head's order and then what is left of the base's.

    Args:
        base: the things of the base.
        head: those of the head.
        keys: what tells a thing, the strictest first, given the names that it may mention; of several that share a key, in order.
        names: how names of the base are called in the head.
    """
    before = [keys(each, names) for each in base]
    after = [keys(each, {}) for each in head]
    found: dict[int, int] = {}
    for step in range(max(map(len, (*before, *after)), default=0)):
        taken = set(found.values())
        waiting: defaultdict[Hashable, deque[int]] = defaultdict(deque)
        for place, each in enumerate(before):
            if place not in taken:
                waiting[each[step]].append(place)
        for place, each in enumerate(after):
            if place not in found and waiting.get(each[step]):
                found[place] = waiting[each[step]].popleft()
    pairs: list[tuple[T | None, T | None]] = [
        (base[found[place]] if place in found else None, each) for place, each in enumerate(head)
    ]
    taken = set(found.values())
    return pairs + [(each, None) for place, each in enumerate(base) if place not in taken]
