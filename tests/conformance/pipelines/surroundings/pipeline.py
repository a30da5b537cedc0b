"""What surrounds a stage is the same wherever it runs."""

from __future__ import annotations

import datetime as dt
import os
import time

from stagelang import Pipeline, Value, Waiver, stage


@stage
def seen() -> Value[dict[str, str]]:
    names = ("PYTHONHASHSEED", "TZ", "LC_ALL", "OMP_NUM_THREADS")
    return Value.of(
        {
            "hash": str(hash("stagelang")),
            "zone": time.tzname[0],
            **{name: os.environ.get(name, "") for name in names},
        }
    )


salted = Waiver(
    rule="hash-in-result",
    where="seen",
    owner="conformance",
    reason="that the salt is the same everywhere is what this shows",
    expires=dt.date(2100, 1, 1),
)
pipeline = Pipeline("surroundings", seed=1, outputs=[seen()], waivers=[salted])
