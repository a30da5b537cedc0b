"""Whole runs of an emitted workflow, each job in a checkout of its own: what starts, what is kept, what is said."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

from tests.stagelang_backends.github_actions.conftest import SPEC, Setting
from tests.stagelang_backends.github_actions.runners import Ended, Runners

ALL = ["rides", "paid", "split_paid", "cost"]


def _edit(runners: Runners, before: str, after: str, *, file: str = "models/pipeline.py") -> None:
    path = runners.repository / file
    text = path.read_text()
    assert before in text
    path.write_text(text.replace(before, after))


def _passed(ended: Ended) -> bool:
    return ended.jobs["report"] == "success" and ended.codes["report"] == 0


def test_a_run_starts_all_and_the_next_none_and_an_edit_what_depends_on_it(on_runners: Setting) -> None:
    runners = on_runners()
    first = runners.run()
    assert (first.ran, _passed(first)) == (ALL, True)
    assert len([key for key in runners.caches if "-.base." not in key]) == 4

    second = runners.run()
    assert (second.ran, _passed(second)) == ([], True)
    assert "**✓ pass** `rides`: 4 kept\n" in second.text("comment.md")

    _edit(runners, "least: float = 1.0", "least: float = 2.0")
    third = runners.run()
    assert (third.ran, _passed(third)) == (["paid", "split_paid", "cost"], True)
    said = third.text("comment.md")
    assert said.startswith("<!-- stagelang:rides -->\n**✓ pass** `rides`: 3 ran, 1 kept, ")
    assert "- `paid`: `function pipeline:paid changed: code sha256:" in said
    assert "✓ ran" in said
    assert said == f"<!-- stagelang:rides -->\n{third.summary}"


def test_an_upstream_that_gives_the_same_again_lets_nothing_after_it_run(on_runners: Setting) -> None:
    runners = on_runners()
    runners.run()
    _edit(runners, '.query("fare >= @least")', '.query("fare >= @least + 0")')
    ended = runners.run()
    assert ended.ran == ["paid", "split_paid", "cost"]
    assert "`rides`: 1 ran, 3 kept" in ended.text("comment.md")
    assert runners.run().ran == []


def test_a_full_run_runs_all_again(on_runners: Setting) -> None:
    runners = on_runners(settings="")
    runners.run()
    ended = runners.run(full=True)
    assert (ended.ran, _passed(ended)) == (["stages"], True)
    assert "`rides`: 4 ran" in ended.text("comment.md")


def test_a_gate_that_fails_fails_the_one_required_check(on_runners: Setting) -> None:
    runners = on_runners(settings="")
    _edit(runners, "at_most(5", "at_most(1")
    ended = runners.run()
    assert ended.jobs == {"plan": "success", "stages": "success", "report": "failure"}
    assert "**✗ fail** `rides`" in ended.text("comment.md")
    assert (
        "::error file=models/pipeline.py,line=22,title=gate%3A cost at most 1::fail: " in ended.said["report"]
    )
    log = json.loads(ended.text("outcome.json"))
    assert log["outcomes"]["verdict"] == "fail"


def test_a_stage_that_fails_stops_what_follows_and_is_named(on_runners: Setting) -> None:
    runners = on_runners()
    _edit(
        runners,
        "    return rides.derive(",
        '    raise RuntimeError("no | fares `today`")\n    return rides.derive(',
    )
    ended = runners.run()
    assert ended.jobs == {
        "plan": "success",
        "rides": "success",
        "paid": "failure",
        "split_paid": "skipped",
        "cost": "skipped",
        "report": "failure",
    }
    said = ended.text("comment.md")
    assert "**✗ error** `rides`: 1 ran, 1 failed, 2 blocked" in said
    assert "- job `paid` ended as failure" in said
    assert "### ✗ `paid` failed" in said
    assert "no | fares `today`" in said
    assert "title=failure%3A paid::" in ended.said["report"]
    _edit(runners, '    raise RuntimeError("no | fares `today`")\n', "")
    assert runners.run().ran == ["paid", "split_paid", "cost"]


def test_results_that_are_gone_or_damaged_are_made_again_only_where_they_are_read(
    on_runners: Setting,
) -> None:
    runners = on_runners()
    runners.run()
    for key in [key for key in runners.caches if "-paid." in key]:
        del runners.caches[key]
    ended = runners.run()
    assert (ended.ran, _passed(ended)) == ([], True)

    _edit(runners, "PerRow(rides.pandas[Rides.fare])", "PerRow(rides.pandas[Rides.fare] * 2)")
    for key in runners.caches:
        runners.caches[key] = b"no pack" if "split_paid" in key else runners.caches[key]
    ended = runners.run()
    assert (ended.ran, _passed(ended)) == (["cost"], True)
    assert "warning: results are left out, and made again if needed: split_paid.tar: " in ended.said["cost"]

    _edit(runners, "[Rides.fare] * 2)", "[Rides.fare] * 1.5)")
    runners.after_plan = runners.caches.clear
    ended = runners.run()
    assert (ended.ran, _passed(ended)) == (["cost"], True)


def test_a_pipeline_with_errors_runs_nothing_and_fails_the_check(on_runners: Setting) -> None:
    runners = on_runners()
    _edit(runners, '"rides.csv"', '"rides.csv", nonsense=1')
    ended = runners.run()
    assert ended.jobs == {"plan": "failure", **dict.fromkeys(ALL, "skipped"), "report": "failure"}
    assert "::error file=models/pipeline.py" in ended.said["plan"]
    assert ended.text("comment.md") == (
        "<!-- stagelang:rides -->\n**✗ error** there is no plan, so nothing ran and nothing was judged: "
        "the job `plan` ended as `failure`\n\n---\n[run 1](https://github.com/octo/pipeline/actions/runs/1), by stagelang\n"
    )


def test_a_stale_workflow_runs_and_fails_the_check(on_runners: Setting) -> None:
    runners = on_runners(settings="")
    _edit(runners, "timeout-minutes: 20", "timeout-minutes: 21", file=runners.workflow)
    ended = runners.run()
    assert ended.jobs == {"plan": "success", "stages": "success", "report": "failure"}
    assert "-    timeout-minutes: 21\n+    timeout-minutes: 20\n" in ended.said["plan"]
    assert "- `.github/workflows/rides.yml` isn't what would be compiled now" in ended.text("comment.md")
    assert "::error file=.github/workflows/rides.yml,line=1,title=workflow%3A rides::" in ended.said["report"]


def test_a_raised_pin_is_no_staleness(on_runners: Setting) -> None:
    runners = on_runners(settings="")
    checkout = "actions/checkout@3d3c42e5aac5ba805825da76410c181273ba90b1 # v7.0.1"
    _edit(runners, checkout, f"actions/checkout@{'0123456789' * 4} # v7.1.0", file=runners.workflow)
    assert _passed(runners.run())


def test_a_node_that_no_job_has_yet_is_made_where_it_is_read_and_the_check_fails(on_runners: Setting) -> None:
    runners = on_runners()
    _edit(runners, "by=Rides.ride, test=0.5)", 'by=Rides.ride, test=0.5, name="halves")')
    ended = runners.run()
    assert ended.ran == ["cost"]
    assert ended.jobs["report"] == "failure"
    said = ended.text("comment.md")
    assert "**✗ fail** `rides`: 2 ran, 2 kept" in said  # 'halves', of no job, and 'cost' which reads it
    assert "isn't what would be compiled now" in said


SECRET = SPEC.replace("@stage\ndef", '@stage(env=("TOKEN",))\ndef').replace(
    "    return rides.derive(", "    import os\n\n    assert os.environ['TOKEN']\n    return rides.derive("
)
WITH_SECRET = '[tool.stagelang.gha]\njobs = "each"\nsecrets = ["TOKEN"]\n'


def test_a_fork_gets_no_secret_and_so_no_pass_unless_the_results_are_kept(on_runners: Setting) -> None:
    runners = on_runners(SECRET, WITH_SECRET)
    stranger = runners.run(fork=True)
    assert stranger.ran == ["rides"]
    assert stranger.jobs["report"] == "failure"
    assert (
        "- not run, since a fork's pull request gets no secrets: `paid`, `split_paid`, `cost`"
        in stranger.text("comment.md")
    )

    ours = runners.run(secrets={"TOKEN": "hush"})
    assert (ours.ran, _passed(ours)) == (["paid", "split_paid", "cost"], True)
    assert "hush" not in "".join(ours.said.values())

    stranger = runners.run(fork=True)
    assert (stranger.ran, _passed(stranger)) == ([], True)

    _edit(runners, "PerRow(rides.pandas[Rides.fare])", "PerRow(rides.pandas[Rides.fare] * 2)")
    runners.after_plan = runners.caches.clear
    ended = runners.run(secrets={"TOKEN": "hush"})
    assert ended.jobs["cost"] == "failure"
    assert (
        "error: the results of 'paid' are gone, and can't be made again here: 'TOKEN' isn't set"
        in ended.said["cost"]
    )


def test_one_job_needs_no_runner_again_either(on_runners: Setting) -> None:
    runners = on_runners(settings="")
    assert runners.run().ran == ["stages"]
    assert runners.run().ran == []
    _edit(runners, "PerRow(rides.pandas[Rides.fare])", "PerRow(rides.pandas[Rides.fare] * 2)")
    ended = runners.run()
    assert ended.ran == ["stages"]
    assert "`rides`: 1 ran, 3 kept" in ended.text("comment.md")


def _git(runners: Runners, *words: str) -> None:
    who = ("-c", "user.name=Somebody", "-c", "user.email=somebody@example.com", "-c", "commit.gpgsign=false")
    subprocess.run(["git", *who, *words], cwd=runners.repository, check=True, capture_output=True)


def test_a_pull_request_s_report_says_what_changes_in_the_pipeline_and_in_its_metrics(
    on_runners: Setting,
) -> None:
    runners = on_runners(settings="")
    for words in (["add", "--all"], ["commit", "--message=base"], ["switch", "--create=topic"]):
        _git(runners, *words)
    runners.run()
    assert len([key for key in runners.caches if "-.base." in key]) == 1
    _edit(runners, "least: float = 1.0", "least: float = 2.0")
    _edit(runners, "at_most(5", "at_most(4")
    for words in (["commit", "--all", "--message=dearer"], ["switch", "-"], ["merge", "--no-ff", "topic"]):
        _git(runners, *words)
    said = runners.run(base="main").text("comment.md")
    verdict, _, changes = said.partition("\n\n")
    assert verdict.startswith("<!-- stagelang:rides -->\n**✓ pass** `rides`: 3 ran, 1 kept")
    changes, _, structure = changes.partition("| gate | verdict |")
    assert "1 gate changed" in changes
    assert "| `cost`, `USD` | 2.324 | 2.773 |" in changes
    assert "parameter `least`: `1.0` → `2.0`" in structure
    assert said.count("```mermaid") == 1
    assert len([key for key in runners.caches if "-.base." in key]) == 1


def test_a_pull_request_of_other_data_alone_says_which_file_and_what_that_does(on_runners: Setting) -> None:
    runners = on_runners(settings="")
    for words in (["add", "--all"], ["commit", "--message=base"], ["switch", "--create=topic"]):
        _git(runners, *words)
    runners.run()
    _edit(runners, ",2.5", ",2.75", file="models/rides.csv")
    for words in (["commit", "--all", "--message=newer"], ["switch", "-"], ["merge", "--no-ff", "topic"]):
        _git(runners, *words)
    said = runners.run(base="main").text("comment.md")
    assert "\nThis change: **✗ worse** `rides`: 1 source changed; `cost` worse (2.324 → " in said
    assert "file `rides.csv` changed" in said


def test_a_pull_request_that_breaks_a_contract_without_a_version_fails_and_its_comment_says_whom(
    on_runners: Setting,
) -> None:
    versioned = SPEC.replace("class Rides(Contract):", 'class Rides(Contract, version="1.0", owner="fleet"):')
    runners = on_runners(spec=versioned, settings="")
    for words in (["add", "--all"], ["commit", "--message=base"], ["switch", "--create=topic"]):
        _git(runners, *words)
    runners.run()
    _edit(runners, "column(ge=0, unit", "column(unit")
    for words in (["commit", "--all", "--message=looser"], ["switch", "-"], ["merge", "--no-ff", "topic"]):
        _git(runners, *words)
    ended = runners.run(base="main")
    assert ended.jobs["report"] == "failure"
    said = ended.text("comment.md")
    assert "### Breaking changes\n\n- **✗ error** SL240 at `pipeline.py:5`: " in said
    assert "  - `main:pipeline.py:7`: `column 'fare' before`\n" in said
    assert (
        "::error file=models/pipeline.py,line=5,title=SL240%3A Rides::contract 'Rides' changed"
        in ended.said["report"]
    )


def test_nothing_that_is_handed_over_names_a_place_of_the_machine(
    on_runners: Setting, tmp_path: Path
) -> None:
    runners = on_runners(settings="")
    ended = runners.run()
    for files in ended.artifacts.values():
        for name, data in files.items():
            assert str(tmp_path).encode() not in data, name
