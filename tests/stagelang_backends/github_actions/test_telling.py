"""What a run is told by GitHub, and what it tells: caches, outputs, annotations, SARIF, the comment and its limits."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, Self
from unittest.mock import patch

import jsonschema
import pytest

from stagelang_backends.github_actions import caches
from stagelang_backends.github_actions.annotations import Remark, commands, sarif
from stagelang_backends.github_actions.caches import kept_keys
from stagelang_backends.github_actions.concluding import write_report
from stagelang_backends.github_actions.run_plan import RunPlan
from stagelang_backends.github_actions.run_words import run_sections
from stagelang_backends.github_actions.surroundings import Surroundings, needs_of, surroundings
from stagelang_backends.review.markdown import LIMIT, Section
from stagelang_runtime.execute.failure import Failure, Frame
from stagelang_runtime.execute.results import NodeResult, Reason, RunResult
from stagelang_runtime.judge.outcomes import GateOutcome, Outcomes
from tests.stagelang_backends.github_actions.plans import random_plan

HERE = Surroundings(
    repository="octo/pipeline",
    api="http://127.0.0.1:9",
    server="https://github.com",
    token="hush",
    ref="refs/pull/7/merge",
    base="main",
    default_branch="main",
    run_id="12",
)


def test_a_fork_s_pull_request_is_known_by_its_head_even_if_that_is_gone(tmp_path: Path) -> None:
    event = tmp_path / "event.json"
    variables = {"GITHUB_EVENT_PATH": str(event), "GITHUB_REPOSITORY": "octo/pipeline"}
    for repo, is_fork in (
        ({"full_name": "octo/pipeline"}, False),
        ({"full_name": "a/b"}, True),
        (None, True),
    ):
        event.write_text(json.dumps({"pull_request": {"head": {"sha": "a" * 40, "repo": repo}}}))
        assert surroundings(variables).is_fork is is_fork
    event.write_text("{}")
    assert not surroundings(variables).is_fork
    assert not surroundings({}).is_fork


def test_a_run_may_read_caches_of_its_own_ref_its_base_and_the_default_branch() -> None:
    assert HERE.refs == {"refs/pull/7/merge", "refs/heads/main"}
    assert Surroundings().refs == frozenset()


def test_all_pages_are_read_and_other_branches_left_out() -> None:
    own = [{"key": f"sl1-a.{number}", "ref": "refs/heads/main"} for number in range(150)]
    rows = [
        *own,
        {"key": "sl1-b.1", "ref": "refs/heads/topic"},
        {"key": "sl1-c.1", "ref": "refs/pull/7/merge"},
    ]

    def page(_: Surroundings, prefix: str, number: int) -> list[dict[str, Any]]:
        assert prefix == "sl1-"
        return rows[(number - 1) * 100 : number * 100]

    with patch.object(caches, "_page", page):
        assert set(kept_keys(HERE, "sl1-") or ()) == {*(row["key"] for row in own), "sl1-c.1"}


def test_where_github_does_not_answer_nothing_is_known(capsys: pytest.CaptureFixture[str]) -> None:
    assert kept_keys(HERE, "sl1-") is None
    assert capsys.readouterr().err.startswith(
        "warning: which results are kept can't be learnt, so all nodes run: "
    )
    assert kept_keys(Surroundings(), "sl1-") is None
    assert capsys.readouterr().err == ""


@pytest.mark.parametrize("answer", [{}, {"actions_caches": 3}, {"actions_caches": [{"key": 1}]}, []])
def test_an_answer_that_is_none_is_no_knowledge(answer: object, capsys: pytest.CaptureFixture[str]) -> None:
    class Answered:
        def __enter__(self) -> Self:
            return self

        def __exit__(self, *_: object) -> None:
            pass

        def read(self) -> bytes:
            return json.dumps(answer).encode()

    def opened(*_: object, **__: object) -> Answered:
        return Answered()

    with patch("urllib.request.urlopen", opened):
        assert kept_keys(HERE, "sl1-") is None
    assert "can't be learnt" in capsys.readouterr().err


def test_how_jobs_ended_is_read_as_github_tells_it() -> None:
    told = '{"plan": {"result": "success", "outputs": {"run": "[]"}}, "fit": {"result": "skipped", "outputs": {}}}'
    assert needs_of({"NEEDS": told}) == {"plan": "success", "fit": "skipped"}
    for nothing in ({}, {"NEEDS": ""}):
        assert needs_of(nothing) == {}
    for unreadable in ({"NEEDS": "["}, {"NEEDS": '{"a": 1}'}, {"NEEDS": "[]"}):
        assert needs_of(unreadable) == {"plan": "unknown"}, "which is no success"


def test_outputs_are_one_line_each(tmp_path: Path) -> None:
    around = Surroundings(output=tmp_path / "output")
    around.give(run='["a"]', keys="{}")
    assert (tmp_path / "output").read_text() == 'run=["a"]\nkeys={}\n'


def _remark(number: int, text: str = "it is so") -> Remark:
    return Remark(kind="gate", subject=f"gate {number}", text=text, file="models/pipeline.py", line=3)


def test_ten_annotations_are_shown_the_last_of_which_counts_the_rest() -> None:
    assert commands([_remark(1)]) == ["::error file=models/pipeline.py,line=3,title=gate%3A gate 1::it is so"]
    said = commands([_remark(number) for number in range(25)])
    assert len(said) == 10
    assert said[-1] == "::error title=stagelang::16 more: see the summary of the run"


def test_no_text_leaves_its_annotation() -> None:
    (said,) = commands([_remark(1, "50 %\n::stop-commands::x\r,:")])
    assert said.endswith("::50 %25%0A::stop-commands::x%0D,:")
    (said,) = commands([_remark(1, "x" * 5000)])
    assert len(said.partition("gate 1::")[2]) == 4096


def test_findings_and_remarks_are_one_sarif_run_that_the_schema_takes(tmp_path: Path) -> None:
    schemas = Path(__file__).parents[2] / "schemas" / "sarif"
    schema = json.loads((schemas / "sarif-2.1.0-rtm.5.json").read_text())
    log = json.loads(sarif(tmp_path / "none.sarif", "models", [_remark(1), _remark(2)]))
    jsonschema.validate(log, schema)
    (run,) = log["runs"]
    assert [result["ruleIndex"] for result in run["results"]] == [0, 0]
    marks = {result["partialFingerprints"]["primaryLocationLineHash"] for result in run["results"]}
    assert len(marks) == 2


def test_a_finding_s_file_is_named_from_the_repository_s_root(tmp_path: Path) -> None:
    from stagelang_compiler.compiler import check_file
    from stagelang_compiler.rendering import render

    spec = tmp_path / "pipeline.py"
    spec.write_text("from stagelang import Pipeline\n\npipeline = Pipeline('a b', seed=1)\n")
    findings = check_file(spec).diagnostics
    (tmp_path / "findings.sarif").write_text(render(findings, format="sarif", root=tmp_path))
    log = json.loads(sarif(tmp_path / "findings.sarif", "my models", [_remark(1)]))
    places = {
        result["locations"][0]["physicalLocation"]["artifactLocation"]["uri"]
        for result in log["runs"][0]["results"]
    }
    assert places == {"my%20models/pipeline.py", "models/pipeline.py"}


RUN = RunPlan(
    pipeline="made", digest="", spec="pipeline.py", folder=".", workflow=".github/workflows/made.yml", jobs={}
)


def _sections(count: int, failure: str, gates: int = 0) -> tuple[Section, ...]:
    plan = random_plan(count)
    frames = (Frame(file="pipeline.py", line=3, function="fit", text="raise"),)
    nodes = {
        node.name: NodeResult(
            node=node.name,
            state="ran",
            receipt={"seconds": 1.0, "outputs": []},
            reason=Reason(component="", text="it | `had`"),
        )
        for node in plan.nodes
    }
    last = plan.nodes[-1].name
    told = Failure(kind="exception", message=failure, frames=frames)
    nodes[last] = NodeResult(node=last, state="failed", failure=told)
    outcomes = Outcomes(
        metrics=(),
        gates=tuple(
            GateOutcome(name=f"gate {n}", subject="x", kind="metric", verdict="fail", reason="a | b")
            for n in range(gates)
        ),
        finished=False,
    )
    result = RunResult(plan_name="made", nodes=nodes, seconds=1.0)
    return run_sections(
        RUN, plan, result, outcomes, problems=["job `x` ended as failure"], record={"outcomes": {"gates": []}}
    )


def test_a_report_says_the_verdict_first_and_what_failed_next() -> None:
    verdict, failures, why, picture = _sections(3, "no | <b>rows</b> `at all` @octo")
    assert verdict.text == (
        "**✗ error** `made`: 2 ran, 1 failed, 2.0 s of work\n\n- job `x` ended as failure\n"
    )
    assert failures.text == (
        "### ✗ `part-2/node_2` failed\n\n``no | <b>rows</b> `at all` @octo``\n\n- `pipeline.py:3 in fit: raise`\n"
    )
    assert why.text.startswith("### Why nodes ran\n\n- `part-0/node_0`: `` it | `had` ``, 1.0 s\n")
    assert "✗ failed" in picture.text


def test_a_table_s_cells_stay_cells() -> None:
    gates = next(section.text for section in _sections(3, "x", gates=1) if section.title == "gates")
    assert gates.splitlines()[2] == "| `gate 0` | ✗\N{NO-BREAK SPACE}fail | `a \\| b` |"
    gates = next(section.text for section in _sections(3, "x", gates=70) if section.title == "gates")
    assert gates.splitlines()[-1] == "| and 10 more | | |"


@pytest.mark.parametrize("gates", [1, 200, 2000])
def test_a_comment_fits_and_loses_whole_sections_only(gates: int, tmp_path: Path) -> None:
    sections = _sections(300, "x" * 10_000, gates)
    write_report(tmp_path, sections, pipeline="made", around=HERE)
    comment, short = (tmp_path / name for name in ("comment.md", "comment-short.md"))
    summary = (tmp_path / "summary.md").read_text()
    for file, limit in ((comment, LIMIT), (short, 20_000)):
        text = file.read_text()
        assert len(text) <= limit
        assert text.startswith("<!-- stagelang:made -->\n**✗ error** `made`: 299 ran, 1 failed")
        assert text.rstrip().endswith(", by stagelang")
        assert text.count("```") % 2 == 0
        assert text.count("<details>") == text.count("</details>")
        for section in sections:
            assert section.text in text or section.title in text.rpartition("_Left out")[2]
    assert all(section.text in summary for section in sections)
