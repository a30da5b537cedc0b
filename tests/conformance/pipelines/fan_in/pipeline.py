"""One stage reads many."""

from __future__ import annotations

from stagelang import Pipeline, Value, stage


@stage
def one(*, k: int) -> Value[int]:
    return Value.of(k)


@stage
def total(*xs: Value[int]) -> Value[int]:
    return Value.of(sum(x.value for x in xs))


pipeline = Pipeline("fan_in", seed=1, outputs=[total(*(one.named(f"one_{k}")(k=k) for k in range(8)))])
