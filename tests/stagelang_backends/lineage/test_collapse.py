from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from stagelang_backends.lineage.boxes import drawing_of
from stagelang_backends.lineage.collapse import focused, folded
from stagelang_backends.lineage.drawing import Arrow, Badge, Box, Drawing


def keys(drawing: Drawing) -> list[str]:
    return [box.key for box in drawing.boxes]


def test_a_picture_that_can_be_read_is_left_as_it_is(sized: Any) -> None:
    drawing = drawing_of(sized(60, per_scope=15))
    assert folded(drawing) == drawing
    assert folded(drawing, boxes=59) != drawing


def test_scopes_collapse_to_one_box_each_where_there_are_too_many_nodes(sized: Any) -> None:
    small = folded(drawing_of(sized(300, per_scope=100)))
    assert keys(small) == ["[scope region_0000]", "[scope region_0001]", "[scope region_0002]"]
    assert small.boxes[0] == Box(
        key="[scope region_0000]",
        kind="group",
        heading="scope",
        title="region_0000",
        owner="vision, mailroom",
        details=("100 nodes", "1 source, 99 stages"),
        members=tuple(f"region_0000/step_{number}" for number in range(100)),
    )
    assert small.arrows == (
        Arrow(tail="[scope region_0000]", head="[scope region_0001]", label="Rows"),
        Arrow(tail="[scope region_0001]", head="[scope region_0002]", label="Rows"),
    )


def test_inner_scopes_collapse_before_outer_ones(building: Any) -> None:
    for number in range(80):
        outer, inner = number // 40, number // 4
        building.node(f"s{outer}/t{inner}/n{number}", scope=f"s{outer}/t{inner}")
    drawing = drawing_of(building.plan())
    small = folded(drawing)
    assert len(small.boxes) == 20
    assert (small.boxes[0].key, small.boxes[0].scope, small.boxes[0].title) == ("[scope s0/t0]", "s0", "t0")
    assert keys(folded(drawing, boxes=19)) == ["[scope s0]", "[scope s1]"]


def test_a_scope_of_one_node_is_never_a_box_of_its_own(building: Any) -> None:
    for number in range(61):
        building.node(f"s/n{number}", scope="s")
    building.node("t/alone", scope="t")
    assert keys(folded(drawing_of(building.plan()))) == ["[scope s]", "t/alone"]


def test_a_scope_to_be_expanded_stays_open_and_does_not_count(sized: Any) -> None:
    small = folded(drawing_of(sized(300, per_scope=100)), expand=["region_0001"])
    assert len(small.boxes) == 102
    assert [box.key for box in small.boxes if box.kind == "group"] == [
        "[scope region_0000]",
        "[scope region_0002]",
    ]


def test_an_expanded_scope_keeps_its_inner_scopes_collapsed(building: Any) -> None:
    for number in range(80):
        building.node(f"s/t{number // 40}/n{number}", scope=f"s/t{number // 40}")
    assert keys(folded(drawing_of(building.plan()), boxes=1, expand=["s"])) == [
        "[scope s/t0]",
        "[scope s/t1]",
    ]


def test_without_scopes_the_nodes_of_one_stage_are_one_box(building: Any) -> None:
    building.node("rows")
    for number in range(70):
        building.node(f"score.{number}", "rows", stage="score")
    small = folded(drawing_of(building.plan()))
    assert [(box.key, box.heading, box.title) for box in small.boxes] == [
        ("rows", "source", "rows"),
        ("[nodes of stage score]", "nodes of stage", "score"),
    ]


def test_where_neither_scope_nor_stage_helps_the_way_from_the_sources_is_divided(sized: Any) -> None:
    small = folded(drawing_of(sized(1200)), boxes=24)
    assert len(small.boxes) == 24  # twelve parts of the way, two owners in each
    assert (small.boxes[0].heading, small.boxes[0].title) == ("nodes at steps 1 to 100", "vision")
    assert sum(len(box.members) for box in small.boxes) == 1200


def test_a_group_sums_up_its_gates_by_verdict(building: Any) -> None:
    building.node("s/rows", scope="s")
    for name in ("s/one", "s/two", "s/three"):
        building.node(name, "s/rows", kind="metric", scope="s")
        building.metric(name, node=name)
        building.gate(name, 0.5)
    plan = building.plan()
    (unjudged,) = folded(drawing_of(plan), boxes=1).boxes
    assert (unjudged.details, unjudged.badges) == (("4 nodes", "1 source, 3 metrics", "3 gates"), ())
    verdicts = ("pass", "fail", "pass")
    outcome = [{"name": gate.name, "verdict": each} for gate, each in zip(plan.gates, verdicts, strict=True)]
    judged = drawing_of(plan, {"outcomes": {"gates": outcome}})
    assert folded(judged, boxes=1).boxes[0].badges == (
        Badge(text="× 2", verdict="pass"),
        Badge(text="× 1", verdict="fail"),
    )


def test_a_focus_keeps_what_is_so_many_steps_up_or_down(digit_reader: Any) -> None:
    near = focused(drawing_of(digit_reader), "fit", hops=1)
    assert keys(near) == ["embed.train", "fit", "score.test", "score.validation"]
    assert near.focus == "fit"
    assert near.note == "4 nodes within 1 step of fit"
    assert [(each.tail, each.head) for each in near.arrows] == [
        ("embed.train", "fit"),
        ("fit", "score.test"),
        ("fit", "score.validation"),
    ]
    assert keys(focused(drawing_of(digit_reader), "fit", hops=0)) == ["fit"]


def test_a_focus_on_nothing_is_refused(digit_reader: Any) -> None:
    with pytest.raises(KeyError, match="fitt"):
        focused(drawing_of(digit_reader), "fitt", hops=1)


@st.composite
def drawings(draw: st.DrawFn) -> Drawing:
    count = draw(st.integers(0, 40))
    scopes = st.sampled_from(["", "a", "a/b", "a/b/c", "d"])
    boxes = tuple(
        Box(
            key=f"n{number}",
            kind="stage",
            heading="stage",
            title=f"n{number}",
            scope=draw(scopes),
            owner=draw(st.sampled_from(["", "x", "y"])),
            stage=draw(st.sampled_from(["", "s", "t", f"u{number}"])),
        )
        for number in range(count)
    )
    pairs = draw(st.lists(st.tuples(st.integers(0, 39), st.integers(0, 39)), max_size=80, unique=True))
    arrows = tuple(Arrow(tail=f"n{tail}", head=f"n{head}") for tail, head in pairs if tail < head < count)
    return Drawing(name="any", note="", boxes=boxes, arrows=arrows)


@settings(max_examples=150)
@given(drawings(), st.integers(1, 20), st.integers(0, 20))
def test_any_drawing_folds_within_any_limit_and_loses_no_node(
    drawing: Drawing, boxes: int, arrows: int
) -> None:
    small = folded(drawing, boxes=boxes, arrows=arrows)
    assert len(small.boxes) <= boxes
    assert len(small.arrows) <= arrows
    stood_for = [key for box in small.boxes for key in (box.members or (box.key,))]
    assert sorted(stood_for) == sorted(keys(drawing))
    there = set(keys(small))
    assert all(each.tail in there and each.head in there and each.tail != each.head for each in small.arrows)
