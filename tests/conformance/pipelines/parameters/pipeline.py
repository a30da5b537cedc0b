"""Parameters of every kind."""

from __future__ import annotations

import datetime as dt
import enum
from collections.abc import Mapping

from stagelang import Pipeline, Value, stage


class Side(enum.Enum):
    """Left or right."""

    LEFT = "l"
    RIGHT = "r"


@stage
def described(
    *,
    side: Side,
    day: dt.date,
    text: str,
    share: float,
    flag: bool,
    nothing: None = None,
    names: tuple[str, ...] = (),
    table: Mapping[str, int] | None = None,
) -> Value[str]:
    return Value.of(
        repr((side.name, day.isoformat(), text, share, flag, nothing, names, sorted((table or {}).items())))
    )


asked = described(
    side=Side.RIGHT,
    day=dt.date(2026, 11, 23),
    text="a 'b' \"c\" $HOME `d` \\ %s {e} ü\nnext",
    share=0.1,
    flag=True,
    names=("x", "y z"),
    table={"b": 2, "a": 1},
)
pipeline = Pipeline("parameters", seed=1, outputs=[asked])
