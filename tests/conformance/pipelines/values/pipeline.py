"""Numbers and texts go from stage to stage."""

from __future__ import annotations

from stagelang import Pipeline, Value, stage


@stage
def number(*, start: int = 3) -> Value[int]:
    return Value.of(start)


@stage
def half(x: Value[int]) -> Value[float]:
    return Value.of(x.value / 2)


@stage
def said(x: Value[float], *, word: str = "süß → ok") -> Value[str]:
    return Value.of(f"{word}: {x.value}")


@stage
def listed(x: Value[str]) -> Value[list[str]]:
    return Value.of(x.value.split())


@stage
def is_long(xs: Value[list[str]]) -> Value[bool]:
    return Value.of(len(xs.value) > 2)


pipeline = Pipeline("values", seed=1, outputs=[is_long(listed(said(half(number()))))])
