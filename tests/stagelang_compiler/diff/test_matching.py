"""What is known again under another name, by what of it stayed; and what lies below it."""

from __future__ import annotations

from attrs import evolve

from stagelang_compiler.diff import diff
from stagelang_compiler.diff.reach import Reach
from stagelang_compiler.plan import Expression
from tests.stagelang_compiler.diff.synthetic import Model, Step, model

STEPS = (
    Step(name="first", stage="first", reads=("source",)),
    Step(name="mid.1", stage="mid", reads=("first",), level=1),
    Step(name="mid.2", stage="mid", reads=("first",), level=2),
    Step(name="last", stage="last", reads=("mid.1", "mid.2")),
)
BASE = Model(
    sources={"source": "data.csv", "other": "other.csv"},
    code={name: name for name in ("first", "mid", "last")},
    helpers={"helper": ""},
    steps=STEPS,
    metrics={},
)


def _with(base: Model, *steps: Step) -> Model:
    return evolve(base, steps=steps, code={**base.code, **{step.stage: step.stage[-5:] for step in steps}})


def test_nodes_of_a_renamed_stage_are_told_apart_by_their_settings_whatever_their_order() -> None:
    first, one, two, last = STEPS
    head = Model(
        sources=BASE.sources,
        code={"first": "first", "other_mid": "mid", "last": "last"},
        helpers=BASE.helpers,
        steps=(
            first,
            evolve(two, name="other_mid.1", stage="other_mid"),
            evolve(one, name="other_mid.2", stage="other_mid"),
            evolve(last, reads=("other_mid.2", "other_mid.1")),
        ),
        metrics={},
    )
    found = diff(BASE.plan(), head.plan())
    assert dict(found.renamed) == {"mid.1": "other_mid.2", "mid.2": "other_mid.1"}
    assert {reason.cause for change in found.nodes for reason in change.reasons} == {"seed"}
    assert found.edges == ()


def test_a_renamed_last_stage_with_another_parameter_is_known_by_what_it_reads() -> None:
    head = BASE.renamed("last")
    head = evolve(head, steps=(*head.steps[:-1], evolve(head.steps[-1], level=9)))
    found = diff(BASE.plan(), head.plan())
    (change,) = found.nodes
    assert (change.kind, change.old, change.new) == ("renamed", "last", "other_last")
    assert [reason.what for reason in change.reasons] == ["parameter level", "seed"]


def test_what_a_renamed_scope_holds_is_known_by_its_name_in_it() -> None:
    base, head = BASE.plan(), BASE.plan()
    in_scope = evolve(base.nodes[-1], name="eu/last", scope="eu")
    base = evolve(base, nodes=(*base.nodes[:-1], in_scope))
    moved = evolve(in_scope, name="us/last", scope="us", id="sha256:other", params={"level": 5})
    moved = evolve(moved, inputs=(evolve(moved.inputs[0], node="first"), moved.inputs[1]))
    found = diff(base, evolve(head, nodes=(*head.nodes[:-1], moved)))
    (change,) = found.nodes
    assert (change.kind, change.old, change.new) == ("renamed", "eu/last", "us/last")
    assert [reason.what for reason in change.reasons] == ["parameter level", "input a0"]
    (edge,) = found.edges
    assert edge.kind == "changed"
    assert (edge.old and edge.old.producer, edge.new and edge.new.producer) == ("mid.1", "first")


def test_another_function_in_a_place_is_no_rename() -> None:
    head = _with(BASE, *STEPS[:-1], evolve(STEPS[-1], name="final", stage="final"))
    found = diff(BASE.plan(), head.plan())
    assert [(change.kind, change.name) for change in found.nodes] == [("added", "final"), ("removed", "last")]
    assert [edge.kind for edge in found.edges] == ["added", "added", "removed", "removed"]


def test_nodes_are_not_below_themselves_and_expressions_are_below_their_metrics() -> None:
    plan = model(12, metrics=2).plan()
    first, second = plan.metrics
    total = evolve(
        first, name="total", node="", expression=Expression(operation="+", operands=("metric0", 2.0))
    )
    more = evolve(total, name="more", expression=Expression(operation="neg", operands=("total",)))
    reach = Reach(evolve(plan, metrics=(first, second, total, more)))
    assert reach.metrics(["metric0"]) == ("metric0", "total", "more")
    assert reach.metrics(metrics=["total"]) == ("total", "more")
    assert reach.metrics(["metric1"]) == ("metric1",)
    both = [
        "source0",
        *(node.name for node in plan.nodes if any(each.node == "source0" for each in node.inputs)),
    ]
    assert not set(both) & set(reach.nodes(both))
    assert reach.count(both) == len(list(reach.nodes(both)))
