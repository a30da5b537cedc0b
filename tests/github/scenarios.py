"""What must hold of a workflow emitted for a small pipeline, each from an event to what GitHub then shows.

`settle` makes the first run on the default branch; every scenario but the first starts from what it leaves.
A scenario fails by an AssertionError, so that it judges emitters with mistakes in them, too.
"""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

from tests.github.events import dispatch, pull_request, push, schedule
from tests.github.hub import Hub
from tests.github.outcomes import Run
from tests.github.standins import caches

HERE = Path(__file__).parent
STAGES = {"numbers", "halves", "half", "whole"}
SETTINGS = '[tool.stagelang.gha]\npython = "%d.%d"\njobs = "each"\n'
LOCK = "stagelang==0.1.0 \\\n    --hash=sha256:00\n"
QUARTERED = ('frame["number"] / 2', 'frame["number"] / 4')


def project() -> dict[str, str]:
    """Give the files of a repository that holds the small pipeline."""
    folder = HERE / "numbers"
    return {
        "pipeline.py": (folder / "pipeline.py").read_text(),
        "data/numbers.csv": (folder / "data/numbers.csv").read_text(),
        "pyproject.toml": SETTINGS % sys.version_info[:2],
        "requirements.lock": LOCK,
        ".gitignore": ".stagelang/\n__pycache__/\n",
    }


def compile_workflow(hub: Hub) -> None:
    """Emit the workflow into the repository's work tree."""
    program = [str(HERE / "mutations.py"), hub.mutation] if hub.mutation else ["-m", "stagelang_backends.cli"]
    done = subprocess.run(
        [sys.executable, *program, "compile", "--target", "gha", "--force"],
        cwd=hub.folder,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr


def edit(hub: Hub, *changes: tuple[str, str], branch: str = "main", anew: bool = False) -> None:
    """Change the pipeline's text and commit it, and the workflow too if it is to be emitted anew."""
    hub.commit({}, branch=branch)
    text = (hub.folder / "pipeline.py").read_text()
    for old, new in changes:
        assert old in text, old
        text = text.replace(old, new)
    hub.commit({"pipeline.py": text}, branch=branch)
    if anew:
        compile_workflow(hub)
        hub.commit({}, branch=branch)


def carried_out(run: Run) -> dict[str, list[str]]:
    """Give the nodes that each job computed; a job that only found results has none."""
    return {job.id: re.findall(r"done (\S+)", job.log) for job in run.jobs if job.id in STAGES and job.steps}


def settle(hub: Hub) -> Run:
    """Commit the project and run it for the first time."""
    hub.commit(project())
    compile_workflow(hub)
    hub.commit({})
    return hub.run(push())


def first_run(run: Run) -> None:
    """Everything runs, each node once and in its own job."""
    assert carried_out(run) == {name: [name] for name in STAGES}
    assert run.results() == dict.fromkeys([*STAGES, "plan", "report"], "success") | {"comment": "skipped"}
    assert "**✓ pass** `numbers`: 4 ran" in run.job("report").summary


def nothing_changed(hub: Hub) -> None:
    """No stage job starts, and the verdict stands."""
    run = hub.run(push())
    assert run.started() == {"plan", "report"}
    assert run.result("report") == "success"
    assert "4 kept" in run.job("report").summary


def one_stage_edited(hub: Hub) -> None:
    """Only what the edit reaches starts; the pull request gets one comment, which the next run edits in place."""
    edit(hub, QUARTERED, branch="topic")
    run = hub.run(pull_request())
    assert carried_out(run) == {"halves": ["halves"], "half": ["half"]}
    assert run.result("report") == "success", run.log
    assert run.result("comment") == "success"
    (said,) = hub.github.bodies()
    assert said.startswith("<!-- stagelang:numbers -->\n**✓ pass** `numbers`: 2 ran, 2 kept")
    assert "- function `halves` changed\n" in said
    hub.github.say(7, f"{said[:30]}I answer by quoting", {"login": "somebody"})
    again = hub.run(pull_request())
    assert again.started() == {"plan", "report", "comment"}
    assert again.result("report") == "success", again.log
    ours, theirs = hub.github.bodies()
    assert "4 kept" in ours
    assert theirs.endswith("I answer by quoting")


def merged(hub: Hub) -> None:
    """After a merge the default branch computes again: caches of a pull request are not its own."""
    one_stage_edited(hub)
    edit(hub, QUARTERED)
    run = hub.run(push())
    assert carried_out(run) == {"halves": ["halves"], "half": ["half"]}
    assert run.result("report") == "success"


def early_cutoff(hub: Hub) -> None:
    """An edit that changes no result starts what it reaches, which then finds that nothing is to be done."""
    edit(hub, ('frame["number"] / 2', 'frame["number"] * 0.5'), branch="topic")
    run = hub.run(pull_request())
    assert carried_out(run) == {"halves": ["halves"], "half": []}
    assert run.result("report") == "success"


def failing_gate(hub: Hub) -> None:
    """A gate that fails turns the required check red, and the comment says which, the shorter one if it has to be."""
    hub.github.refusals = 1
    edit(hub, ("at_most(30)", "at_most(3)"), branch="topic")
    run = hub.run(pull_request())
    assert carried_out(run) == {}
    assert not run.may_merge("report")
    assert run.result("comment") == "success"
    (said,) = hub.github.bodies()
    assert "**✗ fail** `numbers`" in said
    assert "| `half at most 3` | ✗\N{NO-BREAK SPACE}fail |" in said
    assert any("half at most 3" in one.about["title"] for one in run.job("report").annotations)
    (sarif,) = (hub.github.store / "sarif").glob(f"{run.id}.sarif")
    assert "half at most 3" in sarif.read_text()


def stage_failure(hub: Hub) -> None:
    """Others finish, what needs the failed stage never starts, and the report tells the reason."""
    broken = ("frame = numbers.pandas", 'frame = numbers.pandas\n    raise RuntimeError("no halves today")')
    edit(
        hub,
        broken,
        ("How large numbers are", "How large they are"),
        ('pandas["number"])', 'pandas["number"] * 1.0)'),
        branch="topic",
    )
    run = hub.run(pull_request())
    assert run.result("whole") == "success"
    assert (run.result("halves"), run.result("half")) == ("failure", "skipped")
    assert not run.may_merge("report")
    (said,) = hub.github.bodies()
    assert "no halves today" in said
    assert "`halves` failed" in said
    assert any("no halves today" in one.message for one in run.job("report").annotations)


def fork(hub: Hub) -> None:
    """A fork gets a verdict in the summary: no comment, no code scanning, nothing written anywhere."""
    edit(hub, QUARTERED, branch="topic")
    run = hub.run(pull_request(fork=True))
    assert carried_out(run) == {"halves": ["halves"], "half": ["half"]}
    assert run.result("report") == "success"
    assert "**✓ pass**" in run.job("report").summary
    assert run.result("comment") == "skipped"
    assert hub.github.bodies() == []
    assert not (hub.github.store / "sarif" / f"{run.id}.sarif").exists()
    assert not [asked for asked in hub.github.requests if not asked.startswith("GET ")]


def fork_without_a_secret(hub: Hub) -> None:
    """A stage that needs a secret doesn't run for a fork, which is told; for a branch it runs with the secret."""
    needing = ("@stage\ndef halves", '@stage(env=["PASSWORD"])\ndef halves')
    hub.commit(
        {"pyproject.toml": SETTINGS % sys.version_info[:2] + 'secrets = ["PASSWORD"]\n'}, branch="topic"
    )
    edit(hub, needing, branch="topic", anew=True)
    hub.secrets = {"PASSWORD": "open sesame"}
    run = hub.run(pull_request(fork=True))
    assert run.started() & STAGES == set()
    assert not run.may_merge("report")
    assert "a fork's pull request gets no secrets: `halves`" in run.job("report").summary
    own = hub.run(pull_request())
    assert carried_out(own)["halves"] == ["halves"]
    assert own.result("report") == "success"
    assert "open sesame" not in own.log + hub.github.bodies()[0]


def evicted_before_planning(hub: Hub) -> None:
    """What is gone from the caches is computed again, and what is still there isn't."""
    gone = [cache.key for cache in caches.listed(hub.caches) if re.search(r"-(half|halves)\.", cache.key)]
    assert sum(caches.evict(hub.caches, key) for key in gone) == 2
    run = hub.run(push())
    assert carried_out(run) == {"halves": ["halves"], "half": ["half"]}
    assert run.result("report") == "success"


def everything_evicted(hub: Hub) -> None:
    """Without any cache a run is like the first."""
    caches.evict(hub.caches)
    first_run(hub.run(push()))


def evicted_after_planning(hub: Hub) -> None:
    """What is gone between plan and use is made again in place; what nobody can make again is never a pass."""
    edit(hub, ('pandas["half"])', 'pandas["half"] * 1.0)'))
    hub.github.after_listing = lambda: caches.evict(hub.caches)
    run = hub.run(push())
    assert carried_out(run) == {"half": ["numbers", "halves", "half"]}
    assert run.result("half") == "success"
    assert not run.may_merge("report"), "'whole' was kept when the run was planned, and is gone"
    hub.github.after_listing = None
    again = hub.run(push())
    assert again.result("report") == "success", again.log


def new_node(hub: Hub) -> None:
    """A new node starts its own job only."""
    third = (HERE / "numbers/pipeline.py").read_text()
    third = third[third.index("@metric") : third.index("@metric", third.index("@metric") + 1)]
    third = third.replace("def half", "def third").replace('["half"]', '["half"] / 1.5')
    used = ("mean_half = half(halves(numbers))", "halved = halves(numbers)\nmean_half = half(halved)")
    changes = (
        ("numbers = source", f"{third}numbers = source"),
        used,
        ("whole(numbers)]", "whole(numbers), third(halved)]"),
    )
    edit(hub, *changes, branch="topic", anew=True)
    run = hub.run(pull_request())
    assert run.started() == {"plan", "third", "report", "comment"}
    assert re.findall(r"done (\S+)", run.job("third").log) == ["third"]
    assert run.result("report") == "success"


def edited_by_hand(hub: Hub) -> None:
    """A workflow that isn't what would be compiled turns the check red, at its own line."""
    hub.commit({}, branch="topic")
    text = (hub.folder / hub.file).read_text()
    hub.commit({hub.file: text.replace("timeout-minutes: 360", "timeout-minutes: 10")}, branch="topic")
    run = hub.run(pull_request())
    assert run.started() == {"plan", "report", "comment"}
    assert not run.may_merge("report")
    assert {one.about["file"] for one in run.job("report").annotations} == {hub.file}
    assert "`stagelang compile pipeline.py --target gha`" in run.job("report").summary


def cancelled(hub: Hub) -> None:
    """What was finished before a cancellation is kept; the check isn't green; the next run does the rest."""
    edit(hub, QUARTERED, branch="topic")
    run = hub.run(pull_request(), interrupt_at="cache saved with key: ")
    assert run.started() == {"plan", "halves"}
    assert run.result("halves") == "cancelled"
    assert not run.may_merge("report")
    again = hub.run(pull_request())
    assert carried_out(again) == {"half": ["half"]}
    assert again.result("report") == "success"


def on_schedule(hub: Hub) -> None:
    """At the scheduled time all is looked at again, and nothing that is known runs."""
    run = hub.run(schedule())
    assert run.started() == {"plan", "report"}
    assert run.result("report") == "success"


def on_demand_in_full(hub: Hub) -> None:
    """The button with 'full' runs every node again, whatever is known."""
    run = hub.run(dispatch(full="true"))
    assert carried_out(run) == {name: [name] for name in STAGES}
    assert run.result("report") == "success"


FROM_A_FIRST_RUN = (
    nothing_changed,
    merged,
    early_cutoff,
    failing_gate,
    stage_failure,
    fork,
    fork_without_a_secret,
    evicted_before_planning,
    evicted_after_planning,
    new_node,
    edited_by_hand,
    cancelled,
    on_schedule,
    on_demand_in_full,
)
