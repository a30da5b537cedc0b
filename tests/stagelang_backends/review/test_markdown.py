"""The comment's part about structure: whole texts, what names can't do in it, and how it sheds whole sections."""

from __future__ import annotations

from pathlib import Path

import pytest
from attrs import evolve
from markdown_it import MarkdownIt

from stagelang_backends.review.forecast import Forecast
from stagelang_backends.review.gathered import Review
from stagelang_backends.review.markdown import LIMIT, Section, assembled, review_sections
from stagelang_compiler.diff import diff, nothing
from stagelang_compiler.plan import Plan
from tests.stagelang_backends.review.test_escaping import HOSTILE
from tests.stagelang_compiler.diff.edits import EDITS, plan_of
from tests.stagelang_compiler.diff.synthetic import Model, Step, model

SAID = Path(__file__).parent / "said"
WHOLE = ("a_contract", "a_parameter", "a_renamed_stage", "an_added_stage", "gates", "a_moved_helper")
FORECAST = Forecast(will_run=("fit",), may_run=("score.test", "decide"), up_to_date=("scans", "clean"))


@pytest.mark.parametrize("name", WHOLE)
def test_an_edit_is_told_whole(name: str, bless: bool) -> None:
    example = EDITS[name].example
    found = diff(plan_of(example), plan_of(example, name))
    text = assembled(
        review_sections(Review(diff=found, forecast=FORECAST if name == "a_parameter" else None))
    )
    path = SAID / f"{name}.md"
    if bless:
        path.write_text(text, encoding="utf-8")
    assert path.read_text(encoding="utf-8") == text, "if this is right, run pytest --bless"


def test_no_text_is_left_over() -> None:
    assert sorted(path.stem for path in SAID.glob("*")) == sorted(WHOLE)


def test_hostile_names_are_but_words_in_code_spans() -> None:
    base, head = _hostile("old"), _hostile("new")
    text = assembled(review_sections(Review(diff=diff(base, head))))
    tokens = MarkdownIt("commonmark").parse(text)
    html = [token.content.strip() for token in tokens if token.type == "html_block"]
    assert {line for each in html for line in each.splitlines()} <= {
        line for line in text.splitlines() if line.startswith(("<details><summary>", "</details>"))
    }
    for token in (inner for outer in tokens for inner in outer.children or []):
        assert token.type in ("text", "code_inline", "strong_open", "strong_close", "softbreak"), token
        if token.type == "text":
            assert not set("`<>@[]|\\#*_") & set(token.content), token.content


def _hostile(word: str) -> Plan:
    names = [name for name in HOSTILE if name.strip()]
    steps = tuple(
        Step(name=f"{name}{word}", stage=name, reads=("source",), level=len(word)) for name in names
    )
    made = Model(
        sources={"source": word},
        code=dict.fromkeys(names, word),
        helpers={"<b>": word},
        steps=steps,
        metrics={f"{name}{word}": 0.5 for name in names[:5]},
    )
    return made.plan()


def test_a_large_change_sheds_whole_sections_and_says_which() -> None:
    head = model(3000, metrics=400).plan()
    sections = review_sections(Review(diff=diff(nothing(head), head)))
    whole = "\n".join(section.text for section in sections)
    text = assembled(sections, limit=30_000)
    assert len(text) <= 30_000 < len(whole)
    assert text.startswith(sections[0].text)
    kept = [section for section in sections if section.text in text]
    assert kept != list(sections)
    left_out = ", ".join(section.title for section in sections if section not in kept)
    assert text.endswith(
        f"_Left out, since a comment has a limit: {left_out}. `stagelang diff` shows them._\n"
    )
    assert text.count("<details>") == text.count("</details>")


def test_what_matters_least_is_left_out_first() -> None:
    sections = [
        Section(title="first", text="a" * 10, shed=0),
        Section(title="later", text="b" * 10, shed=9),
        Section(title="other", text="c" * 10, shed=2),
    ]
    assert assembled(sections, limit=40) == "aaaaaaaaaa\nbbbbbbbbbb\ncccccccccc"
    assert "bbb" not in assembled(sections, limit=31)
    assert "ccc" in assembled(sections, limit=110)
    assert assembled(sections, limit=5).startswith("a" * 10)


def test_ten_thousand_new_nodes_fit_into_a_comment() -> None:
    head = model(7000, metrics=40).plan()
    assert len(assembled(review_sections(Review(diff=diff(nothing(head), head))))) <= LIMIT


def test_the_order_of_a_section_does_not_depend_on_the_order_of_sets() -> None:
    example = EDITS["a_constant"].example
    base, head = plan_of(example), plan_of(example, "a_constant")
    assert review_sections(Review(diff=diff(base, head))) == review_sections(
        Review(diff=diff(evolve(base), evolve(head)))
    )
