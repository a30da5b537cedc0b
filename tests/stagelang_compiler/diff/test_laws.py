"""Laws of differences, and random edits of plans whose truth is known: every edit is reported, and nothing else."""

from __future__ import annotations

from collections import Counter

from attrs import evolve, field, mutable
from hypothesis import given
from hypothesis import strategies as st

from stagelang_compiler.diff import Change, PlanDiff, diff, diff_text, nothing, to_json
from stagelang_compiler.plan import Plan
from tests.stagelang_compiler.diff.synthetic import Model, Step, model

BASE = model(20)


@mutable
class Edited:
    """A model, and what was said to have changed in it."""

    model: Model
    nodes: dict[str, tuple[str, str, frozenset[str]]] = field(
        factory=dict[str, tuple[str, str, frozenset[str]]]
    )
    """By the name now or before: how, the name before, and the causes."""
    gates: set[str] = field(factory=set[str])
    names: dict[str, str] = field(factory=dict[str, str])

    def noted(self, name: str, kind: str, old: str, *causes: str) -> None:
        before = self.nodes.get(name)
        known = before[2] if before else frozenset[str]()
        kind = before[0] if before and before[0] == "renamed" else kind
        self.nodes[name] = (kind, before[1] if before else old, known | {*causes})

    def of(self, stage: str) -> list[Step]:
        return [step for step in self.model.steps if step.stage == stage]


def _code(edited: Edited, stage: str) -> None:
    edited.model = evolve(edited.model, code={**edited.model.code, stage: "edited"})
    for step in edited.of(stage):
        edited.noted(step.name, "changed", step.name, "code")


def _owner(edited: Edited, stage: str) -> None:
    edited.model = evolve(edited.model, owners={**edited.model.owners, stage: "others"})
    for step in edited.of(stage):
        edited.noted(step.name, "changed", step.name, "owner")


def _level(edited: Edited, stage: str) -> None:
    step = edited.of(stage)[0]
    steps = tuple(evolve(each, level=77) if each is step else each for each in edited.model.steps)
    edited.model = evolve(edited.model, steps=steps)
    edited.noted(step.name, "changed", step.name, "parameter")


def _rewired(edited: Edited, stage: str) -> None:
    step = edited.of(stage)[0]
    new = next(name for name in edited.model.sources if name != step.reads[0])
    steps = tuple(
        evolve(each, reads=(new, *each.reads[1:])) if each is step else each for each in edited.model.steps
    )
    edited.model = evolve(edited.model, steps=steps)
    edited.noted(step.name, "changed", step.name, "wiring")


def _renamed(edited: Edited, stage: str) -> None:
    before = [step.name for step in edited.of(stage)]
    edited.model = edited.model.renamed(stage)
    for old, step in zip(before, edited.of(f"other_{stage}"), strict=True):
        edited.noted(step.name, "renamed", old, "seed")
        edited.names[old] = step.name


def _extended(edited: Edited, stage: str) -> None:
    new = f"more_{stage}"
    step = Step(name=new, stage=new, reads=(edited.of(stage)[0].name,))
    edited.model = evolve(
        edited.model, steps=(*edited.model.steps, step), code={**edited.model.code, new: new}
    )
    edited.noted(new, "added", "")


EDITS = (_code, _owner, _level, _rewired, _renamed, _extended)
STAGES = sorted({step.stage for step in BASE.steps if step.name not in BASE.metrics})


@st.composite
def edits(draw: st.DrawFn) -> Edited:
    """Edit some stages, each in one way; helpers, sources and metrics besides."""
    edited = Edited(BASE)
    for stage in draw(st.lists(st.sampled_from(STAGES), unique=True, max_size=6)):
        draw(st.sampled_from(EDITS))(edited, stage)
    if draw(st.booleans()):
        _edit_a_helper(edited, draw(st.sampled_from(sorted(BASE.helpers))))
    if draw(st.booleans()):
        name = draw(st.sampled_from(sorted(BASE.sources)))
        edited.model = evolve(edited.model, sources={**edited.model.sources, name: "data/new.csv"})
        edited.noted(name, "changed", name, "data")
    metrics = dict(edited.model.metrics)
    if draw(st.booleans()):
        metrics["metric1"] = 0.75
        edited.gates |= {"metric1 at least 0.75"}
    if draw(st.booleans()):
        del metrics["metric2"]
        steps = tuple(step for step in edited.model.steps if step.name != "metric2")
        edited.model = evolve(edited.model, steps=steps)
        edited.nodes.pop("metric2", None)
        edited.noted("metric2", "removed", "metric2")
        edited.gates |= {"metric2 at least 0.5"}
    edited.model = evolve(edited.model, metrics=metrics)
    return edited


def _edit_a_helper(edited: Edited, name: str) -> None:
    edited.model = evolve(edited.model, helpers={**edited.model.helpers, name: "edited"})
    plan = edited.model.plan()
    for node in plan.nodes:
        pieces = plan.stages[node.stage].code.components if node.stage else ()
        if any(piece.name == f"function pipeline:{name}" for piece in pieces) and not node.name.startswith(
            "more_"
        ):
            edited.noted(node.name, "changed", node.name, "code")


def _told(found: PlanDiff) -> dict[str, tuple[str, str, frozenset[str]]]:
    return {
        change.name: (change.kind, change.old, frozenset(reason.cause for reason in change.reasons))
        for change in found.nodes
    }


@given(edits())
def test_every_edit_is_reported_with_its_cause_and_nothing_else(edited: Edited) -> None:
    found = diff(BASE.plan(), edited.model.plan())
    assert _told(found) == edited.nodes
    assert {change.name for change in found.gates if change.reasons or not change.new} == edited.gates
    assert dict(found.renamed) == edited.names
    assert found.moved == ()
    assert found.is_empty == (not edited.nodes and not edited.gates)


@given(edits())
def test_what_is_affected_is_what_has_another_identity_and_the_metrics_below_it(edited: Edited) -> None:
    base, head = BASE.plan(), edited.model.plan()
    found = diff(base, head)
    back = {new: old for old, new in edited.names.items()}
    other = {
        node.name
        for node in head.nodes
        if (old := base.by_name.get(back.get(node.name, node.name))) is None or old.id != node.id
    }
    assert {*found.affected} == other
    assert {*found.upstream} == other - {change.new for change in found.nodes}
    assert {*found.metrics_reached} == {name for name in edited.model.metrics if name in other}
    assert found.gates_reached == tuple(
        gate.name for gate in head.gates if gate.metric in other or gate.name in edited.gates
    )


@given(edits())
def test_each_change_reaches_just_what_lies_below_it(edited: Edited) -> None:
    head = edited.model.plan()
    for change in diff(BASE.plan(), head).nodes:
        if change.new:
            below = _below(head, change.new)
            assert change.reaches == len(below)
            measured = below | {change.new}
            expected = tuple(metric.name for metric in head.metrics if metric.node in measured)
            assert change.metrics == (expected if change.counts else ())


def _below(plan: Plan, name: str) -> set[str]:
    found = {name}
    for node in plan.nodes:
        if any(each.node in found for each in node.inputs):
            found.add(node.name)
    return found - {name}


@given(edits())
def test_the_way_back_mirrors_the_way_there(edited: Edited) -> None:
    base, head = BASE.plan(), edited.model.plan()
    there, back = diff(base, head), diff(head, base)
    for group in ("contracts", "stages", "nodes", "metrics", "gates"):
        assert _marks(getattr(there, group)) == _mirrored(_marks(getattr(back, group)))
    assert {new: old for old, new in there.renamed.items()} == dict(back.renamed)
    assert Counter(edge.kind for edge in there.edges) == Counter(
        {"added": "removed", "removed": "added"}.get(edge.kind, edge.kind) for edge in back.edges
    )


def _marks(changes: tuple[Change, ...]) -> set[tuple[str, str, str, frozenset[tuple[str, str]]]]:
    return {
        (
            change.kind,
            change.old,
            change.new,
            frozenset((reason.cause, reason.what) for reason in change.reasons),
        )
        for change in changes
    }


def _mirrored(
    marks: set[tuple[str, str, str, frozenset[tuple[str, str]]]],
) -> set[tuple[str, str, str, frozenset[tuple[str, str]]]]:
    other = {"added": "removed", "removed": "added"}
    return {(other.get(kind, kind), new, old, reasons) for kind, old, new, reasons in marks}


@given(edits())
def test_a_plan_does_not_differ_from_itself(edited: Edited) -> None:
    plan = edited.model.plan()
    found = diff(plan, evolve(plan))
    assert found.is_empty
    assert set(found.states.values()) == {"unchanged"}
    assert diff_text(found) == "synthetic: no change, both compute the same\n"


def test_a_new_pipeline_is_all_added() -> None:
    plan = BASE.plan()
    found = diff(nothing(plan), plan)
    assert {change.kind for change in found.changes} == {"added"}
    assert len(found.nodes) == len(plan.nodes)
    assert len(found.edges) == sum(len(node.inputs) for node in plan.nodes)
    assert set(found.states.values()) == {"added"}
    assert found.metrics_reached == tuple(metric.name for metric in plan.metrics)


def test_the_data_holds_all_that_was_found() -> None:
    found = diff(BASE.plan(), BASE.renamed("step00003").plan())
    content = to_json(found)
    assert content["renamed"] == {"step00003.1": "other_step00003.1", "step00003.2": "other_step00003.2"}
    assert [each["kind"] for each in content["nodes"]] == ["renamed", "renamed"]
    assert content["nodes"][0]["reasons"][0]["cause"] == "seed"
    assert content["empty"] is False
