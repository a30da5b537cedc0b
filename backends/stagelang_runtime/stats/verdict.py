"""What a gate concludes from an estimate: only evidence passes, and the lack of it has its own names."""

from __future__ import annotations

import math
from enum import Enum
from typing import Literal, TypeAlias, assert_never, final

import attrs

from stagelang_runtime.stats.interval import Estimate

Op: TypeAlias = Literal["at_least", "at_most", "between"]
JudgedOn: TypeAlias = Literal["interval", "estimate"]

Z_95 = 1.6448536269514722
Z_975 = 1.959963984540054
Z_80 = 0.8416212335729143


class Verdict(Enum):
    """A gate's answer; only PASS passes."""

    PASS = "pass"
    FAIL = "fail"
    INCONCLUSIVE = "inconclusive"
    ERROR = "error"
    NOT_EVALUATED = "not_evaluated"


@final
@attrs.frozen
class Judgement:
    """A verdict, its reason in words, and how many units of independence would settle an inconclusive one."""

    verdict: Verdict
    reason: str
    needed_n: int | None = None

    def to_json(self) -> dict[str, object]:
        return {"verdict": self.verdict.value, "reason": self.reason, "needed_n": self.needed_n}


class Comparison(Enum):
    """What a paired difference says, positive meaning better (methods §1.6)."""

    BETTER = "better"
    WORSE = "worse"
    EQUIVALENT = "equivalent"
    NOT_WORSE = "not_worse"
    NOT_BETTER = "not_better"
    INCONCLUSIVE = "inconclusive"


def judge_threshold(
    estimate: Estimate, op: Op, bounds: tuple[float, ...], judged_on: JudgedOn = "interval"
) -> Judgement:
    """Judge a metric against one bound, or two for "between"; a value on a bound keeps it.

    On the interval: pass where the one-sided 95 % bound keeps the threshold, fail where the whole two-sided
    interval breaks it, else inconclusive. On the estimate: the value alone decides, whatever its noise.
    Without a value the answer is never pass: not evaluated where there were no rows, else error.
    Raises ValueError for bounds that are NaN, reversed or of the wrong number.
    """
    floor, ceiling = _limits(op, bounds)
    if estimate.undefined is not None:
        verdict = Verdict.NOT_EVALUATED if estimate.undefined.cause == "empty" else Verdict.ERROR
        return Judgement(verdict, estimate.undefined.text)
    if estimate.value is None:
        return Judgement(Verdict.ERROR, "there is neither a value nor a reason why not")
    wanted = _wanted(floor, ceiling)
    if judged_on == "estimate":
        kept = _is_within(estimate.value, estimate.value, floor, ceiling)
        found = f"{estimate.value:.6g} (its noise not considered)"
        return Judgement(Verdict.PASS if kept else Verdict.FAIL, f"{found}, wanted {wanted}")
    return _judge_interval(estimate, floor, ceiling, wanted)


def _judge_interval(estimate: Estimate, floor: float, ceiling: float, wanted: str) -> Judgement:
    if _is_within(estimate.low90, estimate.high90, floor, ceiling):
        return Judgement(Verdict.PASS, f"{_shown(estimate.low90, estimate.high90, 90)}, wanted {wanted}")
    interval = _shown(estimate.low, estimate.high, estimate.level * 100)
    if estimate.low is None and estimate.high is None:
        interval = f"{estimate.value:.6g}"
    if (estimate.high is not None and estimate.high < floor) or (
        estimate.low is not None and estimate.low > ceiling
    ):
        return Judgement(Verdict.FAIL, f"{interval}, wanted {wanted}")
    found = interval if estimate.note == "" else f"{interval} ({estimate.note})"
    return Judgement(Verdict.INCONCLUSIVE, f"{found}, wanted {wanted}", needed_n(estimate, floor, ceiling))


def needed_n(estimate: Estimate, floor: float, ceiling: float) -> int | None:
    """Say how many units of independence would settle a gate 80 times of 100 were the true value the estimate.

    `n = ((z·s0 + z80·s1) / distance)²`, s0 and s1 being a unit's spread at the nearest bound and at the value,
    z that of the one-sided 95 % bound to pass, of the two-sided 95 % interval to fail.
    None where no number would settle it: without an interval, with the value on the bound,
    for a total, which grows with the number.
    """
    value = estimate.value
    if value is None or estimate.aggregate == "total":
        return None
    bound = floor if abs(value - floor) <= abs(value - ceiling) else ceiling
    spreads = _spreads(estimate, value, bound)
    if spreads is None:
        return None
    z = Z_95 if floor <= value <= ceiling else Z_975
    at_bound, at_value, distance = spreads
    return math.ceil(((z * at_bound + Z_80 * at_value) / distance) ** 2)


def _spreads(estimate: Estimate, value: float, bound: float) -> tuple[float, float, float] | None:
    if value == bound:
        return None
    if estimate.effective_n and estimate.method.startswith("wilson") and 0.0 <= bound <= 1.0:
        p, b = _proportion(estimate, value), _proportion(estimate, bound)
        design = estimate.n_units / estimate.effective_n
        return math.sqrt(b * (1 - b) * design), math.sqrt(p * (1 - p) * design), p - b
    end = estimate.low90 if bound < value else estimate.high90
    if end is None:
        return None
    spread = abs(value - end) / Z_95 * math.sqrt(estimate.n_units)
    return spread, spread, value - bound


def _proportion(estimate: Estimate, value: float) -> float:
    """Undo the link of the proportion under F1."""
    return value / (2 - value) if estimate.aggregate == "f1" else value


def compare_verdict(l95: float, u95: float, l90: float, u90: float, tolerance: float) -> Comparison:
    """Judge a difference, positive meaning better, by its 95 % and 90 % intervals and a tolerance.

    The three-sided test of Goeman, Solari & Stijnen 2010: any false statement has at most 5 % probability.
    That two artefacts are identical is known from their hashes, not from here.
    Raises ValueError for a tolerance that isn't positive and for intervals that are NaN or not nested.
    """
    if not (0.0 < tolerance < math.inf):
        raise ValueError(f"a tolerance is a positive number, got {tolerance}")
    if not (l95 <= l90 <= u90 <= u95):
        raise ValueError(f"the 90 % interval [{l90}, {u90}] must lie within the 95 % one, [{l95}, {u95}]")
    if u95 < -tolerance:
        return Comparison.WORSE
    if l95 > tolerance:
        return Comparison.BETTER
    if l90 > -tolerance and u90 < tolerance:
        return Comparison.EQUIVALENT
    if l90 > -tolerance:
        return Comparison.NOT_WORSE
    if u90 < tolerance:
        return Comparison.NOT_BETTER
    return Comparison.INCONCLUSIVE


def units_to_decide(spread: float, distance: float, z: float = Z_95, z_power: float = Z_80) -> int | None:
    """Say how many units tell a difference from one that is `distance` away: `((z + z_power)·spread / distance)²`, rounded up.

    `spread` is the standard deviation of a unit's difference; 80 times of 100 that many are enough, with the default power.
    None where there is no distance to be told. (Methods §1.6.)
    """
    if distance == 0.0 or not math.isfinite(spread):
        return None
    return math.ceil(((z + z_power) * spread / distance) ** 2)


def _limits(op: Op, bounds: tuple[float, ...]) -> tuple[float, float]:
    number = 2 if op == "between" else 1
    if len(bounds) != number:
        raise ValueError(f"'{op}' takes {number} bound{'s' * (number > 1)}, got {len(bounds)}")
    if not all(math.isfinite(bound) for bound in bounds):
        raise ValueError(f"bounds are finite numbers, got {bounds}")
    match op:
        case "at_least":
            return bounds[0], math.inf
        case "at_most":
            return -math.inf, bounds[0]
        case "between":
            if bounds[0] > bounds[1]:
                raise ValueError(f"the lower bound comes first, got {bounds}")
            return bounds[0], bounds[1]
        case _:
            assert_never(op)


def _wanted(floor: float, ceiling: float) -> str:
    if ceiling == math.inf:
        return f"at least {floor:.6g}"
    if floor == -math.inf:
        return f"at most {ceiling:.6g}"
    return f"between {floor:.6g} and {ceiling:.6g}"


def _is_within(low: float | None, high: float | None, floor: float, ceiling: float) -> bool:
    """An end that is None is unbounded; NaN is never within."""
    return (-math.inf if low is None else low) >= floor and (math.inf if high is None else high) <= ceiling


def _shown(low: float | None, high: float | None, percent: float) -> str:
    left = "(-" if low is None else f"[{low:.6g}"
    right = "-)" if high is None else f"{high:.6g}]"
    return f"{left}, {right} at {percent:g} %"
