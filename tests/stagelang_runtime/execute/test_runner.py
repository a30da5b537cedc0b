"""A plan is carried out once, in order, and again only where something changed."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from tests.stagelang_runtime.execute.conftest import Project

CHAIN = """
@stage
def one(*, k: int) -> Value[int]: return Value.of(k)
@stage
def double(x: Value[int]) -> Value[int]: return Value.of(2 * x.value)
@stage
def sign(x: Value[int]) -> Value[int]: return Value.of(1 if x.value > 0 else -1)
@stage
def total(*xs: Value[int], plus: int = 0) -> Value[int]: return Value.of(sum(x.value for x in xs) + plus)
"""


def value_of(project: Project, result: Any, node: str) -> Any:
    return json.loads(project.store.get_bytes(result.nodes[node].outputs[0].object))


@pytest.fixture
def chain(project: Project) -> Project:
    """The chain one -> double -> sign -> twice, and one, double, sign -> total."""
    project.code(CHAIN)
    project.node("one", params={"k": 3})
    project.node("double", reads={"x": "one"})
    project.node("sign", reads={"x": "double"})
    project.node("twice", "double", reads={"x": "sign"})
    project.node("total", reads={"xs": ["sign", "one", "double"]}, params={"plus": 100})
    return project


def test_every_node_runs_once_and_gives_its_value(chain: Project) -> None:
    result = chain.run()
    assert {name: value_of(chain, result, name) for name in result.nodes} == {
        "one": 3,
        "double": 6,
        "sign": 1,
        "twice": 2,
        "total": 110,
    }
    assert result.exit_code == 0
    assert chain.states() == dict.fromkeys(["one", "double", "sign", "twice", "total"], "hit")


def test_a_node_whose_input_came_out_the_same_is_not_run_again(chain: Project) -> None:
    chain.run()
    chain.node("one", params={"k": 4})
    assert chain.states() == {"one": "ran", "double": "ran", "sign": "ran", "twice": "hit", "total": "ran"}


def test_changed_code_runs_its_stage_again_and_stops_where_nothing_changes(chain: Project) -> None:
    chain.run()
    chain.recode("double", digest="sha256:" + "0" * 64)  # of 'twice' too
    assert chain.states() == {"one": "hit", "double": "ran", "sign": "hit", "twice": "ran", "total": "hit"}


def test_going_back_to_an_earlier_version_runs_nothing(chain: Project) -> None:
    chain.run()
    chain.node("one", params={"k": 4})
    chain.run()
    chain.node("one", params={"k": 3})
    assert set(chain.states().values()) == {"hit"}


def test_force_runs_all_again(chain: Project) -> None:
    chain.run()
    assert set(chain.states(force=True).values()) == {"ran"}
    assert set(chain.states().values()) == {"hit"}


def test_a_stage_that_is_always_run_runs_and_its_readers_do_not(chain: Project) -> None:
    chain.recode("one", always_run=True)
    chain.run()
    assert chain.states() == {"one": "ran", "double": "hit", "sign": "hit", "twice": "hit", "total": "hit"}


def test_the_store_is_warm_in_another_folder(chain: Project, tmp_path: Any) -> None:
    chain.run()
    moved = tmp_path / "elsewhere"
    chain.root.rename(moved)
    chain.root = moved
    assert set(chain.states().values()) == {"hit"}


def test_each_run_says_why_a_node_ran(chain: Project) -> None:
    first = chain.run()
    assert str(first.nodes["one"].reason) == "it had never run"
    chain.node("one", params={"k": 4})
    second = chain.run()
    assert str(second.nodes["one"].reason) == "parameter k changed: 3 -> 4"
    assert second.nodes["double"].reason is not None
    assert second.nodes["double"].reason.component == "input x"
    assert second.nodes["twice"].reason is None


def test_events_come_in_order(chain: Project) -> None:
    chain.run()
    assert [(event.kind, event.node, event.done) for event in chain.events] == [
        ("started", "one", 0),
        ("ran", "one", 1),
        ("started", "double", 1),
        ("ran", "double", 2),
        ("started", "sign", 2),
        ("ran", "sign", 3),
        ("started", "twice", 3),
        ("ran", "twice", 4),
        ("started", "total", 4),
        ("ran", "total", 5),
    ]


def test_a_lost_object_is_made_again_before_its_reader_runs(chain: Project) -> None:
    result = chain.run()
    lost = result.nodes["double"].outputs[0]
    chain.store.get_path(lost.object).unlink()
    assert chain.states() == {"one": "hit", "double": "ran", "sign": "hit", "twice": "hit", "total": "hit"}


def test_a_damaged_object_is_found_when_it_is_read_and_made_again(chain: Project) -> None:
    result = chain.run()
    damaged = chain.store.get_path(result.nodes["double"].outputs[0].object)
    damaged.chmod(0o644)
    damaged.write_bytes(damaged.read_bytes().replace(b"6", b"7"))
    chain.recode("sign", digest="sha256:" + "0" * 64)
    again = chain.run()
    assert {name: node.state for name, node in again.nodes.items()} == {
        "one": "hit",
        "double": "ran",
        "sign": "ran",
        "twice": "hit",
        "total": "hit",
    }
    assert (
        str(again.nodes["double"].reason) == "its output, which sign reads, is gone from the store or damaged"
    )
    assert again.nodes["double"].healed
    assert value_of(chain, again, "double") == 6
