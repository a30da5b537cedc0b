"""What surrounds a stage is the same wherever it runs."""

from __future__ import annotations

import os
import time

from stagelang import Pipeline, Value, stage


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


pipeline = Pipeline("surroundings", seed=1, outputs=[seen()])
