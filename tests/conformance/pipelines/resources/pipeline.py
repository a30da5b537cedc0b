"""A stage asks for threads, memory and time, and is held to a budget."""

from __future__ import annotations

import os

from stagelang import Budget, Pipeline, Resources, Value, stage


@stage(resources=Resources(cpus=2, memory="200MB", time="10min"), budget=Budget(wall="10min", memory="20GB"))
def threads() -> Value[str]:
    return Value.of(os.environ["OMP_NUM_THREADS"])


pipeline = Pipeline("resources", seed=1, outputs=[threads()], budget=Budget(wall="1h"))
