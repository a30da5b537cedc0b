from __future__ import annotations

from typing import Any

from attrs import evolve

from stagelang_backends.lineage.boxes import drawing_of
from stagelang_backends.lineage.drawing import Arrow, Badge, Box, counted
from stagelang_backends.lineage.words import value_words
from stagelang_compiler import plan as p


def test_a_metric_says_how_it_is_made_and_bears_its_gates(digit_reader: p.Plan) -> None:
    boxes = {box.key: box for box in drawing_of(digit_reader).boxes}
    assert boxes["accuracy"] == Box(
        key="accuracy",
        kind="metric",
        heading="metric",
        title="accuracy",
        owner="vision",
        stage="accuracy",
        details=("mean · ratio · higher is better",),
        population="Test",
        badges=(Badge(text="≥ 0.93"),),
    )
    assert boxes["split_clean"].details == ("by hash of scan_id", "test 30 %, validation 20 %")
    assert boxes["scans"].details == ("data/scans.parquet", "→ Scans 1.1")
    assert boxes["fit"].details == ("→ model LogisticRegression",)


def test_arrows_are_labelled_only_where_their_boxes_do_not_say_it(digit_reader: p.Plan) -> None:
    labels = {(each.tail, each.head): each.label for each in drawing_of(digit_reader).arrows}
    assert {pair: label for pair, label in labels.items() if label} == {
        ("scans", "clean"): "Scans 1.1",  # from the mailroom to vision
        ("split_clean", "embed.train"): "train",
        ("split_clean", "embed.validation"): "validation",
        ("split_clean", "embed.test"): "test",
        ("score.test", "decide"): "Scores 1.0",  # from vision to the post office
    }


def test_an_arrow_names_both_contracts_where_a_table_is_read_as_another(flight_delays: p.Plan) -> None:
    arrow = next(
        each for each in drawing_of(flight_delays).arrows if each.head.endswith("split_join_weather")
    )
    assert arrow.label == "FlownFlights 2.0 as Questions 1.0"


def test_arrows_carry_the_population_of_the_rows(digit_reader: p.Plan) -> None:
    populations = {(each.tail, each.head): each.population for each in drawing_of(digit_reader).arrows}
    assert populations["split_clean", "embed.train"] == "Train"
    assert populations["score.validation", "temperature"] == "Validation"
    assert populations["decide", "accuracy"] == "Test"
    assert populations["scans", "clean"] == "" == populations["fit", "score.test"]


def test_a_node_read_twice_is_one_arrow(building: Any) -> None:
    building.node("rows")
    building.node("join", "rows", "rows")
    assert drawing_of(building.plan()).arrows == (Arrow(tail="rows", head="join"),)


def test_a_composite_metric_is_a_box_that_reads_its_metrics(building: Any) -> None:
    building.node("rows")
    building.node("eu/cost", "rows", kind="metric", scope="eu")
    building.node("eu/items", "rows", kind="metric", scope="eu")
    building.metric("eu/cost", node="eu/cost")
    building.metric("eu/items", node="eu/items")
    building.metric("eu/each", expression=p.Expression(operation="/", operands=("eu/cost", "eu/items")))
    building.metric("twice", expression=p.Expression(operation="*", operands=("eu/each", 2.0)))
    building.gate("twice", 0.5)
    drawing = drawing_of(building.plan())
    composite = [box for box in drawing.boxes if box.kind == "expression"]
    assert [(box.key, box.scope, box.title, box.details, box.badges) for box in composite] == [
        ("eu/each", "eu", "each", ("= cost / items · ratio · higher is better",), ()),
        ("twice", "", "twice", ("= each * 2 · ratio · higher is better",), (Badge(text="≥ 0.5"),)),
    ]
    assert [(each.tail, each.head) for each in drawing.arrows][-3:] == [
        ("eu/cost", "eu/each"),
        ("eu/items", "eu/each"),
        ("eu/each", "twice"),
    ]


def test_gates_bear_the_verdict_of_the_last_run(digit_reader: p.Plan) -> None:
    gates = [
        {"name": gate.name, "verdict": verdict}
        for gate, verdict in zip(digit_reader.gates, ("pass", "fail", "inconclusive"), strict=True)
    ]
    drawing = drawing_of(digit_reader, {"outcomes": {"gates": gates}})
    assert [badge for box in drawing.boxes for badge in box.badges] == [
        Badge(text="≥ 0.93", verdict="pass"),
        Badge(text="≤ 0.12", verdict="fail"),
        Badge(text="≤ 0.35", verdict="inconclusive"),
    ]


def test_every_kind_of_gate_is_said_in_a_few_words(building: Any) -> None:
    building.node("rows")
    building.node("cost", "rows", kind="metric")
    building.metric("cost", node="cost")
    building.gate("cost", 0.5)
    gate = building.gates[0]
    building.gates = [
        gate,
        evolve(gate, kind="at_most", high=2.0),
        evolve(gate, kind="between", high=0.75),
        evolve(gate, kind="not_worse_than", alias="known-good", tolerance=0.01),
    ]
    (box,) = (each for each in drawing_of(building.plan()).boxes if each.badges)
    assert [badge.text for badge in box.badges] == [
        "≥ 0.5",
        "≤ 2",
        "0.5 to 0.75",
        "not worse than known-good by 0.01",
    ]


def test_counts_read_as_english() -> None:
    assert [counted(1, "node"), counted(0, "gate"), counted(1200, "node")] == [
        "1 node",
        "0 gates",
        "1,200 nodes",
    ]


def test_parameters_are_written_as_a_person_would_have() -> None:
    encoded = {"dict": [["a", {"float": "1.0"}], ["b", {"tuple": [1, True, None]}]]}
    assert value_words(encoded) == "{'a': 1.0, 'b': (1, True, None)}"
    assert value_words({"date": "2026-11-23"}) == "date('2026-11-23')"
    assert value_words([1, "x"]) == "[1, 'x']"
