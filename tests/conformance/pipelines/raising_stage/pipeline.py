"""A stage raises; what doesn't depend on it is carried out."""

from __future__ import annotations

from stagelang import Pipeline, Value, stage


@stage
def good() -> Value[int]:
    return Value.of(1)


@stage
def bad(x: Value[int]) -> Value[int]:
    raise RuntimeError(f"no luck with {x.value}")


@stage
def never(x: Value[int]) -> Value[int]:
    return x


@stage
def beside(x: Value[int]) -> Value[int]:
    return Value.of(x.value + 1)


one = good()
pipeline = Pipeline("raising_stage", seed=1, outputs=[never(bad(one)), beside(one)])
