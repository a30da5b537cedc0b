"""What a run of the head would do, as one line."""

from __future__ import annotations

from collections.abc import Iterable
from typing import final

from attrs import frozen

from stagelang_runtime.execute.dry import Expected


@final
@frozen(kw_only=True)
class Forecast:
    """The nodes of the head by what a run would do with them, in the plan's order."""

    will_run: tuple[str, ...] = ()
    may_run: tuple[str, ...] = ()
    """Those whose inputs aren't known yet: they run only if what is upstream comes out differently."""
    up_to_date: tuple[str, ...] = ()
    would_fail: tuple[str, ...] = ()

    @classmethod
    def of(cls, steps: Iterable[Expected]) -> Forecast:
        """Sort what a dry run says."""
        found: dict[str, list[str]] = {"run": [], "may run": [], "hit": [], "fail": []}
        for step in steps:
            found[step.action].append(step.node)
        return cls(
            will_run=tuple(found["run"]),
            may_run=tuple(found["may run"]),
            up_to_date=tuple(found["hit"]),
            would_fail=tuple(found["fail"]),
        )

    def words(self) -> str:
        """Say how many of each there are."""
        counts = (
            (self.will_run, "will run"),
            (self.may_run, "may run"),
            (self.would_fail, "would fail"),
            (self.up_to_date, "up to date"),
        )
        said = ", ".join(f"{len(names)} {word}" for names, word in counts if names)
        return (
            f"of {sum(len(names) for names, _ in counts)} nodes, {said}"
            if said
            else "there is nothing to run"
        )
