"""What a change did to one metric, as plain data, and the verdict over it."""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import Any, Literal, TypeAlias, final

import attrs

from stagelang_compiler.plan import Gate, Metric
from stagelang_runtime.judge.pairing import Pairing
from stagelang_runtime.stats.amounts import about
from stagelang_runtime.stats.difference import Difference
from stagelang_runtime.stats.verdict import Z_975, Comparison, compare_verdict, units_to_decide

Word: TypeAlias = Literal[
    "identical",  # every value compared is the same
    "better",
    "worse",
    "equivalent",  # within the tolerance, either way
    "not_worse",  # not worse by more than the tolerance; perhaps better
    "not_better",
    "changed",  # of a metric without a direction
    "inconclusive",
    "not_comparable",  # the two numbers don't mean the same
    "not_measured",
    "new",
    "gone",
]
Claim: TypeAlias = Literal["artifact"]


@final
@attrs.frozen(kw_only=True)
class MetricDifference:
    """What became of a metric between two runs, base and head.

    `base` and `head` are the runs' own values; `difference`, head less base in the metric's unit, is over what both runs have, with
    its 95 % interval `low` to `high` (an end is None where nothing bounds it). `reason` says in words how the verdict came about.
    `n_units` of `units` were compared; `base_left` and `head_left` of `counted` are in one run only. About `needed_n` units would
    decide an inconclusive one. `claim` says what the verdict generalises to: `artifact`, to new examples with these very models.
    """

    name: str
    base_name: str
    unit: str
    better: str
    verdict: Word
    reason: str = ""
    base: float | None = None
    head: float | None = None
    difference: float | None = None
    low: float | None = None
    high: float | None = None
    tolerance: float | None = None
    method: str = "none"
    p_value: float | None = None
    n_units: int = 0
    units: str = "rows"
    paired: bool = False
    base_left: int = 0
    head_left: int = 0
    counted: str = "rows"
    needed_n: int | None = None
    claim: Claim = "artifact"
    reported: bool = True

    @classmethod
    def of(cls, metric: Metric, *, verdict: Word, reason: str = "", base_name: str = "") -> MetricDifference:
        """Begin with what a metric's declaration says."""
        return cls(
            name=metric.name,
            base_name=base_name or metric.name,
            unit=metric.unit.text,
            better=metric.better,
            verdict=verdict,
            reason=reason,
            reported=metric.reported,
        )

    @property
    def n_unpaired(self) -> int:
        """How many rows or units only one of the runs has."""
        return self.base_left + self.head_left

    def to_json(self) -> dict[str, Any]:
        """Give plain data, strict JSON."""
        return {**attrs.asdict(self), "n_unpaired": self.n_unpaired}


def judged(
    blank: MetricDifference,
    metric: Metric,
    found: Difference,
    pairing: Pairing | str,
    gates: Iterable[Gate],
    note: str = "",
) -> MetricDifference:
    """Judge a difference by the tolerance that the metric's own gate declares, else against 0.

    With a tolerance: the three-sided test (`stats.verdict.compare_verdict`). Without one nothing can be called equivalent or not worse,
    since nobody has said how small a change doesn't matter: better or worse where the 95 % interval excludes 0, else inconclusive.
    """
    tolerance = _tolerance(metric, gates)
    verdict, needed = _verdict(metric, found, tolerance)
    filled = attrs.evolve(
        blank,
        verdict=verdict,
        difference=found.value,
        low=found.low,
        high=found.high,
        tolerance=tolerance,
        method=found.method,
        p_value=found.p_value,
        n_units=found.n_units,
        units=f"values of {metric.cluster}" if metric.cluster else "rows",
        needed_n=needed,
    )
    if not isinstance(pairing, str):
        filled = attrs.evolve(
            filled,
            units=pairing.units,
            paired=True,
            base_left=pairing.base_left,
            head_left=pairing.head_left,
            counted=pairing.counted,
        )
    return attrs.evolve(filled, reason="; ".join(_sentences(filled, found, pairing, note)))


def _tolerance(metric: Metric, gates: Iterable[Gate]) -> float | None:
    """Give the least tolerance that the metric's gates declare."""
    declared = [
        gate.tolerance
        for gate in gates
        if gate.metric == metric.name and gate.kind == "not_worse_than" and gate.tolerance
    ]
    return min(declared, default=None)


def _verdict(metric: Metric, found: Difference, tolerance: float | None) -> tuple[Word, int | None]:
    if found.changed == 0 and found.value == 0.0:
        return "identical", None
    if found.low is None and found.high is None:
        return "inconclusive", None
    sign = -1 if metric.better == "lower" else 1
    l95, u95 = sorted(sign * end for end in (_open(found.low, -1), _open(found.high, 1)))
    l90, u90 = sorted(sign * end for end in (_open(found.low90, -1), _open(found.high90, 1)))
    if tolerance is not None and metric.better != "none":
        word = compare_verdict(l95, u95, l90, u90, tolerance)
        needed = units_to_decide(found.spread, tolerance) if found.spread is not None else None
        return word.value, needed if word is Comparison.INCONCLUSIVE else None
    if l95 <= 0.0 <= u95:
        return "inconclusive", None if found.spread is None else units_to_decide(
            found.spread, found.value, Z_975
        )
    if metric.better == "none":
        return "changed", None
    return ("better" if l95 > 0.0 else "worse"), None


def _open(end: float | None, sign: int) -> float:
    return sign * math.inf if end is None else end


def _sentences(
    filled: MetricDifference, found: Difference, pairing: Pairing | str, note: str
) -> Iterable[str]:
    if filled.verdict == "identical":
        yield f"every value is the same over {_amount(filled.n_units, filled.units)} that both runs have"
    else:
        over = f"over {_amount(filled.n_units, filled.units)}"
        yield f"{found.value:+.4g}, {_interval(found)}, {over}{' that both runs have' if filled.paired else ''}"
        if filled.verdict == "inconclusive" or filled.tolerance is not None:
            yield (
                f"tolerance {filled.tolerance:g}"
                if filled.tolerance is not None
                else "no tolerance is declared"
            )
    if isinstance(pairing, str):
        yield f"not paired, so less certain than it could be: {pairing}"
    if filled.n_unpaired:
        left = f"{_amount(filled.base_left, filled.counted)} only in the base and {filled.head_left:,} only in the head"
        yield f"{left} aren't compared: over the others {found.base:.4g} -> {found.head:.4g}"
    if filled.needed_n is not None:
        yield f"about {about(filled.needed_n)} {filled.units} would decide it"
    notes = (found.note if filled.verdict != "identical" else "", note)
    yield from (each for each in notes if each)


def _interval(found: Difference) -> str:
    if found.low is None and found.high is None:
        return "no interval"
    low = "-∞" if found.low is None else f"{found.low:+.4g}"
    high = "∞" if found.high is None else f"{found.high:+.4g}"
    return f"95 % interval {low} to {high}"


def _amount(count: int, of: str) -> str:
    return f"{count:,} {of[:-1] if of == 'rows' and count == 1 else of}"
