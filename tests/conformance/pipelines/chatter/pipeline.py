"""Stages print, on both streams and much of it."""

from __future__ import annotations

import sys

from stagelang import Pipeline, Value, stage


@stage
def loud() -> Value[int]:
    print("out", "x" * 100_000)
    print("err ü", file=sys.stderr)
    return Value.of(1)


@stage
def quiet(x: Value[int]) -> Value[int]:
    return x


pipeline = Pipeline("chatter", seed=1, outputs=[quiet(loud())])
