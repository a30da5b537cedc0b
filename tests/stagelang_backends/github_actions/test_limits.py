"""What GitHub can't carry is refused with the node, the reason and what would help; what merely needs care is cared for."""

from __future__ import annotations

import json
import re

import pytest

from stagelang_backends.github_actions.committed import committed_jobs, committed_nodes
from stagelang_backends.github_actions.concluding import SHORT_LIMIT, SUMMARY_LIMIT
from stagelang_backends.github_actions.limits import LARGEST_FILE, LONGEST_KEY, MOST_JOBS
from stagelang_backends.github_actions.names import LONGEST_JOB, RESERVED, cache_key
from stagelang_backends.github_actions.yaml_text import loads
from stagelang_backends.protocol import CannotEmit
from stagelang_backends.review.markdown import LIMIT, Section, assembled
from stagelang_compiler.plan import Resources
from tests.stagelang_backends.github_actions.plans import emit, node, plan, random_plan, refused, stage


def test_a_stage_that_no_runner_can_carry_out_names_what_it_needs_and_what_there_is() -> None:
    made = plan([node("fit", of="fit")], stage("fit", resources=Resources(gpus=1, memory_bytes=64 * 10**9)))
    (said,) = refused(made)
    assert said == (
        "stage 'fit' needs 64 GB, 1 gpus, and no runner has that (ubuntu-24.04: 2 cpus, 8 GB, 0 gpus, 360 min)\n"
        "  --> pipeline.py:7\n"
        "  help: add one to runners in [tool.stagelang.gha] of pyproject.toml: "
        "{ labels = ['...'], cpus = 8, memory = '32GB', gpus = 1 }"
    )
    own = {"labels": ["self-hosted", "gpu"], "gpus": 1, "memory": "64GB"}
    job = loads(emit(made, runners=[{}, own]))["jobs"]["stages"]
    assert job["runs-on"] == ["self-hosted", "gpu"]


def test_a_stage_of_seven_hours_needs_a_runner_of_ones_own() -> None:
    made = plan([node("fit", of="fit")], stage("fit", resources=Resources(time_seconds=7 * 3600)))
    (said,) = refused(made)
    assert said.startswith("stage 'fit' needs 420 min, and no runner has that (ubuntu-24.04: ")
    jobs = loads(emit(made, runners=[{}, {"labels": ["self-hosted"]}]))["jobs"]
    assert jobs["stages"]["timeout-minutes"] == 435
    assert jobs["plan"]["runs-on"] == "ubuntu-24.04"


def test_a_job_may_take_as_long_as_its_stages_say_or_as_github_allows() -> None:
    quick, slow = stage("quick", resources=Resources(time_seconds=90)), stage("slow")
    nodes = [node("a", of="quick"), node("b", ["a"], of="quick"), node("c", ["b"], of="slow")]
    jobs = loads(emit(plan(nodes, quick, slow), jobs="each"))["jobs"]
    assert [jobs[name]["timeout-minutes"] for name in "abc"] == [17, 17, 360]


def test_a_variable_has_to_be_said_to_be_a_secret_or_none() -> None:
    made = plan([node("fit", of="fit")], stage("fit", env=("TOKEN",)))
    (said,) = refused(made)
    assert said == (
        "stage 'fit' declares the variable 'TOKEN', and nothing says where GitHub has it from\n"
        "  --> pipeline.py:7\n"
        "  help: add it to [tool.stagelang.gha] of pyproject.toml: secrets = ['TOKEN'] or variables = ['TOKEN']"
    )
    assert refused(made, secrets=["TOKEN"]) == []
    assert refused(made, variables=["TOKEN"]) == []


def test_a_variable_that_github_sets_itself_is_refused() -> None:
    (said,) = refused(plan([node("fit", of="fit")], stage("fit", env=("GITHUB_SHA",))))
    assert said.startswith(
        "stage 'fit' declares the variable 'GITHUB_SHA', whose name GitHub keeps for itself"
    )


def test_a_schedule_of_less_than_five_minutes_is_refused() -> None:
    for schedule in ("*/4 * * * *", "* * * * *", "0,2 6 * * *", "1,58 * * * *"):
        (said,) = refused(plan([node("a")], schedule=schedule))
        assert said.startswith(f"schedule {schedule!r} is due every "), schedule
    for schedule in ("*/5 * * * *", "0 6 * * 1", "0,30 * * * *", "3-52/7 * * * *"):
        assert refused(plan([node("a")], schedule=schedule)) == [], schedule


def test_more_jobs_than_a_workflow_holds_are_refused() -> None:
    (said,) = refused(random_plan(MOST_JOBS + 1), jobs="each")
    assert said.startswith("251 jobs are more than a workflow can hold: expected at most 250")
    assert refused(random_plan(MOST_JOBS + 1)) == []


def test_a_file_that_github_would_not_start_is_refused() -> None:
    # 250 jobs, each of which needs all that are before it: few characters a node, many an edge
    names = [f"{'long' * 20}_{number}" for number in range(52)]
    made = plan([node(name, names[:at]) for at, name in enumerate(names)])
    (said,) = refused(made, jobs="each")
    assert said.startswith("the workflow takes ")
    assert f"expected at most {LARGEST_FILE:,}, since GitHub starts none of more than 500 KB" in said


def test_a_job_of_many_nodes_names_them_in_a_variable_and_is_read_back() -> None:
    made = random_plan(2_000)
    text = emit(made, jobs="one")
    job = loads(text)["jobs"]["stages"]
    assert [step["run"] for step in job["steps"] if "ci run" in step.get("run", "")] == [
        "stagelang ci run stages"
    ]
    assert committed_jobs(text) == {"stages": tuple(each.name for each in made.nodes)}


def test_a_job_whose_nodes_fit_nowhere_is_refused() -> None:
    names = [f"{'long' * 20}_{number}" for number in range(1_500)]
    (said,) = refused(plan([node(name) for name in names]), jobs="one")
    assert said.startswith(
        "job 'stages' carries out 1500 nodes, whose names take 127,890 characters: expected at most 120,000"
    )


def test_ten_thousand_nodes_fit_into_a_workflow() -> None:
    text = emit(random_plan(10_000))
    assert len(text.encode()) < LARGEST_FILE
    assert emit(random_plan(10_000), there=text) == text


def test_every_job_has_an_id_that_github_takes() -> None:
    names = [
        "plan",
        "Plan.x",
        "report",
        "comment",
        "a/b.c",
        "a.b/c",
        "a-b-c",
        "9lives",
        "__init",
        "x" * 100,
        "x" * 99,
    ]
    jobs = loads(emit(plan([node(name) for name in names]), jobs="each"))["jobs"]
    carried = {name: committed_nodes(job) for name, job in jobs.items() if name not in RESERVED}
    assert sorted(node for nodes in carried.values() for node in nodes) == sorted(names)
    assert len({each.lower() for each in jobs}) == len(names) + len(RESERVED)
    assert {"Plan-x", "a-b-c", "n-9lives", "n-__init"} <= carried.keys()
    assert all(len(each) <= LONGEST_JOB and not each.startswith("__") for each in jobs)


def test_jobs_need_jobs_that_exist_and_no_cycle() -> None:
    jobs = loads(emit(random_plan(60), jobs="auto"))["jobs"]
    seen: set[str] = set()
    for name, job in jobs.items():
        assert set(job.get("needs", ())) <= seen, name
        seen.add(name)


def test_no_expression_comes_near_its_limit_and_none_stands_in_a_run() -> None:
    text = emit(random_plan(100), jobs="each")
    for job in loads(text)["jobs"].values():
        for step in job["steps"]:
            assert "${{" not in step.get("run", "")
    assert max(len(line) for line in text.splitlines()) < 21_000


def test_artifacts_have_names_that_github_takes_and_no_two_the_same() -> None:
    text = emit(random_plan(120), jobs="each")
    uploads = [
        step["with"]["name"]
        for job in loads(text)["jobs"].values()
        for step in job["steps"]
        if step.get("uses", "").startswith("actions/upload-artifact@")
    ]
    assert len(uploads) == len(set(uploads)) >= 120
    assert [name for name in uploads if re.search(r'[":<>|*?\r\n\\/]', name) or len(name) > 255] == []


def test_cache_keys_are_short_and_hold_no_comma_whatever_the_names() -> None:
    for name in ("a,b", "x" * 300, "é" * 80, "a b"):
        key = cache_key(name, "j" * LONGEST_JOB, "sha256:" + "f" * 64)
        assert len(key) <= LONGEST_KEY
        assert re.fullmatch(r"[A-Za-z0-9_.-]+", key)


def test_what_the_first_job_hands_to_the_others_stays_far_below_what_an_output_holds() -> None:
    # an output has at most 1 MB, counted as UTF-16; a workflow has at most MOST_JOBS jobs
    jobs = {f"{number:03d}{'j' * (LONGEST_JOB - 3)}": "" for number in range(MOST_JOBS)}
    keys = {name: cache_key("p" * 100, name, "sha256:" + "f" * 64) for name in jobs}
    handed = json.dumps(list(jobs)) + json.dumps(keys)
    assert 2 * len(handed) < 200_000


def test_a_report_is_cut_to_what_a_comment_and_a_summary_hold() -> None:
    sections = [
        Section(title="verdict", text="**pass**\n", shed=0),
        *(Section(title=f"s{number}", text="x" * 50_000, shed=number) for number in range(1, 40)),
    ]
    for limit in (LIMIT, SHORT_LIMIT, SUMMARY_LIMIT):
        text = assembled(sections, limit)
        assert text.startswith("**pass**\n")
        assert len(text.encode()) <= limit
    assert LIMIT < 65_536
    assert SUMMARY_LIMIT < 1_048_576


def test_all_that_stands_in_the_way_is_said_at_once() -> None:
    nodes = [node(f"n{number}", of="work") for number in range(MOST_JOBS + 1)]
    made = plan(nodes, stage("work", env=("TOKEN", "GITHUB_SHA")), schedule="* * * * *")
    with pytest.raises(CannotEmit) as refused_by:
        emit(made, jobs="each")
    problems = refused_by.value.problems
    assert sorted(each.code for each in problems) == ["SL804", "SL805", "SL806", "SL807"]
    assert {each.subject for each in problems} == {"work", "made"}
