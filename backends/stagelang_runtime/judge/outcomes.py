"""What a run came to, as plain data: it is kept beside the store, printed, and reported."""

from __future__ import annotations

from typing import Any, Literal, final

import attrs

Word = Literal["pass", "fail", "inconclusive", "error", "not_evaluated"]
WORST_FIRST: tuple[Word, ...] = ("error", "fail", "inconclusive", "not_evaluated", "pass")
"""From the worst verdict to the only good one."""


@final
@attrs.frozen(kw_only=True)
class SliceOutcome:
    """A metric's value where a slice column has one value; `undefined` says why there is none."""

    column: str
    value: str
    number: float | None
    low: float | None = None
    high: float | None = None
    n_rows: int = 0
    undefined: str = ""


@final
@attrs.frozen(kw_only=True)
class MetricOutcome:
    """A metric's value, in its unit, and its 95 % interval; `undefined` says why there is no value.

    `window` is the first moment of the window that it is a number of, `reversal` says where a difference turns around within slices.
    """

    name: str
    unit: str
    better: str
    value: float | None
    low: float | None = None
    high: float | None = None
    n_rows: int = 0
    n_units: int = 0
    cluster: str = ""
    method: str = ""
    note: str = ""
    undefined: str = ""
    reported: bool = True
    slices: tuple[SliceOutcome, ...] = ()
    window: str = ""
    reversal: str = ""


@final
@attrs.frozen(kw_only=True)
class GateOutcome:
    """A gate's verdict and why; about `needed_n` of `needed_of` (rows, or values of the column that groups them) would decide it."""

    name: str
    subject: str
    kind: Literal["metric", "contract", "budget"]
    verdict: Word
    reason: str
    owner: str = ""
    needed_n: int | None = None
    needed_of: str = "rows"


@final
@attrs.frozen(kw_only=True)
class Outcomes:
    """All metrics and gates of a run. The verdict is a pass only if every gate was evaluated and passed, and every node finished."""

    metrics: tuple[MetricOutcome, ...]
    gates: tuple[GateOutcome, ...]
    finished: bool

    @property
    def verdict(self) -> Word:
        """The worst of all: error, fail, inconclusive, not evaluated, and only then pass."""
        found = {gate.verdict for gate in self.gates}
        if not self.finished:
            broken = any(gate.kind == "contract" and gate.verdict == "fail" for gate in self.gates)
            return "fail" if broken else "error"
        for word in WORST_FIRST:
            if word in found:
                return word
        return "pass"

    @property
    def evaluated(self) -> int:
        """How many gates were evaluated."""
        return sum(gate.verdict != "not_evaluated" for gate in self.gates)

    def to_json(self) -> dict[str, Any]:
        """Give plain data, strict JSON."""
        return {**attrs.asdict(self), "verdict": self.verdict}


def outcomes_from_json(data: dict[str, Any]) -> Outcomes:
    """Read what `to_json` wrote. Raises KeyError, TypeError for anything else."""
    return Outcomes(
        metrics=tuple(map(_metric, data["metrics"])),
        gates=tuple(GateOutcome(**each) for each in data["gates"]),
        finished=bool(data["finished"]),
    )


def _metric(data: dict[str, Any]) -> MetricOutcome:
    slices = tuple(SliceOutcome(**each) for each in data.get("slices", ()))
    return attrs.evolve(MetricOutcome(**data), slices=slices)
