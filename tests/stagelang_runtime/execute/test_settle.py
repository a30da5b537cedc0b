"""Notes that were settled tell an engine that looks at files only what is to be carried out: just the nodes without one."""

from __future__ import annotations

from pathlib import Path

import pytest

from stagelang_compiler.plan_codec import dumps
from stagelang_runtime.execute.chosen import run_chosen
from stagelang_runtime.execute.history import read_history, write_history
from stagelang_runtime.execute.noted import noted_result
from stagelang_runtime.execute.notes import Notes
from stagelang_runtime.execute.settle import settle
from tests.stagelang_runtime.execute.conftest import Project
from tests.stagelang_runtime.execute.test_runner import CHAIN


@pytest.fixture
def chain(project: Project) -> Project:
    """The chain one -> double -> sign -> twice."""
    project.code(CHAIN)
    project.node("one", params={"k": 3})
    project.node("double", reads={"x": "one"})
    project.node("sign", reads={"x": "double"})
    project.node("twice", "double", reads={"x": "sign"})
    return project


def _notes(project: Project) -> Notes:
    return Notes(project.root / "notes")


def _settle(project: Project) -> list[str]:
    return list(settle(project.plan, root=project.root, store=project.store, notes=_notes(project)))


def _run_node(project: Project, name: str) -> str:
    found = run_chosen(
        dumps(project.plan), [name], root=project.root, store=project.store, notes=_notes(project)
    )
    return str(found.nodes[name].reason)


def _files(project: Project) -> dict[Path, tuple[int, bytes]]:
    files = [path for path in _notes(project).folder.rglob("*") if path.is_file()]
    return {path: (path.stat().st_mtime_ns, path.read_bytes()) for path in files}


def test_without_results_every_node_is_to_be_carried_out(chain: Project) -> None:
    assert _settle(chain) == ["one", "double", "sign", "twice"]
    assert not _notes(chain).folder.exists()


def test_what_the_store_holds_is_noted_without_carrying_out_anything(chain: Project) -> None:
    chain.run()
    assert _settle(chain) == []
    assert {each.state for each in noted_result(chain.plan, _notes(chain)).nodes.values()} == {"hit"}


def test_where_nothing_changed_no_file_is_touched(chain: Project) -> None:
    for name in chain.nodes:
        _run_node(chain, name)
    before = _files(chain)
    assert _settle(chain) == []
    assert _files(chain) == before


def test_a_changed_node_and_what_follows_it_are_forgotten(chain: Project) -> None:
    for name in chain.nodes:
        _run_node(chain, name)
    chain.recode("sign", digest="sha256:" + "0" * 64)
    assert _settle(chain) == ["sign", "twice"]
    assert [name for name in chain.nodes if _notes(chain).get(name)] == ["one", "double"]
    assert (_notes(chain).folder / "sign.out").is_file()


def test_a_change_back_is_found_in_the_store(chain: Project) -> None:
    for k in (3, 4, 3):
        chain.node("one", params={"k": k})
        waiting = _settle(chain)
        for name in waiting:
            _run_node(chain, name)
    assert waiting == []


def test_a_change_that_comes_to_the_same_ends_there(chain: Project) -> None:
    for name in chain.nodes:
        _run_node(chain, name)
    chain.node("one", params={"k": 4})
    assert _settle(chain) == ["one", "double", "sign", "twice"]
    _run_node(chain, "double")
    assert _settle(chain) == ["sign", "twice"]
    _run_node(chain, "sign")
    assert _settle(chain) == [], "sign is what it was, so that twice is too"


def test_a_lost_object_is_made_again(chain: Project) -> None:
    for name in chain.nodes:
        _run_node(chain, name)
    note = _notes(chain).get("double")
    assert note is not None
    chain.store.get_path(note.receipt["outputs"][0]["object"]).unlink()
    assert _settle(chain) == ["double", "sign", "twice"]


def test_a_stage_that_is_always_run_is_never_settled(project: Project) -> None:
    project.code("@stage\ndef now() -> Value[int]: return Value.of(1)\n")
    project.stage("now", always_run=True)
    project.node("now")
    _run_node(project, "now")
    assert _settle(project) == ["now"]


def test_a_forgotten_node_still_says_why_it_runs(chain: Project) -> None:
    for name in chain.nodes:
        _run_node(chain, name)
    write_history(read_history(chain.store, chain.plan.name), noted_result(chain.plan, _notes(chain)))
    chain.node("one", params={"k": 4})
    _settle(chain)
    assert _run_node(chain, "one") == "parameter k changed: 3 -> 4"


def _keep_waiting(project: Project) -> list[str]:
    settle(project.plan, root=project.root, store=project.store, notes=_notes(project), keep_waiting=True)
    return [name for name in project.nodes if _notes(project).get(name)]


def test_what_only_waits_may_keep_its_note(chain: Project) -> None:
    for name in chain.nodes:
        _run_node(chain, name)
    chain.recode("sign", digest="sha256:" + "0" * 64)
    assert _keep_waiting(chain) == ["one", "double", "twice"]


def test_what_waits_and_has_changed_itself_keeps_none(chain: Project) -> None:
    for name in chain.nodes:
        _run_node(chain, name)
    chain.node("one", params={"k": 4})
    chain.recode("sign", digest="sha256:" + "0" * 64)
    assert _keep_waiting(chain) == ["double", "twice"]


def test_what_waits_for_other_contents_than_it_read_keeps_none(chain: Project) -> None:
    for name in chain.nodes:
        _run_node(chain, name)
    chain.node("one", params={"k": 4})
    _run_node(chain, "one")
    chain.node("one", params={"k": 5})
    assert _keep_waiting(chain) == ["sign", "twice"], "double read what one made of 3, and 4 was made last"


def test_what_waits_and_has_lost_its_results_keeps_none(chain: Project) -> None:
    for name in chain.nodes:
        _run_node(chain, name)
    note = _notes(chain).get("double")
    assert note is not None
    chain.store.get_path(note.receipt["outputs"][0]["object"]).unlink()
    chain.node("one", params={"k": 4})
    assert _keep_waiting(chain) == ["sign", "twice"]


def test_what_is_said_of_all_notes_is_gone_once_one_changes(chain: Project) -> None:
    _run_node(chain, "one")
    settled = _notes(chain).folder / ".settled"
    settled.write_text("all")
    _run_node(chain, "double")
    assert not settled.exists()
    settled.write_text("all")
    _notes(chain).forget("one")
    assert not settled.exists()
