"""Whole reviews of a change to each example, with made-up results: as a comment, for a terminal, and as a page."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from attrs import evolve

from stagelang_backends.review.differences import lines, sentence, shown
from stagelang_backends.review.forecast import Forecast
from stagelang_backends.review.gathered import Review
from stagelang_backends.review.markdown import assembled, review_sections
from stagelang_backends.review.page import review_html
from stagelang_compiler.diff import Name, Words, diff, diff_text
from stagelang_runtime.judge import MetricDifference
from stagelang_runtime.judge.metric_difference import Word
from tests.stagelang_backends.review.test_picture import chain
from tests.stagelang_compiler.diff.edits import plan_of

WHOLE = Path(__file__).parent / "whole"
WORSE: Mapping[str, Any] = {
    "verdict": "worse", "base": 0.9589, "head": 0.9304, "difference": -0.02857, "low": -0.04466, "high": -0.01248,
    "n_units": 560, "paired": True, "reason": "-0.02857, 95 % interval -0.04466 to -0.01248, over 560 rows that both runs have",
}  # fmt: skip
UNSURE: Mapping[str, Any] = {
    "verdict": "inconclusive", "base": 0.03429, "head": 0.04093, "difference": 0.006643, "low": -0.01062, "high": 0.0239,
    "needed_n": 7693, "units": "values of service_day", "reason": "+0.006643, 95 % interval -0.01062 to +0.0239, over 560 rows",
}  # fmt: skip
BETTER: Mapping[str, Any] = {
    "verdict": "better", "base": 1.467, "head": 0.9969, "difference": -0.4702, "low": -0.637, "high": None,
    "reason": "-0.4702, 95 % interval -0.637 to ∞, over 560 rows",
}  # fmt: skip
LACKING: Mapping[str, Any] = {
    "verdict": "not_measured", "base": 0.01906, "reason": "head: no result of 'blur' is kept, run it first"
}  # fmt: skip
MADE_UP = (WORSE, UNSURE, BETTER, LACKING)
EDITED = {"digit_reader": "an_added_stage", "flight_delays": "a_default"}


def review_of(example: str) -> Review:
    found = diff(plan_of(example), plan_of(example, EDITED[example]))
    results = [
        MetricDifference(
            name=metric.name, base_name=metric.name, unit=metric.unit.text, better=metric.better, **made_up
        )
        for metric, made_up in zip(found.head.metrics, MADE_UP, strict=False)
    ]
    forecast = Forecast(will_run=("fit",), may_run=("decide",), up_to_date=("scans", "clean"))
    return Review(diff=found, differences=results, forecast=forecast)


def is_whole(text: str, name: str, bless: bool) -> None:
    path = WHOLE / name
    if bless:
        path.parent.mkdir(exist_ok=True)
        path.write_text(text, encoding="utf-8")
    assert path.read_text(encoding="utf-8") == text, "if this is right, run pytest --bless"


@pytest.mark.parametrize("example", EDITED)
def test_a_review_of_an_example_is_told_whole(example: str, bless: bool) -> None:
    review = review_of(example)
    is_whole(assembled(review_sections(review)), f"{example}.md", bless)
    said = sentence(review.diff, review.differences)
    text = diff_text(review.diff, said, tuple(lines(review.diff, review.differences)))
    is_whole(text, f"{example}.txt", bless)


def test_the_page_says_the_same_first_and_needs_nothing_else() -> None:
    text = review_html(review_of("digit_reader"), base="main", head="<script>alert(1)</script>")
    assert '<span class="verdict bad">✗ worse</span> 1 stage added' in text
    assert "&lt;script&gt;alert(1)" in text
    assert "<script" not in text
    assert text.count("<svg ") == 1
    assert 'src="' not in text
    assert 'href="http' not in text
    for word in ("✗ worse", "? inconclusive", "✓ better", "– not measured"):
        assert f">{word}</b>" in text
    assert "default-src 'none'" in text


def worded(*verdicts: Word, name: str = "m") -> list[MetricDifference]:
    return [
        MetricDifference(name=f"{name}{number}", base_name="m", unit="1", better="higher", verdict=verdict)
        for number, verdict in enumerate(verdicts)
    ]


def told(words: Words) -> str:
    return "".join(f"<{word.text}>" if isinstance(word, Name) else word for word in words)


def test_the_worst_is_told_first_and_many_of_one_verdict_are_counted() -> None:
    plan = plan_of("digit_reader")
    found = evolve(
        diff(plan, plan_of("digit_reader", "a_formula")), metrics_reached=tuple(f"m{n}" for n in range(9))
    )
    results = worded(
        "better", "not_measured", "worse", "inconclusive", "worse", "better", "better", "identical"
    )
    assert told(sentence(found, results)) == (
        "1 stage changed; <m2> and <m4> worse, <m3> inconclusive, <m1> not measured, 3 metrics better, <m7> identical"
    )
    assert [each.verdict for each in shown(found, results)][:3] == ["worse", "worse", "inconclusive"]


def test_what_is_not_measured_is_never_better() -> None:
    review = review_of("digit_reader")
    results = [each for each in review.differences or () if each.verdict in ("better", "not_measured")]
    (first, *_) = review_sections(evolve(review, differences=results))
    assert first.text.startswith("**– not measured** `digit-reader`: ")


def test_a_metric_that_a_change_cannot_reach_is_shown_only_if_it_came_out_different() -> None:
    found = evolve(diff(plan_of("digit_reader"), plan_of("digit_reader", "a_formula")), metrics_reached=())
    results = worded("identical", "not_measured", "worse")
    assert [each.verdict for each in shown(found, results)] == ["worse"]


def test_a_bar_in_a_name_or_a_reason_does_not_end_a_cell() -> None:
    found = diff(chain("a", "b|c").plan(), chain("a", "b|c", levels={"a": 1}).plan())
    result = MetricDifference(
        name="b|c", base_name="b|c", unit="1", better="none", verdict="not_measured", reason="x | y"
    )
    sections = review_sections(Review(diff=found, differences=[result]))
    (table,) = [section.text for section in sections if section.title == "results"]
    assert (
        table.splitlines()[2]
        == "| `b\\|c` | – | – | – | – | **–\N{NO-BREAK SPACE}not\N{NO-BREAK SPACE}measured**: `x \\| y` |"
    )
