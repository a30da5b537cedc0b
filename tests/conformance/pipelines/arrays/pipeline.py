"""Arrays are values too, and random numbers come from the stage's seed."""

from __future__ import annotations

import numpy as np

from stagelang import Model, Pipeline, Value, seed, stage


@stage
def noise(*, size: int = 100) -> Model[np.ndarray]:
    return Model.of(np.random.default_rng(seed()).normal(size=size))


@stage
def total(values: Model[np.ndarray]) -> Value[float]:
    return Value.of(float(values.value.sum()))


pipeline = Pipeline(
    "arrays", seed=20261123, outputs=[total(noise()), total.named("again")(noise.named("more")(size=50))]
)
