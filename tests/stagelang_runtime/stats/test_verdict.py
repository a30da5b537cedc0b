from __future__ import annotations

import json
import math

import attrs
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from statsmodels.stats.weightstats import DescrStatsW

from stagelang_runtime.stats.aggregates import (
    Aggregate,
    calibration_error,
    f1,
    mean,
    quantile,
    ratio,
    rmse,
    total,
)
from stagelang_runtime.stats.interval import Estimate, estimate
from stagelang_runtime.stats.undefined import Undefined
from stagelang_runtime.stats.verdict import (
    Comparison,
    JudgedOn,
    Judgement,
    Op,
    Verdict,
    compare_verdict,
    judge_threshold,
)

MEASURED = Estimate(
    aggregate="mean",
    value=0.95,
    low=0.93,
    high=0.97,
    low90=0.935,
    high90=0.965,
    level=0.95,
    n_rows=400,
    n_units=400,
    effective_n=400.0,
    method="delta_t",
)


@pytest.mark.parametrize(
    ("op", "bounds", "verdict", "reason"),
    [
        ("at_least", (0.935,), Verdict.PASS, "[0.935, 0.965] at 90 %, wanted at least 0.935"),
        ("at_least", (0.94,), Verdict.INCONCLUSIVE, "[0.93, 0.97] at 95 %, wanted at least 0.94"),
        ("at_least", (0.97,), Verdict.INCONCLUSIVE, "[0.93, 0.97] at 95 %, wanted at least 0.97"),
        ("at_least", (0.971,), Verdict.FAIL, "[0.93, 0.97] at 95 %, wanted at least 0.971"),
        ("at_most", (0.965,), Verdict.PASS, "[0.935, 0.965] at 90 %, wanted at most 0.965"),
        ("at_most", (0.93,), Verdict.INCONCLUSIVE, "[0.93, 0.97] at 95 %, wanted at most 0.93"),
        ("at_most", (0.929,), Verdict.FAIL, "[0.93, 0.97] at 95 %, wanted at most 0.929"),
        ("between", (0.9, 1), Verdict.PASS, "[0.935, 0.965] at 90 %, wanted between 0.9 and 1"),
        ("between", (0.94, 1), Verdict.INCONCLUSIVE, "[0.93, 0.97] at 95 %, wanted between 0.94 and 1"),
        ("between", (0.98, 1), Verdict.FAIL, "[0.93, 0.97] at 95 %, wanted between 0.98 and 1"),
        ("between", (0.1, 0.2), Verdict.FAIL, "[0.93, 0.97] at 95 %, wanted between 0.1 and 0.2"),
    ],
)
def test_an_interval_passes_clear_of_its_bound_fails_beyond_it_and_else_decides_nothing(
    op: Op, bounds: tuple[float, ...], verdict: Verdict, reason: str
) -> None:
    found = judge_threshold(MEASURED, op, bounds)
    assert (found.verdict, found.reason) == (verdict, reason)
    assert (found.needed_n is None) == (verdict is not Verdict.INCONCLUSIVE)


@pytest.mark.parametrize(
    ("op", "bounds", "verdict"),
    [
        ("at_least", (0.95,), Verdict.PASS),
        ("at_least", (0.951,), Verdict.FAIL),
        ("at_most", (0.95,), Verdict.PASS),
        ("between", (0.96, 1.0), Verdict.FAIL),
    ],
)
def test_judged_on_the_estimate_the_value_alone_decides(
    op: Op, bounds: tuple[float, ...], verdict: Verdict
) -> None:
    found = judge_threshold(MEASURED, op, bounds, "estimate")
    assert found.verdict is verdict
    assert found.reason.startswith("0.95 (its noise not considered), wanted ")


def test_a_one_sided_bound_needs_only_its_own_end() -> None:
    p95 = estimate(np.arange(20.0), quantile(0.95))
    assert judge_threshold(p95, "at_least", (10,)).verdict is Verdict.PASS
    assert judge_threshold(p95, "at_most", (15,)) == Judgement(
        Verdict.FAIL, "[16, -) at 95 %, wanted at most 15"
    )
    assert judge_threshold(p95, "at_most", (1e9,)) == Judgement(
        Verdict.INCONCLUSIVE, "[16, -) at 95 % (too few rows to bound it from above), wanted at most 1e+09"
    )


EVERY: list[Aggregate] = [mean(), total(), ratio(), rmse(), f1(), calibration_error(3), quantile(0.5)]
GATES: list[tuple[Op, tuple[float, ...]]] = [
    ("at_least", (-1e9,)),
    ("at_most", (1e9,)),
    ("between", (-1e9, 1e9)),
]
ON: list[JudgedOn] = ["interval", "estimate"]


@pytest.mark.parametrize("aggregate", EVERY, ids=lambda a: a.name)
@pytest.mark.parametrize(("op", "bounds"), GATES)
def test_without_evidence_nothing_passes_however_easy_the_bound(
    aggregate: Aggregate, op: Op, bounds: tuple[float, ...]
) -> None:
    rows = np.ones((3, aggregate.width))
    for judged_on in ON:
        none = judge_threshold(estimate(rows[:0], aggregate), op, bounds, judged_on)
        assert none == Judgement(Verdict.NOT_EVALUATED, "there are no rows")
        nan = judge_threshold(estimate(rows * math.nan, aggregate), op, bounds, judged_on)
        assert nan == Judgement(Verdict.ERROR, "3 of 3 rows are NaN or infinite")
    one = judge_threshold(estimate(rows[:1], aggregate), op, bounds)
    assert (one.verdict, one.needed_n) == (Verdict.INCONCLUSIVE, None)
    assert "no interval: it takes at least two units of independence" in one.reason
    if aggregate.name != "quantile":  # equal order statistics bound a quantile whatever the distribution
        same = judge_threshold(estimate(np.ones((500, aggregate.width)), aggregate), op, bounds)
        assert same.verdict is Verdict.INCONCLUSIVE


@pytest.mark.parametrize("judged_on", ON)
def test_a_zero_denominator_and_a_broken_estimate_are_errors(judged_on: JudgedOn) -> None:
    divided = estimate(np.array([[1.0, 0.0], [2.0, 0.0]]), ratio())
    assert judge_threshold(divided, "at_least", (-1,), judged_on) == Judgement(
        Verdict.ERROR, "the denominator is 0"
    )
    broken = attrs.evolve(MEASURED, value=None)
    assert judge_threshold(broken, "at_least", (-1,), judged_on).verdict is Verdict.ERROR
    undefined = attrs.evolve(MEASURED, undefined=Undefined("domain", "it has no logarithm"))
    assert judge_threshold(undefined, "at_least", (-1,), judged_on) == Judgement(
        Verdict.ERROR, "it has no logarithm"
    )


@pytest.mark.parametrize(
    ("op", "bounds", "message"),
    [
        ("at_least", (), "'at_least' takes 1 bound, got 0"),
        ("between", (1.0,), "'between' takes 2 bounds, got 1"),
        ("at_most", (math.nan,), "bounds are finite numbers, got (nan,)"),
        ("between", (2.0, 1.0), "the lower bound comes first, got (2.0, 1.0)"),
    ],
)
def test_bounds_that_mean_nothing_are_refused(op: Op, bounds: tuple[float, ...], message: str) -> None:
    with pytest.raises(ValueError) as caught:
        judge_threshold(MEASURED, op, bounds)
    assert str(caught.value) == message


def test_the_needed_number_of_a_proportion_is_the_textbook_one() -> None:
    z = np.arange(200) < 186  # .93 against .90: ((1.645·.3 + .842·sqrt(.93·.07)) / .03)² = 557.3
    found = judge_threshold(estimate(z, mean()), "at_least", (0.9,))
    assert (found.verdict, found.needed_n) == (Verdict.INCONCLUSIVE, 558)


def test_to_fail_takes_more_than_to_pass_since_the_whole_interval_has_to_lie_beyond() -> None:
    z = np.arange(200) < 174  # .87 against .90: ((1.960·.3 + .842·sqrt(.87·.13)) / .03)² = 842.99
    found = judge_threshold(estimate(z, mean()), "at_least", (0.9,))
    assert (found.verdict, found.needed_n) == (Verdict.INCONCLUSIVE, 843)


def test_a_perfect_score_needs_as_many_rows_as_wilsons_end_takes_to_clear_the_bound() -> None:
    found = judge_threshold(estimate(np.ones(20), mean(), metric_range=(0, 1)), "at_least", (0.95,))
    assert found.needed_n == 52  # 52 / (52 + 1.645²) > .95, 51 / (51 + 1.645²) < .95
    assert judge_threshold(
        estimate(np.ones(52), mean(), metric_range=(0, 1)), "at_least", (0.95,)
    ).verdict is (Verdict.PASS)
    assert judge_threshold(
        estimate(np.ones(51), mean(), metric_range=(0, 1)), "at_least", (0.95,)
    ).verdict is (Verdict.INCONCLUSIVE)


def test_the_needed_number_decides_four_times_of_five() -> None:
    rng = np.random.default_rng(3)
    first = judge_threshold(estimate(rng.normal(0.2, 1.0, 50), mean()), "at_least", (0.0,))
    assert first.verdict is Verdict.INCONCLUSIVE
    value = estimate(np.random.default_rng(3).normal(0.2, 1.0, 50), mean())
    assert first.needed_n is not None and value.value is not None
    spread = float(np.std(np.random.default_rng(3).normal(0.2, 1.0, 50), ddof=1))
    draws = rng.normal(value.value, spread, (1000, first.needed_n))
    passed = sum(
        judge_threshold(estimate(z, mean()), "at_least", (0,)).verdict is Verdict.PASS for z in draws
    )
    assert 0.77 <= passed / 1000 <= 0.84


def test_more_rows_settle_neither_a_total_nor_a_value_on_its_bound() -> None:
    z = np.random.default_rng(0).normal(1.0, 1.0, 30)
    found = estimate(z, total())
    assert found.value is not None
    assert judge_threshold(found, "at_least", (found.value - 0.1,)).needed_n is None
    assert judge_threshold(MEASURED, "at_least", (0.95,)).needed_n is None


def test_the_needed_number_of_f1_is_that_of_the_proportion_under_it() -> None:
    rows = np.repeat(np.eye(3), (30, 2, 3), axis=0)
    found = judge_threshold(estimate(rows, f1()), "at_least", (0.85,))
    p, b = 30 / 35, 0.85 / 1.15
    wanted = ((1.6448536 * math.sqrt(b * (1 - b)) + 0.8416212 * math.sqrt(p * (1 - p))) / (p - b)) ** 2
    assert (found.verdict, found.needed_n) == (Verdict.INCONCLUSIVE, math.ceil(wanted))


def test_no_change_at_the_bound_is_passed_wrongly_one_time_of_twenty_at_most() -> None:
    rng = np.random.default_rng(7)
    passed = sum(
        judge_threshold(estimate(z, mean()), "at_least", (0.0,)).verdict is Verdict.PASS
        for z in rng.normal(0.0, 1.0, (2000, 60))
    )
    assert 0.035 <= passed / 2000 <= 0.065


def test_a_judgement_is_json() -> None:
    found = judge_threshold(MEASURED, "at_least", (0.94,))
    assert json.dumps(found.to_json()) == (
        '{"verdict": "inconclusive", "reason": "[0.93, 0.97] at 95 %, wanted at least 0.94", "needed_n": 2057}'
    )


@pytest.mark.parametrize(
    ("l95", "u95", "l90", "u90", "wanted"),
    [
        (-5.0, -1.1, -4.0, -2.0, Comparison.WORSE),
        (-5.0, -1.0, -4.0, -2.0, Comparison.NOT_BETTER),
        (1.1, 5.0, 2.0, 4.0, Comparison.BETTER),
        (1.0, 5.0, 2.0, 4.0, Comparison.NOT_WORSE),
        (-1.2, 1.2, -0.9, 0.9, Comparison.EQUIVALENT),
        (-1.2, 1.2, -1.0, 0.9, Comparison.NOT_BETTER),
        (-1.2, 1.2, -0.9, 1.0, Comparison.NOT_WORSE),
        (-3.0, 3.0, -2.0, 2.0, Comparison.INCONCLUSIVE),
    ],
)
def test_a_difference_is_judged_three_sidedly(
    l95: float, u95: float, l90: float, u90: float, wanted: Comparison
) -> None:
    assert compare_verdict(l95, u95, l90, u90, 1.0) is wanted


MIRRORED = {
    Comparison.BETTER: Comparison.WORSE,
    Comparison.WORSE: Comparison.BETTER,
    Comparison.NOT_WORSE: Comparison.NOT_BETTER,
    Comparison.NOT_BETTER: Comparison.NOT_WORSE,
    Comparison.EQUIVALENT: Comparison.EQUIVALENT,
    Comparison.INCONCLUSIVE: Comparison.INCONCLUSIVE,
}


@settings(deadline=None)
@given(st.lists(st.floats(-3, 3), min_size=4, max_size=4), st.floats(0.1, 2))
def test_swapping_the_arms_mirrors_the_verdict_and_scaling_keeps_it(
    ends: list[float], tolerance: float
) -> None:
    l95, l90, u90, u95 = sorted(ends)
    found = compare_verdict(l95, u95, l90, u90, tolerance)
    assert compare_verdict(-u95, -l95, -u90, -l90, tolerance) is MIRRORED[found]
    assert compare_verdict(4 * l95, 4 * u95, 4 * l90, 4 * u90, 4 * tolerance) is found


@pytest.mark.parametrize("seed", range(200))
def test_equivalence_is_that_of_two_one_sided_tests(seed: int) -> None:
    rng = np.random.default_rng(seed)
    d = rng.normal(rng.uniform(-0.3, 0.3), 1.0, 60)
    stranger = DescrStatsW(d)
    (l95, u95), (l90, u90) = stranger.tconfint_mean(0.05), stranger.tconfint_mean(0.10)
    found = compare_verdict(float(l95), float(u95), float(l90), float(u90), 0.35)
    both = max(stranger.ttest_mean(-0.35, "larger")[1], stranger.ttest_mean(0.35, "smaller")[1]) < 0.05
    if found not in (Comparison.BETTER, Comparison.WORSE):
        assert (found is Comparison.EQUIVALENT) == both


def said_at(truth: float) -> dict[Comparison, float]:
    """How often each verdict falls for a difference with standard error .05 and tolerance .1."""
    centres = np.random.default_rng(1).normal(truth, 0.05, 40_000).tolist()
    said = [compare_verdict(c - 0.098, c + 0.098, c - 0.08224, c + 0.08224, 0.1) for c in centres]
    return {verdict: said.count(verdict) / 40_000 for verdict in Comparison}


def test_false_statements_about_a_difference_are_as_rare_as_published() -> None:
    at_the_edge, at_zero, far = said_at(-0.1), said_at(0.0), said_at(0.3)
    assert at_the_edge[Comparison.WORSE] == pytest.approx(0.0251, abs=0.003)
    assert at_the_edge[Comparison.EQUIVALENT] == pytest.approx(0.0406, abs=0.003)
    assert at_the_edge[Comparison.EQUIVALENT] + at_the_edge[Comparison.NOT_WORSE] <= 0.053
    assert at_zero[Comparison.WORSE] + at_zero[Comparison.BETTER] < 0.001
    assert far[Comparison.BETTER] == pytest.approx(0.979, abs=0.003)


@pytest.mark.parametrize(
    ("numbers", "message"),
    [
        ((-1, 1, -0.5, 0.5, 0.0), "a tolerance is a positive number, got 0.0"),
        ((-1, 1, -0.5, 0.5, math.nan), "a tolerance is a positive number, got nan"),
        ((-1, 1, -2, 0.5, 1.0), "the 90 % interval [-2, 0.5] must lie within the 95 % one, [-1, 1]"),
        ((-1, 1, math.nan, 0.5, 1.0), "the 90 % interval [nan, 0.5] must lie within the 95 % one, [-1, 1]"),
    ],
)
def test_numbers_that_are_no_intervals_are_refused(
    numbers: tuple[float, float, float, float, float], message: str
) -> None:
    with pytest.raises(ValueError) as caught:
        compare_verdict(*numbers)
    assert str(caught.value) == message
