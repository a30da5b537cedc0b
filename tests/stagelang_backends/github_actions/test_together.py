"""A pull request's comment: one order for what the run came to and what is changed, and what is said where there is no base."""

from __future__ import annotations

from stagelang_backends.github_actions.together import together, without_base
from stagelang_backends.review.gathered import Review
from stagelang_backends.review.markdown import LIMIT, Section, assembled, review_sections
from stagelang_compiler.diff import diff, nothing
from stagelang_runtime.judge import MetricDifference
from tests.stagelang_compiler.diff.synthetic import model


def of(title: str, shed: int = 1) -> Section:
    return Section(title=title, text=f"{title}\n", shed=shed)


RUN = tuple(of(title) for title in ("verdict", "failures", "gates", "metrics", "why nodes ran", "picture"))


def titles(change: tuple[Section, ...]) -> list[str]:
    return [section.title for section in together(RUN, change)]


def test_a_reviewer_s_questions_are_answered_in_their_order() -> None:
    change = tuple(of(title) for title in ("change", "results", "stages", "picture", "downstream nodes"))
    assert titles(change) == [
        "verdict", "change", "failures", "results", "gates", "stages", "picture", "downstream nodes", "this run's metrics",
        "why nodes ran",
    ]  # fmt: skip
    folded = next(each for each in together(RUN, change) if each.title == "this run's metrics")
    assert (folded.text, folded.shed) == (
        "<details><summary>Metrics of this run</summary>\n\nmetrics\n\n</details>\n",
        14,
    )


def test_where_nothing_is_compared_the_run_s_metrics_and_picture_stay() -> None:
    assert titles((of("change"),)) == [
        "verdict", "change", "failures", "gates", "metrics", "why nodes ran", "picture",
    ]  # fmt: skip
    assert together(RUN, ()) == RUN


def test_without_a_base_the_comment_says_why() -> None:
    said = without_base("there is no revision 'x' in this clone, which is a shallow one")
    assert (
        said.text
        == "There is no base to compare with: `there is no revision 'x' in this clone, which is a shallow one`\n"
    )
    assert titles((said,))[:2] == ["verdict", "change"]


def test_a_huge_change_fits_with_its_run_and_keeps_the_verdicts() -> None:
    head = model(4000, metrics=900).plan()
    compared = tuple(
        MetricDifference(
            name=metric.name, base_name=metric.name, unit="1", better="higher", verdict="worse", base=1.0, head=0.5,
            difference=-0.5, low=-0.75, high=-0.25, reason="r" * 500,
        )
        for metric in head.metrics
    )  # fmt: skip
    change = review_sections(Review(diff=diff(nothing(head), head), differences=compared))
    sections = together((of("verdict", 0), *RUN[1:]), change)
    text = assembled(sections)
    assert len(text) <= LIMIT < sum(len(section.text) for section in sections)
    assert text.startswith(
        "verdict\n\nThis change: **✗ worse** `synthetic`: 3 sources added, 4000 stages added"
    )
    assert text.count("```") % 2 == 0
    assert text.count("<details>") == text.count("</details>")
    for section in sections:
        assert section.text in text or section.title in text.rpartition("_Left out")[2]
