"""Twenty-eight right pipelines in which a measurement over pooled rows is replaced by a mean of the parts' numbers: all are refused."""

from __future__ import annotations

import itertools

import pytest

from tests.stagelang_compiler.conftest import PRELUDE, Check

AGGREGATES = (
    ("mean()", "1"),
    ("ratio_of_sums()", "1, 1"),
    ("rmse()", "1"),
    ("f1()", "1, 1"),
    ("calibration_error()", "1, 1"),
    ("quantile(0.9)", "1"),
    ("smooth(first, columns=2)", "1, 1"),
)
"""Each aggregation whose numbers don't add up, and as many columns as it takes."""
MEANS = (
    "(one + two) * 0.5",
    "one * 0.5 + two * 0.5",
    "(one.to(u.PERCENT) + two.to(u.PERCENT)) * 0.5",
    "(one + two + third) * (1 / 3)",
)
"""Four ways to write a mean of parts' numbers."""
_SPEC = """
from stagelang import Validation, calibration_error, f1, rmse, smooth
from stagelang import ratio as ratio_of_sums


def first(means: Any) -> float:
    return float(means[0])

@metric(unit=u.RATIO, better="none", range=(0, 1), aggregate={aggregate}, undefined="error", version="1")
def number(scans: Table[Scans, S]) -> PerRow[u.RATIO]:
    return PerRow({values})

parts = split(scans, by=Scans.writer, test=0.25, validation=0.25, name="parts")
one, two = number(parts.validation), number(parts.test)
with scope("third"):
    third = number(halves.test)
pooled = number(scans)
pipeline = Pipeline("p", seed=1, metrics=[pooled, {more}], outputs=[parts.train, parts.validation, parts.test, halves.test])
"""


@pytest.mark.parametrize(("aggregate", "mean"), [*itertools.product(AGGREGATES, MEANS)])
def test_a_mean_of_parts_numbers_in_place_of_the_pooled_one_is_refused(
    aggregate: tuple[str, str], mean: str, check: Check
) -> None:
    def errors(more: str) -> list[str]:
        spec = _SPEC.format(aggregate=aggregate[0], values=aggregate[1], more=more)
        found = check(PRELUDE + spec).diagnostics
        return [each.rule.code for each in found if each.rule.severity.value == "error"]

    assert errors("one, two, third") == []
    assert errors(mean) == ["SL501"]


def test_a_sum_of_parts_totals_is_the_pooled_one_and_let_through(check: Check) -> None:
    spec = _SPEC.replace("aggregate={aggregate}", "aggregate=total()").replace(
        "import Validation", "import total, Validation"
    )
    found = check(PRELUDE + spec.format(values="1", more="one + two, third")).diagnostics
    assert [each.rule.code for each in found if each.rule.severity.value == "error"] == []
