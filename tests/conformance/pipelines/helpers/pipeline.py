"""Code that lies beside the pipeline, in modules and in a package."""

from __future__ import annotations

from conformance_helpers.deep.words import shown
from conformance_numbers import LEAST, doubled

from stagelang import Pipeline, Value, stage


@stage
def one() -> Value[int]:
    return Value.of(doubled(LEAST))


@stage
def two(x: Value[int]) -> Value[str]:
    return Value.of(shown(x.value))


pipeline = Pipeline("helpers", seed=1, outputs=[two(one())])
