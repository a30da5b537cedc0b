from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tests.github.by_hand import CAREFUL, FILES, NAIVE, PLAN
from tests.github.events import dispatch, pull_request, push, schedule
from tests.github.hub import Hub
from tests.github.outcomes import Annotation
from tests.github.workflow_text import NotOnGitHub

HERE = ".github/workflows/pipeline.yml"


def test_a_run_tells_its_jobs_steps_outputs_summaries_and_annotations(hub: Hub) -> None:
    hub.commit(FILES)
    run = hub.run(push())
    assert run.results() == dict.fromkeys(("plan", "sort", "join", "gate"), "success")
    assert run.job("plan").steps["plan"].outputs == {"run": '["sort", "join"]'}
    assert sorted(job.matrix["shard"] for job in run.jobs if job.id == "sort") == [1, 2]
    assert run.job("join").steps["1"].log == "a\nb\nc\nx\nz\n"
    assert run.job("join").annotations == [
        Annotation(level="notice", message="5 lines", about={"title": "joined"})
    ]
    assert '"result": "success"' in run.job("gate").summary
    assert run.may_merge("gate")


def test_a_job_whose_condition_is_false_starts_nothing(hub: Hub) -> None:
    hub.commit(FILES)
    hub.run(push())
    again = hub.run(push())
    assert again.started() == {"plan", "gate"}
    assert again.results() == {"plan": "success", "sort": "skipped", "join": "skipped", "gate": "success"}
    assert hub.run(dispatch(full="true")).started() == {"plan", "sort", "join", "gate"}


def test_a_failed_shard_fails_its_job_and_the_gate_but_not_the_other_shard(hub: Hub) -> None:
    hub.commit({**FILES, HERE: CAREFUL.replace('echo "sorting $SHARD"', 'test "$SHARD" != 1')})
    run = hub.run(push())
    assert {job.matrix["shard"]: job.result for job in run.jobs if job.id == "sort"} == {
        1: "failure",
        2: "success",
    }
    assert run.results() == {"plan": "success", "sort": "failure", "join": "skipped", "gate": "failure"}
    assert not run.may_merge("gate")


def test_a_step_that_may_fail_fails_no_job(hub: Hub) -> None:
    tolerant = CAREFUL.replace(
        "      - run: |\n          cat in",
        "      - continue-on-error: true\n        run: false\n      - run: |\n          cat in",
    )
    hub.commit({**FILES, HERE: tolerant})
    assert hub.run(push()).result("join") == "success"


def test_a_cancelled_run_keeps_what_was_saved_and_starts_nothing_more(hub: Hub) -> None:
    slow = CAREFUL.replace("cat in/sorted-*.txt\n", "echo joining now; exec sleep 60\n", 1)
    hub.commit({**FILES, HERE: slow})
    run = hub.run(push(), interrupt_at="joining now")
    assert run.results() == {"plan": "success", "sort": "success", "join": "cancelled", "gate": "cancelled"}
    assert not run.may_merge("gate")
    assert hub.run(push()).started() == {"plan", "gate"}


def test_a_pull_request_is_checked_out_as_its_merge_without_more_history_than_is_asked_for(hub: Hub) -> None:
    telling = CAREFUL.replace(
        "      - id: plan\n", "      - run: git --no-pager log --format=%s; ls -1\n      - id: plan\n"
    )
    hub.commit({**FILES, HERE: telling})
    hub.commit({"new-on-topic": ""}, branch="topic")
    hub.commit({"new-on-main": ""})
    told = hub.run(pull_request()).job("plan").steps["2"].log.splitlines()
    assert told == ["merge", "letters-1.txt", "letters-2.txt", "new-on-main", "new-on-topic", "plan.py"]
    hub.commit({HERE: telling.replace("persist-credentials: false", "fetch-depth: 2", 1)})
    assert hub.run(push()).job("plan").steps["2"].log.splitlines()[:2] == ["work", "work"]


def test_a_pull_requests_caches_are_of_no_use_to_the_default_branch(hub: Hub) -> None:
    hub.commit(FILES)
    hub.commit({"letters-3.txt": ""}, branch="topic")
    hub.run(pull_request())
    refs = {cache["ref"] for cache in _listed(hub)}
    assert refs == {"refs/pull/7/merge"}
    assert hub.run(pull_request()).started() == {"plan", "gate"}


def _listed(hub: Hub) -> list[dict[str, str]]:
    rows: list[dict[str, str]] = hub.github.answer("GET", "/repos/octo/pipeline/actions/caches", None).body[
        "actions_caches"
    ]
    return rows


def test_secrets_reach_a_branch_but_no_fork(hub: Hub) -> None:
    telling = CAREFUL.replace(
        "    steps:\n      - env:\n          NEEDS:",
        "    steps:\n      - env:\n          SECRET: ${{ secrets.SECRET }}\n"
        '        run: echo "secret is ${#SECRET} long"\n      - env:\n          NEEDS:',
    )
    hub.secrets = {"SECRET": "12345"}
    hub.commit({**FILES, HERE: telling})
    hub.commit({}, branch="topic")
    assert hub.run(pull_request()).job("gate").steps["0"].log == "secret is 5 long\n"
    assert hub.run(pull_request(fork=True)).job("gate").steps["0"].log == "secret is 0 long\n"


def test_an_event_that_github_would_ignore_is_refused(hub: Hub) -> None:
    hub.commit(FILES)
    hub.commit({}, branch="topic")
    with pytest.raises(NotOnGitHub, match="push on topic starts no run"):
        hub.run(push("topic"))
    with pytest.raises(NotOnGitHub, match="schedule on main starts no run"):
        hub.run(schedule())


@pytest.mark.parametrize(
    ("old", "new", "why"),
    [
        ("runs-on: ubuntu-24.04", "runs-on: mainframe", "no runner has the label 'mainframe'"),
        ("@3d3c42e5aac5ba805825da76410c181273ba90b1", "@v7", "is not pinned by its commit"),
        ("actions/setup-python@", "actions/setup-cobol@", "no stand-in"),
        ("merge-multiple: true", "merge-many: true", "has no input 'merge-many'"),
        ("          key: sorted-", "          # key: sorted-", "needs the input 'key'"),
    ],
)
def test_what_act_would_pass_over_is_refused(hub: Hub, old: str, new: str, why: str) -> None:
    hub.commit({**FILES, HERE: CAREFUL.replace(old, new)})
    with pytest.raises(NotOnGitHub, match=why):
        hub.run(push())


def test_what_github_would_drop_is_refused(hub: Hub) -> None:
    loud = CAREFUL.replace(
        'echo "$NEEDS" >> "$GITHUB_STEP_SUMMARY"', "for n in {1..11}; do echo ::warning::$n; done"
    )
    hub.commit({**FILES, HERE: loud})
    with pytest.raises(NotOnGitHub, match="gate: 11 warning annotations of step 0, at most 10 are kept"):
        hub.run(push())


def test_a_second_attempt_meets_the_artifacts_of_the_first(hub: Hub) -> None:
    hub.commit({**FILES, "plan.py": PLAN.replace("if todo else []", "")})
    first = hub.run(push())
    second = hub.run(push(), attempt_of=first)
    assert second.result("sort") == "failure"
    (clash,) = {one.message for job in second.jobs for one in job.annotations}
    assert "(409) Conflict" in clash


def test_stagelang_is_found_only_where_pinned_requirements_were_installed(hub: Hub) -> None:
    steps = """
      - run: python -m pip install --require-hashes -r requirements.lock
      - run: stagelang --version
"""
    using = CAREFUL.replace("\n      - id: plan\n", steps + "      - id: plan\n")
    locked = "stagelang==0.1.0 \\\n    --hash=sha256:00\n"
    hub.commit({**FILES, HERE: using, "requirements.lock": locked})
    plan = hub.run(push()).job("plan")
    assert plan.log.startswith("would install 1 pinned requirements\nstagelang 0.1.0\n")
    hub.commit({"requirements.lock": "stagelang>=0.1\n"})
    assert "not pinned with ==" in hub.run(push()).job("plan").annotations[0].message
    hub.commit({HERE: using.replace(steps.split("\n")[1], "")})
    assert "nothing was installed in this job" in hub.run(push()).log


OFFLINE = """
import fcntl, socket, struct, sys
with socket.socket() as any_socket:  # 'ip link set lo up', without that program
    fcntl.ioctl(any_socket, 0x8914, struct.pack("16sh14x", b"lo", 0x1 | 0x40))
from pathlib import Path
from tests.github.by_hand import FILES
from tests.github.events import push
from tests.github.fake_github import FakeGitHub, serve
from tests.github.hub import Hub
root = Path(sys.argv[1])
with serve(FakeGitHub(store=root / "store")) as github:
    hub = Hub(github=github, root=root)
    hub.commit(FILES)
    print(*hub.run(push()).results().values())
"""


def test_a_run_needs_no_network(tmp_path: Path) -> None:
    done = subprocess.run(
        ["unshare", "--net", "--map-root-user", sys.executable, "-c", OFFLINE, str(tmp_path)],
        capture_output=True,
        text=True,
        check=False,
        cwd=Path(__file__).parents[2],
    )
    assert (done.stdout, done.stderr) == ("success success success success\n", "")


def test_the_naive_workflow_would_not_start(hub: Hub) -> None:
    hub.commit({HERE: NAIVE})
    with pytest.raises(NotOnGitHub):
        hub.run(push())
