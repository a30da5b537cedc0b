"""Whether a change is safe or breaking, for those who make what it is about and for those who use it."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Literal, TypeAlias, final

from attrs import frozen

Verdict: TypeAlias = Literal["safe", "breaking"]
"""'safe' is proved; whatever isn't is 'breaking'."""


@final
@frozen(kw_only=True)
class Grade:
    """What a change is to both sides.

    Of a contract, producers make tables under it and consumers read them; of a metric, producers make what it measures and consumers
    read its number. A change is safe for consumers if what is promised now implies what was promised before, and safe for producers
    if what was good enough before still is.
    """

    producers: Verdict
    consumers: Verdict

    @property
    def is_breaking(self) -> bool:
        """Whether either side can break by it."""
        return "breaking" in (self.producers, self.consumers)

    def words(self) -> str:
        """Say it in a word or four."""
        match self.producers, self.consumers:
            case "safe", "safe":
                return "safe"
            case "breaking", "breaking":
                return "breaking"
            case "breaking", _:
                return "breaking for producers"
            case _:
                return "breaking for consumers"


SAFE = Grade(producers="safe", consumers="safe")
BREAKING = Grade(producers="breaking", consumers="breaking")
BREAKS_PRODUCERS = Grade(producers="breaking", consumers="safe")
BREAKS_CONSUMERS = Grade(producers="safe", consumers="breaking")


def grade(*, safe_for_producers: bool, safe_for_consumers: bool) -> Grade:
    """Give a grade from what was proved."""
    return Grade(
        producers="safe" if safe_for_producers else "breaking",
        consumers="safe" if safe_for_consumers else "breaking",
    )


def worst(grades: Iterable[Grade]) -> Grade:
    """Put grades together: what one of them breaks is broken."""
    found = SAFE
    for each in grades:
        found = grade(
            safe_for_producers=found.producers == each.producers == "safe",
            safe_for_consumers=found.consumers == each.consumers == "safe",
        )
    return found
