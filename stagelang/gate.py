"""Gates on metrics: what a number must satisfy before anything downstream may rely on it."""

from __future__ import annotations

from typing import Any, Literal, final

from attrs import field, frozen

from stagelang.origin import Origin, caller_origin

JudgedOn = Literal["interval", "estimate"]


@final
@frozen(eq=False, kw_only=True)
class Gate:
    """A condition on a metric; made by the metric's own methods. With `in_each`, it must hold for every value of that column."""

    metric: Any
    kind: Literal["at_least", "at_most", "between", "not_worse_than", "as_usual"]
    low: float | None = None
    high: float | None = None
    alias: str = ""
    tolerance: float | None = None
    judged_on: JudgedOn = "interval"
    in_each: str = ""
    windows: int | None = None
    alpha: float | None = None
    origin: Origin = field(factory=caller_origin)
