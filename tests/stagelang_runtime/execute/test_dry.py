"""A dry run says of each node what a run would do and why, and runs nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from attrs import evolve

from stagelang_compiler import plan as p
from stagelang_runtime.execute.dry import dry_run, why

if TYPE_CHECKING:
    from tests.stagelang_runtime.execute.conftest import Project

CODE = """
@stage
def one(*, k: float = 1.0) -> Value[float]: return Value.of(k)
@stage(env=["SCALE"])
def double(x: Value[float]) -> Value[float]: return Value.of(2 * x.value)
"""


@pytest.fixture
def chain(project: Project) -> Project:
    project.code(CODE)
    project.node("one", params={"k": {"float": "1.0"}})
    project.stage("double", env=("SCALE",))
    project.node("twice", "double", reads={"x": "one"})
    project.node("again", "double", reads={"x": "twice"})
    return project


def said(project: Project) -> list[str]:
    return [str(each) for each in dry_run(project.plan, root=project.root, store=project.store).values()]


def test_before_the_first_run_everything_would_run(chain: Project) -> None:
    assert said(chain) == [
        "one: would run: it had never run",
        "twice: would run: it had never run",
        "again: would run: it had never run",
    ]
    assert set(chain.states().values()) == {"ran"}


def test_after_a_run_everything_is_up_to_date_and_says_why_it_ran(chain: Project) -> None:
    chain.run()
    chain.node("one", params={"k": {"float": "2.5"}})
    chain.run()
    assert said(chain) == [
        "one: up to date; it ran last because parameter k changed: 1.0 -> 2.5",
        "twice: up to date; it ran last because input x changed: sha256:5717e7c84017 -> sha256:686513ed9123",
        "again: up to date; it ran last because input x changed: sha256:d526eb4e878a -> sha256:e09be1d5329b",
    ]


def test_what_depends_on_a_node_that_would_run_may_run(chain: Project) -> None:
    chain.run()
    chain.node("one", params={})
    assert said(chain) == [
        "one: would run: parameter k changed: 1.0 -> absent",
        "twice: may run: its input from one may change",
        "again: may run: its input from twice may change",
    ]


def test_changed_code_is_named_before_inputs_that_may_change(chain: Project) -> None:
    chain.run()
    chain.node("one", params={"k": {"float": "3.0"}})
    chain.recode("double", digest="sha256:" + "0" * 64)
    expected = dry_run(chain.plan, root=chain.root, store=chain.store)
    assert [each.action for each in expected.values()] == ["run", "run", "run"]
    assert [each.reason.component for each in expected.values() if each.reason] == [
        "parameter k",
        "code",
        "code",
    ]


@pytest.mark.parametrize(
    ("variable", "text"),
    [("2", "variable SCALE changed: unset -> sha256:d4735e3a265e"), (None, "")],
)
def test_a_declared_variable_is_part_of_the_key(
    chain: Project, monkeypatch: pytest.MonkeyPatch, variable: str | None, text: str
) -> None:
    monkeypatch.delenv("SCALE", raising=False)
    chain.run()
    if variable is not None:
        monkeypatch.setenv("SCALE", variable)
    expected = why(chain.plan, "twice", root=chain.root, store=chain.store)
    assert (expected.action, str(expected.reason or "")) == (("run", text) if text else ("hit", ""))


def test_a_distribution_that_the_code_reaches_is_part_of_the_key(chain: Project) -> None:
    chain.run()
    stage = chain.stages["double"]
    chain.stages["double"] = evolve(stage, code=evolve(stage.code, distributions=("no-such-distribution",)))
    expected = why(chain.plan, "twice", root=chain.root, store=chain.store)
    assert str(expected) == "twice: would run: distribution no-such-distribution changed: absent -> missing"


def test_why_looks_only_at_what_the_node_reads(chain: Project) -> None:
    chain.run()
    chain.node("missing", gives="files", kind="source", source=p.Source(location="nothing", format="files"))
    assert why(chain.plan, "again", root=chain.root, store=chain.store).action == "hit"
    assert str(why(chain.plan, "missing", root=chain.root, store=chain.store)) == (
        "missing: would fail: source 'missing' can't be read: nothing: no such file"
    )
    with pytest.raises(KeyError):
        why(chain.plan, "nobody", root=chain.root, store=chain.store)


def test_a_result_that_is_gone_would_be_made_again(chain: Project) -> None:
    result = chain.run()
    chain.store.get_path(result.nodes["again"].outputs[0].object).unlink()
    assert said(chain)[-1] == "again: would run: its result is not in the store"
