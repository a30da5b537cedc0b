"""One stage has many readers."""

from __future__ import annotations

from stagelang import Pipeline, Value, stage


@stage
def root() -> Value[int]:
    return Value.of(7)


@stage
def plus(x: Value[int], *, k: int) -> Value[int]:
    return Value.of(x.value + k)


one = root()
pipeline = Pipeline("fan_out", seed=1, outputs=[plus.named(f"plus_{k}")(one, k=k) for k in range(8)])
