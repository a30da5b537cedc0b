"""What make does with an emitted Makefile, whichever stagelang it calls: order, once each, early cutoff, failures."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest
from attrs import evolve

from stagelang_compiler import plan as p
from tests.stagelang_backends.makefile.conftest import DIAMOND, Made, emit, plan_of, stage_of

ALL = [f"run-node {name}" for name in DIAMOND]


def test_with_j8_each_node_is_carried_out_once_after_what_it_reads(diamond: Made) -> None:
    diamond.make("-j8")
    asked = diamond.asked()
    assert sorted(asked) == sorted([*ALL, "verdict --plan"])
    assert asked[0] == "run-node rows"
    assert set(asked[1:3]) == {"run-node left", "run-node right"}
    assert asked[3:] == ["run-node eu/join.all", "run-node end", "verdict --plan"]


def test_a_second_make_does_nothing(diamond: Made) -> None:
    diamond.make()
    (diamond.folder / "log").unlink()
    assert diamond.make() == "make: Nothing to be done for 'all'.\n"
    assert diamond.make("-q") == ""
    assert not (diamond.folder / "log").exists()


def test_a_change_that_comes_to_the_same_ends_there(diamond: Made) -> None:
    diamond.make()
    diamond.asked()
    diamond.forget("left")
    diamond.make("-j2")
    assert diamond.asked() == ["run-node left", "verdict --plan"]
    assert diamond.make() == "make: Nothing to be done for 'all'.\n"


def test_a_change_of_content_goes_on_to_the_readers(diamond: Made) -> None:
    diamond.make()
    diamond.asked()
    diamond.forget("left")
    diamond.tell("left", "other")
    diamond.make("-j2")
    assert diamond.asked() == ["run-node left", "run-node eu/join.all", "verdict --plan"]
    assert diamond.make() == "make: Nothing to be done for 'all'.\n"


def test_a_node_by_name_is_made_with_what_it_reads(diamond: Made) -> None:
    diamond.make("left")
    assert diamond.asked() == ["run-node rows", "run-node left"]
    diamond.make("left")
    assert diamond.asked() == []
    diamond.make("eu/join.all")
    assert diamond.asked() == ["run-node right", "run-node eu/join.all"]


def test_a_failing_recipe_leaves_no_target_and_others_finish_with_k(diamond: Made) -> None:
    told = diamond.tell("fail-left")
    said = diamond.make("-k", "-j2", code=2)
    assert "left failed\n" in said
    assert sorted(diamond.asked()) == ["run-node left", "run-node right", "run-node rows"]
    assert not (diamond.folder / ".notes" / "left.json").exists()
    told.unlink()
    diamond.make()
    assert diamond.asked() == ["run-node left", "run-node eu/join.all", "run-node end", "verdict --plan"]


def test_a_failing_gate_fails_every_time_and_a_passed_one_is_remembered(diamond: Made) -> None:
    told = diamond.tell("fail-verdict")
    diamond.make(code=2)
    diamond.asked()
    for _ in range(2):
        assert "gate failed\n" in diamond.make(code=2)
        assert diamond.asked() == ["verdict --plan"]
    told.unlink()
    diamond.make()
    diamond.asked()
    diamond.make()
    assert diamond.asked() == []


def test_make_stops_where_the_pipeline_cannot_be_compiled(diamond: Made) -> None:
    told = diamond.tell("fail-remake")
    for _ in range(2):
        assert diamond.make(code=2).startswith("error[SL000]: no\n")
    assert diamond.asked() == []
    told.unlink()
    diamond.make()
    assert diamond.asked() == [*ALL, "verdict --plan"]


def test_what_would_be_carried_out_is_shown(diamond: Made) -> None:
    diamond.make("clean")
    shown = diamond.make("-n", "left").splitlines()
    remake = "stagelang remake '../../pipeline.py' --pipeline test --notes .notes --with 'by stagelang'"
    at = "--plan plan.json --notes .notes --root '../..'"
    assert [line.replace(str(diamond.program), "stagelang") for line in shown] == [
        f"stagelang run-node rows {at}",
        f"stagelang run-node left {at}",
        f"test -e .notes/.settled || {remake} --only-notes",
    ]
    assert diamond.asked() == []


def test_a_consumer_is_shown_with_its_condition(diamond: Made) -> None:
    diamond.make()
    diamond.forget("left")
    assert (
        "test ! .notes/left.out -nt .notes/eu/join.all.json && touch .notes/eu/join.all.json || "
        in diamond.make("-n")
    )


def test_help_and_nodes_ask_nobody(diamond: Made) -> None:
    assert diamond.make("help").startswith("Pipeline test: 5 nodes.\n\n  make             carry out")
    assert diamond.make("nodes").split() == list(DIAMOND)
    assert not (diamond.folder / "log").exists()
    assert not (diamond.folder / ".notes").exists()


def test_clean_forgets_the_notes_only(diamond: Made) -> None:
    diamond.make()
    before = {path.name for path in diamond.folder.iterdir()} - {".notes"}
    diamond.make("clean")
    assert {path.name for path in diamond.folder.iterdir()} == before


@pytest.mark.parametrize(
    "words", [["-C", "{}"], ["-f", "{}/Makefile"], ["-f", "{}/Makefile", "left", "right"]]
)
def test_it_may_be_called_from_anywhere(diamond: Made, words: list[str], tmp_path: Path) -> None:
    odd = tmp_path / 'it\'s a "folder" $x'
    odd.mkdir()
    diamond.folder.rename(odd / "make")
    there = Made(odd / "make", diamond.program)
    called = Made(tmp_path, diamond.program)
    called.make(*(word.format(there.folder) for word in words))
    asked = there.asked()
    assert asked == (ALL[:3] if "left" in words else [*ALL, "verdict --plan"])
    called.make(*(word.format(there.folder) for word in words))
    assert there.asked() == []


def test_a_node_named_like_a_target_is_made_by_its_note(tmp_path: Path, program: Path) -> None:
    emit(plan_of({"clean": [], "all": ["clean"], "help": ["all"]}), tmp_path / "out")
    made = Made(tmp_path / "out", program)
    made.make()
    assert made.asked() == ["run-node clean", "run-node all", "run-node help", "verdict --plan"]
    made.make("clean")
    made.make(".notes/all.json")
    assert made.asked() == ["run-node clean", "run-node all"]
    text = (tmp_path / "out" / "Makefile").read_text()
    said = "# A node of the same name as a target above is made by its note: "
    assert f"{said}.notes/clean.json, .notes/all.json, .notes/help.json.\n" in text


def test_a_stage_that_is_always_run_runs_every_time(tmp_path: Path, program: Path) -> None:
    plan = plan_of({"a": [], "now": ["a"], "b": ["now"]}, now=stage_of("now", always_run=True))
    emit(plan, tmp_path / "out")
    made = Made(tmp_path / "out", program)
    made.make()
    made.asked()
    made.age()
    made.make()
    assert made.asked() == ["run-node now", "verdict --plan"]


def test_a_source_whose_age_is_judged_is_read_every_time(tmp_path: Path, program: Path) -> None:
    plan = plan_of({"a": [], "b": ["a"]})
    fresh = p.Contract(
        name="Fresh",
        version="",
        owner="",
        description="",
        closed=False,
        min_rows=1,
        max_rows=None,
        max_age_seconds=60.0,
        columns=(),
        digest="",
        origin=plan.origin,
    )
    a = evolve(plan.node("a"), outputs=(p.Output(name="out", kind="table", contract="Fresh"),))
    emit(evolve(plan, nodes=(a, plan.node("b")), contracts={"Fresh": fresh}), tmp_path / "out")
    made = Made(tmp_path / "out", program)
    made.make()
    made.asked()
    made.age()
    made.make()
    assert made.asked() == ["run-node a", "verdict --plan"]
    assert "# a: " in (tmp_path / "out" / "Makefile").read_text()


def test_a_changed_variable_is_noticed_and_its_value_is_kept_nowhere(tmp_path: Path, program: Path) -> None:
    plan = plan_of({"a": []}, a=stage_of("a", env=("API_KEY",)))
    emit(plan, tmp_path / "out")
    made = Made(tmp_path / "out", program)

    def remade(*words: str, **variables: str) -> bool:
        log = tmp_path / "out" / "log"
        log.unlink(missing_ok=True)
        made.make(*words, variables=variables)
        return log.exists() and "remake" in log.read_text()

    assert remade()
    assert not remade()
    secret = "it's $(shell touch owned) `touch owned` $HOME #1"
    for value in ("", "1", secret, secret + "\n"):
        assert remade(API_KEY=value)
        assert not remade(API_KEY=value)
    assert remade("API_KEY=command line")
    assert not remade("API_KEY=command line")
    assert not (tmp_path / "out" / "owned").exists()
    assert "touch" not in (tmp_path / "out" / ".notes" / ".settled").read_text()


def test_another_program_or_store_is_noticed(diamond: Made, tmp_path: Path) -> None:
    diamond.make()
    log = diamond.folder / "log"
    other = tmp_path / "other"
    other.write_bytes(diamond.program.read_bytes())
    other.chmod(0o755)
    for words in (["STORE=/some where/o'ther"], []):
        log.unlink()
        diamond.make(*words)
        assert "remake" in log.read_text()
    log.unlink()
    Made(diamond.folder, other).make()
    assert "remake" in log.read_text()


def test_a_program_that_is_gone_is_not_missed_where_nothing_changed(diamond: Made, tmp_path: Path) -> None:
    tools = tmp_path / "bin"
    tools.mkdir()
    (tools / "stagelang").write_bytes(diamond.program.read_bytes())
    (tools / "stagelang").chmod(0o755)
    for path in (f"{tools}:/usr/bin:/bin", "/usr/bin:/bin"):
        done = subprocess.run(
            ["make"], cwd=diamond.folder, env={"PATH": path}, check=True, capture_output=True, text=True
        )
    assert done.stdout == "make: Nothing to be done for 'all'.\n"
    assert len(diamond.asked()) == 6


@pytest.mark.parametrize(
    "word", ["&:", "!=", "::=", "$(file", ".ONESHELL", "undefine", "private", "$(intcmp", "$(let", "$(guile"]
)
def test_nothing_newer_than_make_3_81_is_used(word: str, diamond: Made) -> None:
    assert word not in (diamond.folder / "Makefile").read_text()
