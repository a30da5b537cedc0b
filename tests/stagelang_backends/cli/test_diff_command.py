"""What `stagelang diff` says of real git repositories, and that it leaves them as they were."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.stagelang_backends.cli.conftest import ROWS, SPEC, Call, Said, edit, git

EMPTY = "rides: no change, both compute the same\n"


def nothing_is_left(folder: Path) -> bool:
    worktrees = git(folder, "worktree", "list", "--porcelain").count("worktree ")
    kept = folder.parent / ".git" / "worktrees"
    return worktrees == 1 and not kept.exists() and not list((folder.parents[1] / "tmp").iterdir())


def fails(said: Said, *lines: str) -> None:
    assert (said.code, said.out) == (2, "")
    assert said.err == "\n".join(lines) + "\n"


# what it says


def test_an_untouched_working_tree_is_no_change(repository: Path, call: Call) -> None:
    assert call("diff", "main") == (0, EMPTY, "")
    assert call("diff", "main", "--exit-code") == (0, EMPTY, "")
    assert nothing_is_left(repository)
    assert git(repository, "status", "--porcelain") == ""


def test_an_uncommitted_edit_is_told_and_may_be_the_exit_code(repository: Path, call: Call) -> None:
    edit(repository, "least: float = 1.0", "least: float = 2.0")
    text = (
        "rides: 1 stage changed; the metric can differ\n"
        "\n"
        "stages\n"
        "  ~ paid\n"
        "      function paid changed\n"
        "      parameter least: 1.0 → 2.0\n"
        "      reaches fare\n"
        "\n"
        "downstream of these (2 nodes)\n"
        "  split_paid, fare\n"
        "\n"
        "can differ\n"
        "  metrics  fare\n"
        "  gates    fare at most 5\n"
    )
    assert call("diff", "HEAD") == (0, text, "")
    assert call("diff", "HEAD", "--exit-code") == (1, text, "")


def test_two_revisions_are_compared_whatever_the_working_tree_holds(repository: Path, call: Call) -> None:
    edit(repository, "price.at_most(5", "price.at_most(6")
    git(repository, "commit", "--quiet", "--all", "-m", "two")
    (repository / "pipeline.py").write_text("raise Exception")
    said = call("diff", "HEAD~1", "HEAD")
    text = "gates\n  ~ fare at most 6  was at most 5; breaking for consumers\n\ncan differ\n  gates    fare at most 6\n"
    assert said == (0, f"rides: 1 gate changed; no metric can differ\n\n{text}", "")
    assert call("diff", "HEAD", "HEAD")[:2] == (0, EMPTY)
    assert nothing_is_left(repository)


def test_the_pipelines_of_two_revisions_use_each_their_own_modules(repository: Path, call: Call) -> None:
    (repository / "helper.py").write_text("LEAST = 1.0\n")
    (repository / "pipeline.py").write_text(
        "from helper import LEAST\n" + SPEC.replace('"fare >= @least"', 'f"fare >= {LEAST}"')
    )
    git(repository, "add", "--all")
    git(repository, "commit", "--quiet", "-m", "two")
    (repository / "helper.py").write_text("LEAST = 3.0\n")
    said = call("diff", "main")
    assert "  ~ paid\n      constant LEAST changed\n" in said.out


def test_a_module_found_through_pythonpath_is_the_revisions_own(
    repository: Path, call: Call, monkeypatch: pytest.MonkeyPatch
) -> None:
    library = repository / "lib"
    library.mkdir()
    (library / "limits.py").write_text("LIMIT = 5\n")
    edit(repository, "price.at_most(5", "price.at_most(__import__('limits').LIMIT")
    git(repository, "add", "--all")
    git(repository, "commit", "--quiet", "-m", "two")
    (library / "limits.py").write_text("LIMIT = 7\n")
    monkeypatch.setenv("PYTHONPATH", "lib")
    monkeypatch.setattr(sys, "path", [str(library), *sys.path])
    assert "~ fare at most 7  was at most 5" in call("diff", "main").out


def test_a_refactoring_is_no_change(repository: Path, call: Call) -> None:
    head, _, rest = SPEC.partition("@stage\n")
    stage, _, tail = rest.partition("@metric")
    body = '    return rides.derive(Rides, rides.pandas.query("fare >= @least"))\n'
    stage = stage.replace(body, "    # the cheap ones are mistakes\n    return kept(rides, least)\n")
    (repository / "pipeline.py").write_text(f"{head}{_KEPT}@stage\n{stage}@metric{tail}")
    git(repository, "commit", "--quiet", "--all", "-m", "two")
    (repository / "helpers.py").write_text(
        f"from stagelang import Table\n\nfrom contracts import Rides\n\n\n{_KEPT}"
    )
    contract = head[head.index("class Rides") :]
    (repository / "contracts.py").write_text(
        f"from stagelang import Column, Contract, column\nfrom stagelang import units as u\n\n\n{contract}"
    )
    imports = (
        head[: head.index("class Rides")] + "from contracts import Rides\nfrom helpers import kept\n\n\n"
    )
    (repository / "flow.py").write_text(f"{imports}@stage\n{stage}@metric{tail}".replace("# the", "#  The"))
    (repository / "pipeline.py").unlink()
    git(repository, "add", "--all")
    said = call("diff", "main", "--spec", "flow.py")
    assert said == (
        0,
        EMPTY + "(3 nodes will run once more: some of their code lies in another module now)\n",
        "",
    )


_KEPT = """\
def kept(rides: Table[Rides], least: float) -> Table[Rides]:
    frame = rides.pandas
    return rides.derive(Rides, frame[frame[Rides.fare] >= least])


"""


def test_a_new_pipeline_is_all_added(repository: Path, call: Call) -> None:
    (repository / "other.py").write_text(SPEC.replace('"rides", seed', '"others", seed'))
    said = call("diff", "main", "--spec", "other.py")
    assert said.err == "note: 'main' has no such pipeline: all of it is new\n"
    assert said.out.startswith(
        "others: 1 contract added, 1 source added, 2 stages added, 1 metric added, 1 gate added; the metric can differ\n"
    )
    edit(repository, "pipeline = ", 'more = Pipeline("more", seed=2, metrics=[price])\npipeline = ')
    said = call("diff", "main", "--pipeline", "more")
    assert said.err == "note: 'main' has no such pipeline: all of it is new\n"
    assert nothing_is_left(repository)


def test_what_a_run_would_do_is_said_where_results_are_kept(repository: Path, call: Call) -> None:
    (repository / "rides.csv").write_text(ROWS)
    assert call("run").code == 0
    assert call("diff", "main").out == EMPTY + "\nof 4 nodes, 4 up to date\n"
    edit(repository, "least: float = 1.0", "least: float = 2.0")
    assert call("diff", "main").out.endswith("\nof 4 nodes, 1 will run, 2 may run, 1 up to date\n")
    content = json.loads(call("diff", "main", "--format", "json").out)
    assert content["forecast"]["will_run"] == ["paid"]
    assert "Of 4 nodes, 1 will run, 2 may run, 1 up to date.\n" in call("diff", "main", "--format", "md").out


def run_here(repository: Path, call: Call) -> None:
    (repository / "rides.csv").write_text(ROWS)
    assert call("run").code == 0


def test_what_a_change_did_to_a_metric_is_said_where_both_sides_have_results(
    repository: Path, call: Call
) -> None:
    run_here(repository, call)
    edit(repository, "least: float = 1.0", "least: float = 2.0")
    said = call("diff", "main").out.splitlines()
    assert said[0] == "rides: 1 stage changed; fare not measured"
    assert said[2:4] == [
        "results",
        "  – not measured  fare  2.324 → … USD  head: no result of 'paid' is kept, run it first",
    ]
    assert call("run").code == 0
    said = call("diff", "main").out.splitlines()
    assert said[0] == "rides: 1 stage changed; fare over other rows (2.324 → 2.773 USD)"
    assert said[3] == (
        "  ~ over other rows  fare  2.324 → 2.773 USD  +0  "
        "compared without rows that one side lacks: 6 only in the base, 0 only in the head"
    )
    content = json.loads(call("diff", "main", "--format", "json").out)
    (result,) = content["differences"]
    assert (result["name"], result["verdict"], result["base_left"]) == ("fare", "identical", 6)
    first = call("diff", "main", "--format", "md").out.splitlines()[0]
    assert (
        first
        == "**~ over other rows** `rides`: 1 stage changed; `fare` over other rows (2.324 → 2.773 `USD`)"
    )


def test_two_revisions_are_measured_by_the_data_that_lie_in_each(repository: Path, call: Call) -> None:
    run_here(repository, call)
    git(repository, "add", "--all")
    git(repository, "commit", "--quiet", "-m", "with data")
    edit(repository, "least: float = 1.0", "least: float = 3.0")
    (repository / "rides.csv").write_text(ROWS.replace("2.5", "2.75"))
    assert call("run").code == 0
    git(repository, "commit", "--quiet", "--all", "-m", "two")
    said = call("diff", "HEAD~1", "HEAD").out
    (repository / "rides.csv").unlink()
    assert call("diff", "HEAD~1", "HEAD").out == said
    assert "  fare  2.324 → 3.5 USD" in said


def test_results_of_other_data_are_nobody_s(repository: Path, call: Call) -> None:
    run_here(repository, call)
    edit(repository, "least: float = 1.0", "least: float = 2.0")
    (repository / "rides.csv").write_text(ROWS.replace("2.5", "2.75"))
    assert call("run").code == 0
    assert (
        "  – not measured  fare  … → 2.955 USD  base: no result of 'paid' is kept, run it first"
        in call("diff", "main").out
    )


def test_a_picture_a_page_and_a_flowchart_are_written_by_their_names(repository: Path, call: Call) -> None:
    edit(repository, "least: float = 1.0", "least: float = 2.0")
    begins = {"a.svg": "<svg ", "a.html": "<!doctype html>", "a.mmd": "flowchart TB\n"}
    for name, start in begins.items():
        assert call("diff", "main", "-o", name).code == 0
        text = (repository / name).read_text()
        assert text.startswith(start)
        assert "~ CHANGED" in text or "#126;\N{NO-BREAK SPACE}paid" in text


def test_json_names_the_revisions_and_holds_all(repository: Path, call: Call) -> None:
    edit(repository, "least: float = 1.0", "least: float = 2.0")
    content = json.loads(call("diff", "main", "--format", "json").out)
    assert content["base"] == {
        "pipeline": "rides",
        "nodes": 4,
        "revision": "main",
        "commit": git(repository, "rev-parse", "main"),
    }
    assert content["head"]["revision"] == "the working tree"
    assert [change["new"] for change in content["nodes"]] == ["paid"]
    assert content["upstream"] == ["split_paid", "fare"]
    assert content["affected"] == ["paid", "split_paid", "fare"]
    assert content["metrics_reached"] == ["fare"]


def test_the_outputs_name_says_the_format(repository: Path, call: Call) -> None:
    assert call("diff", "main", "-o", "out/comment.md") == (0, "wrote out/comment.md\n", "")
    assert (repository / "out/comment.md").read_text() == "**No change, both compute the same** in `rides`\n"
    assert call("diff", "main", "-o", "diff.json").code == 0
    assert json.loads((repository / "diff.json").read_text())["empty"] is True
    (repository / "there").write_text("")
    said = call("diff", "main", "-o", "there/diff.md")
    assert said.code == 2
    assert "help: name another file with --output" in said.err


# plans in files


def test_plans_in_files_are_compared_without_git(folder: Path, call: Call) -> None:
    (folder / "base.json").write_text(call("plan", "--format", "json").out)
    assert call("diff", "base.json") == (0, EMPTY, "")
    (folder / "copy.json").write_text((folder / "base.json").read_text())
    assert call("diff", "base.json", "copy.json") == (0, EMPTY, "")
    edit(folder, "seed=1", "seed=2")
    assert "  ~ seed  1 → 2\n" in call("diff", "base.json").out


def test_a_plan_is_not_compared_with_itself(folder: Path, call: Call) -> None:
    (folder / "plan.json").write_text(call("plan", "--format", "json").out)
    (folder / "link.json").symlink_to("plan.json")
    fails(
        call("diff", "plan.json", "./link.json"),
        "error: 'plan.json' and './link.json' are one file: a plan that is compared with itself never differs",
        "  help: name the plan of the base first, such as the one that the main branch's CI kept",
    )


def test_a_file_that_is_no_plan_is_refused(folder: Path, call: Call) -> None:
    help_ = "  help: write it anew with 'stagelang plan --format json'"
    (folder / "no.json").write_text("{}")
    fails(
        call("diff", "no.json"),
        "error: 'no.json' is no plan: the plan's schema is None, this stagelang reads 1: compile the pipeline again",
        help_,
    )
    plan = json.loads(call("plan", "--format", "json").out)
    plan["nodes"].reverse()
    (folder / "no.json").write_text(json.dumps(plan))
    fails(
        call("diff", "no.json"),
        "error: 'no.json' is no plan: node 'fare' reads 'split_paid', which doesn't stand before it",
        help_,
    )
    fails(
        call("diff", "gone.json"),
        "error: there is no file 'gone.json'",
        "  help: 'stagelang plan --format json' writes a plan",
    )


# what can't be


def test_an_unknown_revision_is_refused_with_the_nearest(repository: Path, call: Call) -> None:
    fails(call("diff", "mian"), "error: there is no revision 'mian'", "  help: did you mean 'main'?")
    fails(
        call("diff", "nowhere"),
        "error: there is no revision 'nowhere'",
        "  help: name a branch, a tag or a commit ('git log --oneline')",
    )
    git(repository, "update-ref", "refs/remotes/origin/dev", "main")
    fails(call("diff", "dev"), "error: there is no revision 'dev'", "  help: did you mean 'origin/dev'?")


def test_a_shallow_clone_says_how_to_get_the_history(
    repository: Path, call: Call, monkeypatch: pytest.MonkeyPatch
) -> None:
    git(repository, "commit", "--quiet", "--allow-empty", "-m", "two")
    clone = repository.parents[1] / "clone"
    git(repository, "clone", "--quiet", "--depth=1", f"file://{repository.parent}", str(clone))
    monkeypatch.chdir(clone / "sub folder")
    fails(
        call("diff", "HEAD~1"),
        "error: there is no revision 'HEAD~1' in this clone, which is a shallow one",
        "  help: fetch the history with 'git fetch --unshallow' (actions/checkout: fetch-depth: 0)",
    )
    assert call("diff", "HEAD") == (0, EMPTY, "")


def test_outside_of_a_repository_the_next_step_is_named(
    folder: Path, call: Call, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(folder.parent))
    fails(
        call("diff", "main"),
        f"error: {str(folder)!r} lies in no git working tree",
        "  help: run 'git init' and commit, or compare plans that 'stagelang plan --format json' wrote:"
        " stagelang diff base.json head.json",
    )


def test_without_git_the_next_step_is_named(
    repository: Path, call: Call, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(repository))
    assert call("diff", "main").err.startswith(
        "error: git isn't installed\n  help: install git, or compare plans"
    )


def test_a_base_with_errors_shows_them_and_leaves_nothing_behind(repository: Path, call: Call) -> None:
    edit(repository, "test=0.5", "test=1.5")
    git(repository, "commit", "--quiet", "--all", "-m", "two")
    commit = git(repository, "rev-parse", "HEAD")
    edit(repository, "test=1.5", "test=0.4")
    said = call("diff", "main")
    assert (said.code, said.out) == (2, "")
    assert said.err.startswith("error[SL616]: 'split_paid' asks for parts of 1.5\n  --> pipeline.py:20\n")
    assert said.err.endswith(
        f"error: the pipeline 'sub folder/pipeline.py' doesn't compile at 'main' ({commit[:12]})\n"
        "  help: compare with a revision where 'stagelang check' finds no error\n"
    )
    assert nothing_is_left(repository)


def test_a_head_with_errors_is_findings_as_in_any_command(repository: Path, call: Call) -> None:
    edit(repository, "test=0.5", "test=1.5")
    said = call("diff", "main")
    assert (said.code, said.out) == (2, "")
    assert said.err.startswith("error[SL616]")
    said = call("diff", "main", "--spec", "nowhere.py")
    assert said.code == 2
    assert "'nowhere.py' doesn't exist" in said.err


def test_hooks_and_submodules_are_left_alone_and_the_latter_said(repository: Path, call: Call) -> None:
    hook = repository.parent / ".git/hooks/post-checkout"
    hook.parent.mkdir(exist_ok=True)
    hook.write_text(f"#!/bin/sh\ntouch '{repository.parents[1]}/hooked'\n")
    hook.chmod(0o755)
    (repository.parent / ".gitmodules").write_text("")
    (repository.parent / ".gitattributes").write_text("*.bin filter=lfs\n")
    edit(repository, "seed=1", "seed=inner.SEED")
    (repository / "pipeline.py").write_text("import inner\n" + (repository / "pipeline.py").read_text())
    git(repository, "add", "--all")
    git(repository, "-c", f"core.hooksPath={os.devnull}", "commit", "--quiet", "-m", "two")
    (repository / "inner.py").write_text("SEED = 1\n")
    said = call("diff", "main")
    assert said.code == 2
    assert "note: in the folder that 'main' was compiled in, submodules are left empty\n" in said.err
    assert (
        "note: in the folder that 'main' was compiled in, files of Git LFS are left as pointers\n" in said.err
    )
    assert not (repository.parents[1] / "hooked").exists()
    assert nothing_is_left(repository)


def test_a_spec_that_ends_its_process_is_an_error(repository: Path, call: Call) -> None:
    (repository / "pipeline.py").write_text("import os\nos._exit(7)\n")
    git(repository, "commit", "--quiet", "--all", "-m", "two")
    (repository / "pipeline.py").write_text(SPEC)
    fails(
        call("diff", "main"),
        "error: the process that compiled 'pipeline.py' ended with 7",
        "  help: see above what it said; 'stagelang check' in a checkout of that revision says more",
    )
    assert nothing_is_left(repository)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_an_interrupted_comparison_leaves_nothing_behind(repository: Path, number: signal.Signals) -> None:
    started = repository.parents[1] / "started"
    (repository / "pipeline.py").write_text(
        f"import pathlib, time\npathlib.Path({str(started)!r}).touch()\ntime.sleep(60)\n"
    )
    git(repository, "commit", "--quiet", "--all", "-m", "two")
    (repository / "pipeline.py").write_text(SPEC)
    # What a shell starts in the background ignores interrupts, and so would all that these tests start.
    heeding = ["env", "--default-signal=INT"]
    command = [*heeding, sys.executable, "-m", "stagelang_backends.cli", "diff", "main"]
    process = subprocess.Popen(command, cwd=repository, start_new_session=True, stderr=subprocess.PIPE)
    while not started.exists():
        assert process.poll() is None
        time.sleep(0.02)
    os.killpg(process.pid, number)
    process.communicate(timeout=30)
    assert process.returncode == (130 if number is signal.SIGINT else 143)
    assert nothing_is_left(repository)


def test_in_a_hook_the_index_of_the_commit_in_the_making_is_left_alone(
    repository: Path, call: Call, monkeypatch: pytest.MonkeyPatch
) -> None:
    edit(repository, "seed=1", "seed=2")
    git(repository, "add", "--all")
    monkeypatch.setenv("GIT_INDEX_FILE", str(repository.parent / ".git/index"))
    monkeypatch.setenv("GIT_DIR", str(repository.parent / ".git"))
    assert "~ seed  1 → 2" in call("diff", "main").out
    assert git(repository, "diff", "--cached", "--name-only") == "sub folder/pipeline.py"


# what a change breaks


def _version(folder: Path) -> None:
    edit(folder, "class Rides(Contract):", 'class Rides(Contract, version="1.0", owner="fleet"):')
    git(folder, "commit", "--quiet", "--all", "-m", "versioned")


BROKEN = """\
rides: 1 contract changed; the metric can differ

contracts
  ~ Rides  breaking for consumers
      column fare: float >= 0 [USD] → float [USD]

stages
  ~ 3 nodes read or make tables whose contract changed: rides, paid, split_paid

can differ
  metrics  fare
  gates    fare at most 5

error[SL240]: contract 'Rides' changed in a way that is breaking for consumers, and its version is still 1.0
  --> pipeline.py:5
   |
 5 | class Rides(Contract, version="1.0", owner="fleet"):
   | ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
   |
  ::: main:pipeline.py:5: as it was
  ::: pipeline.py:7: column 'fare' now
   |
 7 |     fare: Column[float] = column(unit=u.USD)
   |
  ::: main:pipeline.py:7: column 'fare' before
  ::: pipeline.py:20: used by 'paid'
   |
20 | halves = split(paid(source(Rides, "rides.csv")), by=Rides.ride, test=0.5)
   |
  ::: pipeline.py:20: used by 'split_paid'
  ::: pipeline.py:21: used by 'fare'
   |
21 | price = fare(halves.test)
   |
  expected: version 2.0 or later
  found: column fare: float >= 0 [USD] → float [USD]
  help: declare version="2.0", or keep what it promised

found 1 error
to learn more: stagelang explain SL240
"""


def test_a_breaking_change_without_a_version_fails_until_the_version_is_raised(
    repository: Path, call: Call
) -> None:
    _version(repository)
    edit(repository, "column(ge=0, unit", "column(unit")
    assert call("diff", "main") == (1, BROKEN, "")
    assert call("diff", "--base", "main") == (1, BROKEN, "")
    assert call("diff", "main", "--exit-zero").code == 0
    edit(repository, 'version="1.0"', 'version="1.1"')
    assert call("diff", "main").code == 1
    edit(repository, 'version="1.1"', 'version="2.0"')
    said = call("diff", "main")
    assert (said.code, "SL240" in said.out) == (0, False)
    assert "  ~ Rides  breaking for consumers\n" in said.out


def test_a_check_against_a_base_finds_what_a_check_alone_cannot(repository: Path, call: Call) -> None:
    _version(repository)
    edit(repository, "column(ge=0, unit", "column(unit")
    assert call("check").code == 0
    said = call("check", "--base", "main")
    assert said.code == 1
    assert said.out.endswith("found 1 error\nto learn more: stagelang explain SL240\n")
    assert call("check", "--base", "main", "--exit-zero").code == 0
    (found,) = json.loads(call("check", "--base", "main", "--format", "json").out)
    assert (found["code"], found["subject"]) == ("SL240", "Rides")
    assert call("check", "--base", "nowhere").code == 2


def test_a_waiver_accepts_a_breaking_change_unless_the_project_forbids_it(
    repository: Path, call: Call
) -> None:
    _version(repository)
    waiver = 'waivers=[Waiver(rule="SL240", where="Rides", owner="cfo", reason="known", expires=date(2999, 1, 1))])'
    edit(repository, "import Column,", "import Waiver, Column,")
    edit(repository, "import units as u\n", "import units as u\nfrom datetime import date\n")
    edit(repository, 'judged_on="estimate")])', f'judged_on="estimate")], {waiver}')
    assert call("check").out.startswith("no findings\n")  # what it covers is told from a base alone
    edit(repository, "column(ge=0, unit", "column(unit")
    for command in (("diff", "main"), ("check", "--base", "main")):
        said = call(*command)
        assert (said.code, said.out.count("waived by: cfo, for 'Rides', until 2999-01-01: known")) == (0, 1)
    (repository / "pyproject.toml").write_text('[tool.stagelang]\nunwaivable = ["SL240"]\n')
    assert [call("diff", "main").code, call("check", "--base", "main").code] == [1, 1]


def test_findings_are_given_in_the_formats_of_a_check(repository: Path, call: Call) -> None:
    _version(repository)
    edit(repository, "column(ge=0, unit", "column(unit")
    log = json.loads(call("diff", "main", "--format", "sarif").out)
    assert [each["ruleId"] for each in log["runs"][0]["results"]] == ["SL240"]
    assert call("diff", "main", "--format", "github").out.startswith(
        "::error file=pipeline.py,line=5,title=SL240 "
    )
    content = json.loads(call("diff", "main", "--format", "json").out)
    assert [each["code"] for each in content["findings"]] == ["SL240"]
    assert [each["new"]["name"] for each in content["graded"]] == ["Rides"]
    assert content["graded"][0]["grade"] == {"producers": "safe", "consumers": "breaking"}
    assert [user["name"] for user in content["graded"][0]["consumers"]] == ["paid", "split_paid", "fare"]
    comment = call("diff", "main", "--format", "md").out
    assert "### Breaking changes\n\n- **✗ error** SL240 at `pipeline.py:5`: " in comment
    assert "  - `main:pipeline.py:7`: `column 'fare' before`\n" in comment
    page = call("diff", "main", "--format", "html").out
    assert "<h2>Breaking changes</h2>" in page
    assert "used by &#39;paid&#39;" in page


def test_between_two_revisions_the_lines_of_both_bear_their_names(repository: Path, call: Call) -> None:
    _version(repository)
    edit(repository, "fare: Column", "price: Column")
    edit(repository, "Rides.fare", "Rides.price")
    git(repository, "commit", "--quiet", "--all", "-m", "renamed")
    edit(repository, 'version="1.0"', 'version="2.0"')
    edit(repository, 'version="1")', 'version="2")')  # the metric's code names the column
    git(repository, "commit", "--quiet", "--all", "-m", "raised")
    said = call("diff", "HEAD~2", "HEAD~1")
    assert said.code == 1
    assert "column fare is now called price" in said.out
    assert "  --> HEAD~1:pipeline.py:5\n  ::: HEAD~2:pipeline.py:5: as it was\n" in said.out
    assert call("diff", "HEAD~2", "HEAD").code == 0
    assert call("diff", "HEAD~1", "HEAD").code == 0


def test_a_commit_compared_with_itself_is_said_to_be_one(repository: Path, call: Call) -> None:
    said = call("diff", "HEAD", "main")
    commit = git(repository, "rev-parse", "HEAD")[:12]
    note = f"note: 'HEAD' and 'main' are one commit, {commit}: it never differs from itself\n"
    assert said == (0, EMPTY, note)


def test_a_base_is_named_once(repository: Path, call: Call) -> None:
    assert call("diff", "--base", "HEAD", "main").code == 0
    fails(
        call("diff", "--base", "main", "HEAD", "v1"),
        "error: the base is named twice, 'main' and 'HEAD'",
        "  help: leave one of them out",
    )
    fails(
        call("diff"),
        "error: there is nothing to compare with",
        "  help: name a revision, as in 'stagelang diff main'",
    )


def test_a_plan_of_column_types_that_nobody_knows_is_refused(repository: Path, call: Call) -> None:
    text = call("plan", "--format", "json").out
    (repository / "base.json").write_text(text.replace('"type":"float"', '"type":"decimal"'))
    fails(
        call("diff", "base.json"),
        "error: 'base.json' is no plan: contract 'Rides' can't be read: 'decimal'",
        "  help: write it anew with 'stagelang plan --format json'",
    )
