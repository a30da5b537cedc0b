"""Why a metric has no value: an explicit result that stands where a NaN would hide."""

from __future__ import annotations

from typing import Literal, TypeAlias, final

import attrs

Cause: TypeAlias = Literal[
    "empty", "not_finite", "zero_denominator", "domain", "overflow", "out_of_range", "no_unit"
]


@final
@attrs.frozen
class Undefined:
    """Says why there is no value, and how many rows are to blame (0 where no single row is)."""

    cause: Cause
    text: str
    count: int = 0

    def to_json(self) -> dict[str, object]:
        return {"cause": self.cause, "text": self.text, "count": self.count}


class UndefinedError(ValueError):
    """Raised where a value was needed and there is none."""

    def __init__(self, undefined: Undefined) -> None:
        super().__init__(undefined.text)
        self.undefined = undefined


class NoIntervalError(ValueError):
    """Raised where a metric has a value, but its rows don't say how far it could be off."""
