"""Puts the jobs' results together as one run, judges it, and says what it came to wherever somebody may look."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path, PurePosixPath
from typing import Any

from attrs import evolve

from stagelang.origin import Origin
from stagelang_backends.github_actions.annotations import Remark, commands, sarif
from stagelang_backends.github_actions.carrying import USAGE, Bench, take_over
from stagelang_backends.github_actions.comparing import keep_metrics, review_of
from stagelang_backends.github_actions.run_plan import RunPlan
from stagelang_backends.github_actions.run_words import run_sections
from stagelang_backends.github_actions.surroundings import Surroundings
from stagelang_backends.github_actions.together import together, without_base
from stagelang_backends.github_actions.workflow import marker
from stagelang_backends.lineage.picture import svg_of
from stagelang_backends.review.breaking import where
from stagelang_backends.review.escaping import code
from stagelang_backends.review.gathered import Review
from stagelang_backends.review.markdown import LIMIT, Section, assembled, review_sections
from stagelang_compiler.plan import Plan
from stagelang_runtime.execute.noted import noted_result
from stagelang_runtime.execute.results import RunResult
from stagelang_runtime.judge import Outcomes, judge
from stagelang_runtime.location import locate_store
from stagelang_runtime.pack import Packed
from stagelang_runtime.report import report_html
from stagelang_runtime.revision import revision
from stagelang_runtime.session import (
    exit_code,
    is_own_code,
    keep_outcome,
    print_beyond,
    print_outcomes,
    read_outcome,
    summary_line,
)

_LONGEST = 600
SUMMARY_LIMIT, SHORT_LIMIT = 900_000, 20_000
"""A step's summary may have 1 MiB; the shorter comment is for a GitHub that finds the longer one too long."""
FINDINGS = 1


def conclude_run(
    run: RunPlan, plan: Plan, *, root: Path, out: Path, needs: Mapping[str, str], around: Surroundings
) -> int:
    """Judge what the jobs handed over, write the report, and give the exit code: 0 only where nothing is against it.

    Args:
        run: what the run set out to do.
        plan: the plan.
        root: the pipeline's folder.
        out: the folder for what is handed over.
        needs: how each job ended, as far as that is told.
        around: where the run takes place.

    Raises:
        StoreError, OSError: the folder can't be used.
    """
    if not is_own_code(plan, root):
        return USAGE
    bench = Bench.at(out)
    packs = take_over(bench, run)
    result = _with_states(noted_result(plan, bench.notes, elsewhere=True), run, packs)
    outcomes = judge(plan, result, root=root, store=bench.store)
    keep_outcome(bench.store.root, plan, run.digest, result, outcomes, revision(root))
    record = read_outcome(bench.store.root, plan.name) or {}
    review = review_of(bench, plan, result, root=root, base=around.base or "base")
    problems = [*_problems(run, needs, around), *_breaking(review)]
    remarks = [*_remarks(run, plan, result, outcomes), *_breaking_remarks(run, review)]
    sections = run_sections(run, plan, result, outcomes, problems=problems, record=record)
    change = review_sections(review) if review else (without_base(run.no_base),) if run.no_base else ()
    write_report(out, together(sections, change), pipeline=plan.name, around=around)
    _write_page(out, plan, run, record)
    (out / "outcome.json").write_text(json.dumps(record, ensure_ascii=False), encoding="utf-8")
    (out / "report.sarif").write_text(sarif(out / "findings.sarif", run.folder, remarks), encoding="utf-8")
    around.give(sarif="true", kept="true" if not around.base and keep_metrics(bench, plan) else "")
    print_outcomes(plan.name, outcomes, summary_line(result), sys.stdout)
    print_beyond(record, sys.stdout)
    for problem in problems:
        print(f"error: {problem}", file=sys.stderr)
    if around.run_id:
        print("\n".join(commands(remarks)))
    return exit_code(result, outcomes) or (FINDINGS if problems else 0)


def conclude_nothing(out: Path, pipeline: str, *, needs: Mapping[str, str], around: Surroundings) -> int:
    """Say that there is no plan to judge: its job failed, and has told why. Raises OSError."""
    ended = needs.get("plan", "failure")
    text = f"**✗ error** there is no plan, so nothing ran and nothing was judged: the job {code('plan')} ended as {code(ended)}\n"
    out.mkdir(parents=True, exist_ok=True)
    write_report(out, [Section(title="verdict", text=text, shed=0)], pipeline=pipeline, around=around)
    print(
        f"error: there is no plan: the job 'plan' ended as {ended!r}\n  help: see what it says",
        file=sys.stderr,
    )
    return FINDINGS


def write_report(
    out: Path,
    sections: Sequence[Section],
    *,
    pipeline: str,
    around: Surroundings,
) -> None:
    """Write the comment, a shorter one, and the summary. Raises OSError.

    Args:
        out: the folder for them.
        sections: what the run came to, and what is changed, in the order of a reader's questions.
        pipeline: its name.
        around: where the run takes place.
    """
    body = [*sections, Section(title="footer", text=_footer(around), shed=0)]
    head = f"{marker(pipeline)}\n"
    for name, limit in (("comment.md", LIMIT), ("comment-short.md", SHORT_LIMIT)):
        text = head + assembled(body, limit - len(head))
        (out / name).write_text(text, encoding="utf-8", newline="\n")
    summary = assembled(body, SUMMARY_LIMIT)
    (out / "summary.md").write_text(summary, encoding="utf-8", newline="\n")
    around.summarise(summary)


def _footer(around: Surroundings) -> str:
    if not around.run_url:
        return "---\nby stagelang\n"
    of_commit = f" of {code(around.commit[:12])}" if around.commit else ""
    return f"---\n[run {around.run_id}]({around.run_url}){of_commit}, by stagelang\n"


def _with_states(result: RunResult, run: RunPlan, packs: Mapping[str, Packed]) -> RunResult:
    """Tell nodes that ran in this run from those whose results are kept."""
    ran = {name for job in run.of_state("run") if job in packs for name in packs[job].ran}
    nodes = {
        name: evolve(node, state="ran") if name in ran and node.state == "hit" else node
        for name, node in result.nodes.items()
    }
    return evolve(result, nodes=nodes, seconds=sum(nodes[name].seconds for name in ran if name in nodes))


def _problems(run: RunPlan, needs: Mapping[str, str], around: Surroundings) -> Iterator[str]:
    if run.stale:
        command = code(f"stagelang compile {run.spec} --target gha")
        yield f"{code(run.workflow)} isn't what would be compiled now: run {command} and commit it"
    for job, ended in needs.items():
        if ended not in ("success", "skipped"):
            yield f"job {code(job)} ended as {ended}"
        elif ended == "skipped" and job in run.jobs and run.jobs[job].state == "run":
            yield f"job {code(job)} was to run, and did not start"
    untold = [job for job in run.jobs if needs and job not in needs]
    if untold:
        yield f"nobody said how these jobs ended: {', '.join(map(code, untold))}"
    blocked = run.of_state("blocked")
    if blocked:
        yield f"not run, since a fork's pull request gets no secrets: {', '.join(map(code, blocked))}"


def _breaking(review: Review | None) -> Iterator[str]:
    for each in review.findings if review else ():
        if each.rule.severity.value == "error" and not each.waived_by:
            yield f"{each.rule.code} {code(each.message, _LONGEST)}: {code(each.help, _LONGEST)}"


def _breaking_remarks(run: RunPlan, review: Review | None) -> Iterator[Remark]:
    for each in review.findings if review else ():
        if each.waived_by:
            continue
        lines = [each.message]
        lines += [f"{place.text}: {where(place)}" for place in each.places[1:]]
        lines += [f"{word}: {text}" for word, text in each.remarks()]
        found = _remark(run, each.rule.code, each.subject, "\n".join(lines), each.places[0].origin)
        yield evolve(found, level="error" if each.rule.severity.value == "error" else "warning")


def _remarks(run: RunPlan, plan: Plan, result: RunResult, outcomes: Outcomes) -> Iterator[Remark]:
    if run.stale:
        text = "it isn't what would be compiled now: compile again, and commit it"
        yield Remark(kind="workflow", subject=run.pipeline, text=text, file=run.workflow, line=1)
    gates = {gate.name: gate.origin for gate in plan.gates}
    for node in result.of_state("failed"):
        if node.failure is not None:
            help_ = f"\nhelp: {node.failure.help}" if node.failure.help else ""
            yield _remark(
                run, "failure", node.node, node.failure.message + help_, plan.node(node.node).origin
            )
    for gate in outcomes.gates:
        if gate.verdict != "pass":
            origin = gates.get(gate.name) or _origin_of(plan, gate.subject)
            text = f"{gate.verdict.replace('_', ' ')}: {gate.reason}"
            yield _remark(run, "gate", gate.name, text, origin)


def _origin_of(plan: Plan, subject: str) -> Origin:
    node = plan.by_name.get(subject)
    return node.origin if node is not None else plan.origin


def _remark(run: RunPlan, kind: str, subject: str, text: str, origin: Origin) -> Remark:
    file = (PurePosixPath(run.folder) / origin.file).as_posix()
    return Remark(kind=kind, subject=subject, text=text, file=file, line=origin.line)


def _write_page(out: Path, plan: Plan, run: RunPlan, record: Mapping[str, Any]) -> None:
    page = report_html(
        plan,
        record,
        digest=run.digest,
        location=locate_store(out / "work" / "store", out / "work"),
        lineage_svg=svg_of(plan, outcome=record),
        waived=run.waived,
    )
    (out / "report.html").write_text(page, encoding="utf-8", newline="\n")
