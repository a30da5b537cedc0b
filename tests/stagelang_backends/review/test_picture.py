"""Pictures of what a change touches: whole texts, what is kept and left out, limits at every size, and the real Mermaid parser."""

from __future__ import annotations

import re
from itertools import pairwise
from typing import Any

import pytest
from attrs import evolve

from stagelang_backends.lineage.collapse import folded
from stagelang_backends.lineage.drawing import Box
from stagelang_backends.lineage.mermaid import ARROWS, BOXES, CHARACTERS
from stagelang_backends.review.picture import diff_drawing, diff_mermaid, diff_svg
from stagelang_compiler.diff import PlanDiff, diff, nothing
from stagelang_runtime.judge import MetricDifference
from tests.stagelang_backends.lineage.test_mermaid import HOSTILE, parses, shown
from tests.stagelang_compiler.diff.edits import EDITS, plan_of
from tests.stagelang_compiler.diff.synthetic import Model, Step, model


def edited(name: str) -> PlanDiff:
    example = EDITS[name].example
    return diff(plan_of(example), plan_of(example, name))


def of_size(count: int) -> PlanDiff:
    """Change a node in the middle, the code of another stage, rename a third, and leave out the last."""
    made = model(count, metrics=max(1, count // 20))
    steps = list(made.steps)
    steps[count // 3] = evolve(steps[count // 3], level=99)
    code = {**made.code, steps[count // 2].stage: "other"}
    head = evolve(made, steps=tuple(steps), code=code).renamed(steps[count // 4].stage)
    return diff(made.plan(), head.plan())


def chain(*names: str, levels: dict[str, int] | None = None) -> Model:
    """Chain steps from a source to the last, which is a metric."""
    steps = tuple(
        Step(name=name, stage=name, reads=(before,), level=(levels or {}).get(name, 0))
        for before, name in pairwise(("rows", *names))
    )
    return Model(
        sources={"rows": "rows.csv"},
        code=dict.fromkeys(names, ""),
        helpers={"help": ""},
        steps=steps,
        metrics={names[-1]: 0.5},
    )


def boxes_of(found: PlanDiff) -> dict[str, str]:
    return {box.key: box.change for box in diff_drawing(found).drawing.boxes}


def _unbound(text: str) -> str:
    """Leave out where a label's lines may break."""
    return text.replace("\N{NO-BREAK SPACE}", " ")


def test_a_change_is_drawn_with_marks_what_it_reads_and_what_it_reaches() -> None:
    base, head = chain("a", "b", "c", "d", "m"), chain("a", "b", "c", "d", "m", levels={"c": 1})
    worse = MetricDifference(
        name="m", base_name="m", unit="USD", better="lower", verdict="worse", base=0.1, head=0.25
    )
    assert _unbound(diff_mermaid(diff(base.plan(), head.plan()), (worse,))) == (
        "flowchart TB\n"
        '  n1["<b>b</b>"]\n'
        '  n2["<b>#126; c</b> · parameter level#58; 0 → 1"]\n'
        '  n3["<b>↓ d</b>"]\n'
        '  n4(["<b>↓ m</b> · ✗ worse 0.1 → 0.25 USD · gate ≥ 0.5"])\n'
        "  n1 --> n2\n"
        "  n2 --> n3\n"
        "  n3 --> n4\n"
        "  classDef changedLook fill:#fff8c5,stroke:#9a6700,stroke-width:2.4px,color:#1f2328\n"
        "  class n2 changedLook\n"
        "  classDef upstreamLook fill:#eaf5ff,stroke:#54aeff,stroke-width:1.2px,color:#1f2328\n"
        "  class n3,n4 upstreamLook\n"
        "  classDef unchangedLook fill:#f6f8fa,stroke:#d1d9e0,stroke-width:1.2px,color:#1f2328\n"
        "  class n1 unchangedLook\n"
        "  classDef badLook stroke:#cf222e,stroke-width:2.4px\n"
        "  class n4 badLook\n"
    )


def test_what_was_removed_is_a_ghost_between_what_it_read_and_what_read_it() -> None:
    found = diff(chain("a", "b", "m").plan(), chain("a", "m").plan())
    made = diff_drawing(found).drawing
    assert {box.key: box.change for box in made.boxes} == {"a": "unchanged", "m": "changed", "b": "removed"}
    assert {(each.tail, each.head): (each.change, each.label) for each in made.arrows} == {
        ("a", "m"): ("added", "+"),
        ("a", "b"): ("removed", ""),
        ("b", "m"): ("removed", ""),
    }
    assert '["<b>− b</b>' in _unbound(diff_mermaid(found))


def test_only_what_a_change_touches_is_drawn_and_what_is_left_out_is_counted() -> None:
    base, head = chain(*"abcdefm"), chain(*"abcdefm", levels={"e": 1})
    found = diff(base.plan(), head.plan())
    assert boxes_of(found) == {"d": "unchanged", "e": "changed", "f": "upstream", "m": "upstream"}
    assert "4 unchanged nodes left out" in diff_drawing(found).drawing.note
    two = diff_drawing(found, hops=2).drawing
    assert [box.key for box in two.boxes] == ["c", "d", "e", "f", "m"]


def test_a_gate_that_changed_is_drawn_on_its_metric_with_what_it_was() -> None:
    base, head = chain("a", "m"), evolve(chain("a", "m"), metrics={"m": 0.75})
    found = diff(base.plan(), head.plan())
    text = _unbound(diff_mermaid(found))
    assert '(["<b>m</b> · gate #126; ≥ 0.75, was ≥ 0.5"])' in text
    assert "  class n2 newsLook\n" in text
    assert "#fff8c5" in diff_svg(found), "the gate's ground has the colour of what changed"
    assert boxes_of(found) == {"a": "unchanged", "m": "unchanged"}


def test_no_change_is_no_picture() -> None:
    plan = chain("a", "m").plan()
    assert diff_mermaid(diff(plan, plan)) == ""


def test_groups_never_hide_a_change_where_there_is_room_and_no_arrow_leads_back_to_one() -> None:
    made = diff_drawing(of_size(300))
    seen = folded(made.drawing, boxes=BOXES, arrows=ARROWS, first=made.groupings)
    changed = {box.key for box in made.drawing.boxes if box.change not in ("upstream", "unchanged")}
    assert changed <= {box.key for box in seen.boxes}
    pairs = {(arrow.tail, arrow.head) for arrow in seen.arrows}
    assert not any((head, tail) in pairs for tail, head in pairs)
    assert len(seen.boxes) < 15


@pytest.mark.parametrize("count", [5, 40, 300, 5000])
def test_every_size_keeps_within_the_limits(count: int) -> None:
    for found in (
        of_size(count),
        diff(nothing(model(count, metrics=3).plan()), model(count, metrics=3).plan()),
    ):
        text = diff_mermaid(found)
        assert 1 <= len(re.findall(r"^ +n\d+[\[({]", text, re.MULTILINE)) <= BOXES
        assert len(re.findall(r"^ +n\d+ [-=]", text, re.MULTILINE)) <= ARROWS
        assert len(text) <= CHARACTERS
        assert "<br/>" not in text


@pytest.mark.parametrize("count", [1, 5, 40, 300, 5000])
def test_the_real_parser_reads_every_size(mermaid: Any, count: int) -> None:
    assert parses(mermaid, diff_mermaid(of_size(count) if count > 1 else _one()))


def _one() -> PlanDiff:
    return diff(chain("m").plan(), chain("m", levels={"m": 1}).plan())


def test_the_real_parser_reads_hostile_names_and_shows_them_with_their_marks(mermaid: Any) -> None:
    names = [name for name in HOSTILE if name.strip()]
    for start in range(0, len(names), 12):
        some = names[start : start + 12]
        text = diff_mermaid(diff(chain(*some).plan(), chain(*some, levels={some[0]: 1}).plan()))
        assert parses(mermaid, text)
        _, first, *others = (" ".join(label.split()) for label in shown(mermaid, text))
        assert first.startswith(f"~ {_seen(some[0])}")
        for name, label in zip(some[1:], others, strict=True):
            assert label.startswith(f"↓ {_seen(name)}"), (name, label)
    assert mermaid.js("document.querySelectorAll('body > div script, body > script:not([src])').length") == 0
    assert mermaid.complaints == []


def _seen(name: str) -> str:
    return " ".join(re.sub(r"[\x00\n\u2028]", " ", name[:50]).split())


def test_the_real_parser_reads_what_is_drawn_of_edits(mermaid: Any) -> None:
    for name in ("a_contract", "a_renamed_stage", "an_added_stage", "gates"):
        assert parses(mermaid, diff_mermaid(edited(name)))


def test_the_svg_says_by_marks_what_it_says_by_colours_and_has_a_title_and_dark_colours() -> None:
    text = diff_svg(diff(chain("a", "b", "m").plan(), chain("a", "m", levels={"a": 1}).plan()))
    for words in ("~ CHANGED · STAGE", "− REMOVED · STAGE", "parameter level: 0 → 1", "<title id="):
        assert words in text
    assert "prefers-color-scheme: dark" in text
    assert "stroke-dasharray" in text


def test_a_group_says_how_many_of_its_members_changed() -> None:
    found = diff(nothing(model(100, metrics=3).plan()), model(100, metrics=3).plan())
    made = diff_drawing(found)
    (box, *_) = folded(made.drawing, boxes=1).boxes
    assert isinstance(box, Box)
    assert box.change == "added"
    assert "nodes" in box.details[0]
