"""One stage gives two artifacts, and each has its own readers."""

from __future__ import annotations

from typing import NamedTuple

from stagelang import Pipeline, Value, stage


class Ends(NamedTuple):
    """The least and the greatest."""

    low: Value[int]
    high: Value[int]


@stage
def ends(*, of: tuple[int, ...] = (3, 1, 2)) -> Ends:
    return Ends(Value.of(min(of)), Value.of(max(of)))


@stage
def spread(low: Value[int], high: Value[int]) -> Value[int]:
    return Value.of(high.value - low.value)


@stage
def negative(x: Value[int]) -> Value[int]:
    return Value.of(-x.value)


found = ends()
pipeline = Pipeline("several_outputs", seed=1, outputs=[spread(found.low, found.high), negative(found.high)])
