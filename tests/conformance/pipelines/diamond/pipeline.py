"""Two ways from one stage to another."""

from __future__ import annotations

from stagelang import Pipeline, Value, stage


@stage
def top() -> Value[int]:
    return Value.of(5)


@stage
def left(x: Value[int]) -> Value[int]:
    return Value.of(x.value * 2)


@stage
def right(x: Value[int]) -> Value[int]:
    return Value.of(x.value % 2)


@stage
def bottom(a: Value[int], b: Value[int]) -> Value[tuple[int, int]]:
    return Value.of((a.value, b.value))


start = top()
pipeline = Pipeline("diamond", seed=1, outputs=[bottom(left(start), right(start))])
