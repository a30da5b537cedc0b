"""Nodes that are carried out one by one, each in a process of its own, give what a run gives."""

from __future__ import annotations

from typing import Any

import pytest
from attrs import evolve

from stagelang_compiler.plan import Resources
from stagelang_compiler.plan_codec import dumps
from stagelang_runtime.execute.chosen import run_chosen
from stagelang_runtime.execute.noted import noted_result
from stagelang_runtime.execute.notes import Notes
from stagelang_runtime.execute.results import NodeResult, RunResult
from tests.stagelang_runtime.execute.conftest import Project
from tests.stagelang_runtime.execute.test_runner import CHAIN, value_of


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


def _notes(project: Project) -> Notes:
    return Notes(project.root / ".stagelang" / "notes")


def _carry_out(project: Project, *names: str, attempt: int | None = None) -> dict[str, str]:
    result: RunResult = run_chosen(
        dumps(project.plan),
        names,
        root=project.root,
        store=project.store,
        notes=_notes(project),
        attempt=attempt,
    )
    for node in result.of_state("failed"):
        print(node.failure)
    return {name: node.state for name, node in result.nodes.items()}


def test_nodes_in_order_are_each_carried_out_alone(chain: Project) -> None:
    for name in chain.nodes:
        states = _carry_out(chain, name)
        assert states.pop(name) == "ran"
        assert set(states.values()) <= {"hit"}
    assert {each.state for each in noted_result(chain.plan, _notes(chain)).nodes.values()} == {"hit"}
    assert set(chain.states().values()) == {"hit"}, "a run finds what they made"


def test_a_part_holds_the_node_and_what_it_reads(chain: Project) -> None:
    for name in chain.nodes:
        _carry_out(chain, name)
    assert _carry_out(chain, "twice") == {"sign": "hit", "twice": "hit"}


def test_producers_that_are_not_noted_are_carried_out_too(chain: Project) -> None:
    assert _carry_out(chain, "twice") == dict.fromkeys(["one", "double", "sign", "twice"], "ran")
    assert _notes(chain).get("double") is not None


def test_a_note_of_other_parameters_does_not_count(chain: Project) -> None:
    _carry_out(chain, "sign")
    chain.node("one", params={"k": -4})
    assert _carry_out(chain, "double") == {"one": "ran", "double": "ran"}
    assert value_of(chain, noted_result(chain.plan, _notes(chain)), "double") == -8


def test_the_content_file_is_only_touched_by_another_content(chain: Project) -> None:
    times: list[int] = []
    for k in (3, 4, -4):
        chain.node("one", params={"k": k})
        for name in ("one", "double", "sign"):
            assert _carry_out(chain, name)[name] == "ran"
        times.append((_notes(chain).folder / "sign.out").stat().st_mtime_ns)
    assert times[0] == times[1] < times[2]


@pytest.mark.parametrize("harm", ["gone", "damaged"])
def test_a_lost_input_is_made_again(chain: Project, harm: str) -> None:
    for name in ("one", "double", "sign"):
        _carry_out(chain, name)
    note = _notes(chain).get("double")
    assert note is not None
    path = chain.store.get_path(note.receipt["outputs"][0]["object"])
    path.chmod(0o644)
    path.unlink()
    if harm == "damaged":
        path.write_bytes(b"7")
    chain.node("more", "double", reads={"x": "double"})
    assert _carry_out(chain, "more") == {"one": "hit", "double": "ran", "more": "ran"}
    assert value_of(chain, noted_result(chain.plan, _notes(chain)), "more") == 12


def test_a_failure_is_noted_until_the_node_is_done(project: Project) -> None:
    project.code("@stage\ndef one() -> Value[int]: raise RuntimeError('no')\n")
    project.node("one")
    assert _carry_out(project, "one") == {"one": "failed"}
    failed = noted_result(project.plan, _notes(project))
    assert failed.exit_code == 3
    assert "RuntimeError: no" in str(failed.nodes["one"].failure)
    project.code("@stage\ndef one() -> Value[int]: return Value.of(1)\n")
    project.recode("one", digest="sha256:" + "0" * 64)
    assert _carry_out(project, "one") == {"one": "ran"}
    assert noted_result(project.plan, _notes(project)).exit_code == 0


def test_a_note_counts_only_for_what_its_producers_made(chain: Project) -> None:
    for name in chain.nodes:
        _carry_out(chain, name)
    chain.node("one", params={"k": -4})
    _carry_out(chain, "one")
    states = {name: each.state for name, each in noted_result(chain.plan, _notes(chain)).nodes.items()}
    assert states == {"one": "hit", **dict.fromkeys(["double", "sign", "twice", "total"], "not started")}


def test_a_node_without_a_note_has_not_passed(chain: Project) -> None:
    _carry_out(chain, "one")
    result = noted_result(chain.plan, _notes(chain))
    assert result.of_state("hit")[0].node == "one"
    assert len(result.of_state("not started")) == 4


def test_an_unknown_node_is_refused(chain: Project) -> None:
    with pytest.raises(KeyError, match="other"):
        _carry_out(chain, "other")


@pytest.mark.parametrize("name", ["../../x", "/x", "a/../../x"])
def test_no_note_lies_outside_of_its_folder(chain: Project, name: str) -> None:
    chain.node("one", params={"k": 3})
    result: Any = chain.run().nodes["one"]
    with pytest.raises(ValueError, match="is no name of a node"):
        _notes(chain).get(name)
    assert result.state in ("ran", "hit")


_COUNTS = """
@stage
def tried() -> Value[int]:
    with open("tries", "a") as file: file.write("x")
    raise RuntimeError("no")

@stage
def more(x: Value[int]) -> Value[int]: return x
"""


def _tries(project: Project) -> int:
    path = project.root / "tries"
    return len(path.read_text()) if path.exists() else 0


def test_an_engine_that_counts_attempts_has_each_tried_once(project: Project) -> None:
    project.code(_COUNTS)
    project.stage("tried", resources=Resources(attempts=3))
    project.node("tried")
    _carry_out(project, "tried", attempt=1)
    assert _tries(project) == 1
    _carry_out(project, "tried", attempt=2)
    assert _tries(project) == 2
    _carry_out(project, "tried")
    assert _tries(project) == 5, "without a count, the stage's own attempts are made"


def test_after_a_failed_gate_there_is_no_second_attempt(project: Project) -> None:
    project.code(_COUNTS)
    project.stage("tried", resources=Resources(attempts=3))
    project.node("tried")
    _carry_out(project, "tried", attempt=1)
    failed = _notes(project).failure("tried")
    assert failed is not None
    gate = evolve(failed, kind="gate")
    _notes(project).put(NodeResult(node="tried", state="failed", failure=gate))
    assert _carry_out(project, "tried", attempt=2) == {"tried": "failed"}
    assert _tries(project) == 1
    assert _carry_out(project, "tried", attempt=1) == {"tried": "failed"}, "the next invocation starts anew"
    assert _tries(project) == 2
