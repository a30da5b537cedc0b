"""A pack carries results from store to store and nothing else: what is hostile or damaged in one is refused, or harmless."""

from __future__ import annotations

import io
import json
import tarfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from stagelang_backends.github_actions.carrying import Bench
from stagelang_compiler.compiler import check_file
from stagelang_compiler.plan import Plan
from stagelang_compiler.plan_codec import dumps
from stagelang_runtime.execute.chosen import run_chosen
from stagelang_runtime.execute.noted import noted_result
from stagelang_runtime.execute.results import RunOptions
from stagelang_runtime.pack import NotAPack, read_pack, write_pack

SPEC = """\
from stagelang import Files, Pipeline, Value, files, stage


@stage
def letters(texts: Files) -> Value[int]:
    return Value.of(sum(len(each.read_text()) for each in texts.paths))


@stage
def doubled(count: Value[int]) -> Value[int]:
    return Value.of(2 * count.value)


pipeline = Pipeline("letters", seed=1, outputs=[doubled(letters(files("texts", name="texts")))])
"""


@pytest.fixture
def made(tmp_path: Path) -> tuple[Plan, Bench]:
    project = tmp_path / "project"
    (project / "texts" / "deep").mkdir(parents=True)
    (project / "texts" / "a.txt").write_text("abc")
    (project / "texts" / "deep" / "b.txt").write_text("de")
    (project / "pipeline.py").write_text(SPEC)
    plan = check_file(project / "pipeline.py").plan
    assert plan is not None
    bench = Bench.at(tmp_path / "here")
    names = [node.name for node in plan.nodes]
    run_chosen(
        dumps(plan), names, root=project, store=bench.store, notes=bench.notes, options=RunOptions(jobs=1)
    )
    return plan, bench


def _packed(path: Path, made: tuple[Plan, Bench], *nodes: str) -> Path:
    plan, bench = made
    write_pack(path, plan, nodes, ran=nodes, store=bench.store, notes=bench.notes)
    return path


def test_what_was_packed_is_there_in_another_store_and_settles_its_nodes(
    made: tuple[Plan, Bench], tmp_path: Path
) -> None:
    plan, _ = made
    there = Bench.at(tmp_path / "there")
    packed = read_pack(_packed(tmp_path / "all.tar", made, *(node.name for node in plan.nodes)), there.store)
    for each in packed.own.values():
        there.notes.put(each)
    result = noted_result(plan, there.notes)
    assert {node.state for node in result.nodes.values()} == {"hit"}
    for node in result.nodes.values():
        assert there.store.get_receipt(node.key) is not None
        assert all(there.store.has(made.object, made.size) for made in node.outputs)


def test_a_pack_holds_its_own_results_and_only_the_receipts_of_what_they_were_made_from(
    made: tuple[Plan, Bench], tmp_path: Path
) -> None:
    path = _packed(tmp_path / "last.tar", made, "doubled")
    packed = read_pack(path, Bench.at(tmp_path / "there").store)
    assert (set(packed.own), set(packed.ancestors)) == ({"doubled"}, {"letters", "texts"})
    with tarfile.open(path) as pack:
        assert len(pack.getnames()) == 2


def test_equal_results_give_equal_bytes(made: tuple[Plan, Bench], tmp_path: Path) -> None:
    one, other = (_packed(tmp_path / name, made, "texts", "letters") for name in ("one.tar", "other.tar"))
    assert one.read_bytes() == other.read_bytes()


def _rewritten(path: Path, change: Callable[[tarfile.TarInfo, bytes], tuple[tarfile.TarInfo, bytes]]) -> Path:
    with tarfile.open(path) as pack:
        entries = [(entry, pack.extractfile(entry)) for entry in pack]
        contents = [(entry, stream.read()) for entry, stream in entries if stream is not None]
    with tarfile.open(path, "w") as pack:
        for entry, data in contents:
            changed, text = change(entry, data)
            changed.size = len(text) if changed.isfile() else 0
            pack.addfile(changed, io.BytesIO(text))
    return path


@pytest.mark.parametrize(
    "name", ["../../evil", "/tmp/evil", "objects/../evil", "objects/" + "A" * 64, "evil", "objects"]
)
def test_a_name_that_is_none_of_an_object_is_refused(
    name: str, made: tuple[Plan, Bench], tmp_path: Path
) -> None:
    def change(entry: tarfile.TarInfo, data: bytes) -> tuple[tarfile.TarInfo, bytes]:
        entry.name = name if entry.name.startswith("objects/") else entry.name
        return entry, data

    path = _rewritten(_packed(tmp_path / "bad.tar", made, "doubled"), change)
    with pytest.raises(NotAPack):
        read_pack(path, Bench.at(tmp_path / "there").store)
    assert not list(tmp_path.rglob("evil"))


def test_a_link_is_refused(made: tuple[Plan, Bench], tmp_path: Path) -> None:
    def change(entry: tarfile.TarInfo, data: bytes) -> tuple[tarfile.TarInfo, bytes]:
        if entry.name.startswith("objects/"):
            entry.type, entry.linkname = tarfile.SYMTYPE, "/etc/passwd"
        return entry, data

    path = _rewritten(_packed(tmp_path / "bad.tar", made, "doubled"), change)
    with pytest.raises(NotAPack, match="is no file"):
        read_pack(path, Bench.at(tmp_path / "there").store)


def test_an_object_of_other_bytes_than_its_name_says_counts_as_none(
    made: tuple[Plan, Bench], tmp_path: Path
) -> None:
    def change(entry: tarfile.TarInfo, data: bytes) -> tuple[tarfile.TarInfo, bytes]:
        return entry, b"9999\n" if entry.name.startswith("objects/") else data

    there = Bench.at(tmp_path / "there")
    packed = read_pack(_rewritten(_packed(tmp_path / "bad.tar", made, "doubled"), change), there.store)
    (output,) = packed.own["doubled"].outputs
    assert not there.store.has(output.object)


@pytest.mark.parametrize(
    "said",
    [None, [], {}, {"schema": 2}, {"schema": 1}, {"schema": 1, "own": {"a": {}}, "ancestors": {}, "ran": []},
     {"schema": 1, "own": {"a": {"receipt": {"key": "../../evil"}, "reason": None}}, "ancestors": {}, "ran": []},
     {"schema": 1, "own": {"../a": {"failure": {"kind": "died", "message": "", "frames": []}}}, "ancestors": {}, "ran": []},
     {"schema": 1, "own": [], "ancestors": [], "ran": 3}],
)  # fmt: skip
def test_notes_that_are_none_are_refused(said: Any, made: tuple[Plan, Bench], tmp_path: Path) -> None:
    def change(entry: tarfile.TarInfo, data: bytes) -> tuple[tarfile.TarInfo, bytes]:
        return entry, json.dumps(said).encode() if entry.name == "notes.json" else data

    path = _rewritten(_packed(tmp_path / "bad.tar", made, "doubled"), change)
    with pytest.raises(NotAPack):
        read_pack(path, Bench.at(tmp_path / "there").store)


def test_a_pack_that_was_cut_off_anywhere_is_refused_or_whole(
    made: tuple[Plan, Bench], tmp_path: Path
) -> None:
    whole = _packed(tmp_path / "whole.tar", made, "doubled").read_bytes()
    for end in range(0, len(whole), 511):
        path = tmp_path / "cut.tar"
        path.write_bytes(whole[:end])
        try:
            packed = read_pack(path, Bench.at(tmp_path / "there").store)
        except NotAPack:
            continue
        assert packed.own.keys() == {"doubled"}
