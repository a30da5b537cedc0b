"""One answer of the audit about rows: what was looked at, and what was found."""

from __future__ import annotations

from typing import Literal, TypeAlias, final

from attrs import frozen

What: TypeAlias = Literal[
    "keys",
    "groups",
    "times",
    "copies",
    "near copies",
    "population",
    "features",
    "feature jumps",
    "dependence",
    "rows alone",
    "past alone",
]
Verdict: TypeAlias = Literal["pass", "fail", "not measured"]


@final
@frozen(kw_only=True)
class Measured:
    """What was found; what couldn't be looked at isn't measured, and `said` tells why."""

    what: What
    verdict: Verdict
    said: str

    def __str__(self) -> str:
        return f"{self.verdict}: {self.what}: {self.said}"
