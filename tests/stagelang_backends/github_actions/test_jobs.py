"""Nodes stay in the jobs that a committed workflow gives them; what is new goes beside what it reads; nothing else moves."""

from __future__ import annotations

import random
from typing import Any

from attrs import evolve
from hypothesis import given, settings
from hypothesis import strategies as st

from stagelang_backends.github_actions.committed import committed_jobs
from stagelang_compiler.plan import Plan
from tests.stagelang_backends.github_actions.plans import emit, node, plan, random_plan, stage


def _plan(count: int, seed: int) -> Plan:
    chance = random.Random(seed)
    names = [f"n{number}" for number in range(count)]
    stages = (stage("plain"), stage("secret", env=("TOKEN",)))
    nodes = [
        node(
            name,
            sorted(chance.sample(names[:at], min(at, chance.randint(0, 2)))),
            of=chance.choice(stages).name,
        )
        for at, name in enumerate(names)
    ]
    return plan(nodes, *stages)


def _without(made: Plan, name: str) -> Plan:
    nodes = tuple(
        evolve(each, inputs=tuple(bound for bound in each.inputs if bound.node != name))
        for each in made.nodes
        if each.name != name
    )
    return evolve(made, nodes=nodes)


SECRET: dict[str, Any] = {"secrets": ["TOKEN"]}


@settings(max_examples=5)
@given(st.integers(2, 8), st.integers(0, 1000), st.data())
def test_compiling_again_changes_nothing_and_so_does_compiling_what_a_changed_plan_gave(
    count: int, seed: int, data: st.DataObject
) -> None:
    whole = _plan(count, seed)
    part = _without(whole, f"n{data.draw(st.integers(0, count - 1))}")
    for before, after in ((whole, part), (part, whole)):
        first = emit(before, **SECRET)
        second = emit(after, there=first, **SECRET)
        assert emit(after, there=second, **SECRET) == second
        carried = [name for names in committed_jobs(second).values() for name in names]
        assert sorted(carried) == sorted(each.name for each in after.nodes)


def test_a_new_node_goes_into_the_job_of_what_it_reads_and_the_others_stay() -> None:
    names = ["a", "b", "c"]
    made = plan([node("a"), node("b", ["a"]), node("c", ["a"])])
    first = emit(made, jobs="each")
    assert [*committed_jobs(first)] == names
    grown = plan([node("a"), node("b", ["a"]), node("c", ["a"]), node("d", ["c"])])
    assert committed_jobs(emit(grown, there=first)) == {"a": ("a",), "b": ("b",), "c": ("c", "d")}


def test_a_node_that_began_to_need_a_secret_leaves_its_job() -> None:
    first = emit(plan([node("a"), node("b", ["a"])]))
    assert committed_jobs(first) == {"stages": ("a", "b")}
    stages = (stage("work"), stage("secret", env=("TOKEN",)))
    changed = plan([node("a"), node("b", ["a"], of="secret")], *stages)
    assert committed_jobs(emit(changed, there=first, **SECRET)) == {"stages": ("a",), "b": ("b",)}


def test_jobs_that_would_wait_for_each_other_are_made_anew() -> None:
    first = emit(plan([node("a"), node("b", ["a"]), node("c", ["b"])]), jobs="each")
    text = first.replace(
        "stagelang ci run a \\\n            a\n", "stagelang ci run a \\\n            a \\\n            c\n"
    )
    text = text.replace("stagelang ci run c \\\n            c\n", "true\n")
    assert committed_jobs(text) == {"a": ("a", "c"), "b": ("b",)}
    assert committed_jobs(emit(plan([node("a"), node("b", ["a"]), node("c", ["b"])]), there=text)) == {
        "stages": ("a", "b", "c")
    }


def test_asked_for_anew_the_committed_jobs_count_for_nothing() -> None:
    made = random_plan(6)
    first = emit(made, jobs="each")
    assert len(committed_jobs(emit(made, there=first))) == 6
    assert len(committed_jobs(emit(made, there=first, anew=True))) == 1


def test_a_text_that_is_no_workflow_says_nothing_of_jobs() -> None:
    for text in (
        "",
        "a: [",
        "- 1",
        "jobs: 3",
        "jobs: {a: 1}",
        "jobs: {a: {steps: [{run: 'stagelang ci run a'}]}}",
        "\0",
    ):
        assert committed_jobs(text) == {}, text
