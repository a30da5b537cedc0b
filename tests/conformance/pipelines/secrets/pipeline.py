"""A stage reads a declared environment variable."""

from __future__ import annotations

import os

from stagelang import Pipeline, Value, stage


@stage(env=["CONFORMANCE_TOKEN"])
def letters() -> Value[int]:
    return Value.of(len(os.environ.get("CONFORMANCE_TOKEN", "")))


pipeline = Pipeline("secrets", seed=1, outputs=[letters()])
