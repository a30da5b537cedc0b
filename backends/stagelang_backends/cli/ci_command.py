"""Do what the jobs of an emitted workflow do: find out what must run, carry out a job's nodes, judge the whole. It needs no GitHub."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from stagelang_backends.cli.main import FINDINGS, USAGE, UsageError

if TYPE_CHECKING:
    from stagelang_backends.cli.git import Repository
    from stagelang_backends.github_actions.run_plan import RunPlan
    from stagelang_backends.github_actions.surroundings import Surroundings
    from stagelang_compiler.plan import Plan


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare what the command takes."""
    parts = parser.add_subparsers(dest="part", required=True, metavar="PART")
    plan = parts.add_parser("plan", help="compile, and find out which jobs must run", allow_abbrev=False)
    plan.add_argument("spec", type=Path, metavar="PIPELINE.py", help="the pipeline's file")
    plan.add_argument(
        "--pipeline", default="", metavar="NAME", help="its name, where the file declares several"
    )
    run = parts.add_parser("run", help="carry out a job's nodes", allow_abbrev=False)
    run.add_argument("job", metavar="JOB", help="the job's id in the workflow")
    run.add_argument(
        "nodes", nargs="*", metavar="NODE", help="its nodes (default: those that the workflow names)"
    )
    report = parts.add_parser("report", help="judge what the jobs came to", allow_abbrev=False)
    report.add_argument(
        "--pipeline",
        default="",
        metavar="NAME",
        help="the pipeline's name, for where nothing could be planned",
    )
    for part in (plan, run, report):
        part.add_argument(
            "--out",
            type=Path,
            default=Path("sl-out"),
            metavar="FOLDER",
            help="where jobs leave what they hand over (default: sl-out)",
        )


def carry_out(arguments: argparse.Namespace) -> int:
    """Do one part."""
    from stagelang_compiler.plan_codec import PlanError
    from stagelang_runtime.store import StoreError

    out: Path = arguments.out.absolute()
    try:
        match arguments.part:
            case "plan":
                return _plan(arguments, out)
            case "run":
                return _run(arguments, out)
            case _:
                return _report(out, arguments.pipeline)
    except (StoreError, PlanError, OSError) as error:
        print(f"error: {error}", file=sys.stderr)
        return USAGE


def _plan(arguments: argparse.Namespace, out: Path) -> int:
    from attrs import evolve

    from stagelang_backends.github_actions.surroundings import surroundings
    from stagelang_compiler.plan_codec import dumps

    around = surroundings(os.environ)
    out.mkdir(parents=True, exist_ok=True)
    plan, waived = _checked(arguments, out, around)
    if plan is None:
        return FINDINGS
    text = dumps(plan)
    (out / "plan.json").write_text(text, encoding="utf-8", newline="\n")
    run = _planned(arguments.spec, plan, text, around)
    if run is None:
        return FINDINGS
    run = evolve(run, waived=waived, no_base=_keep_base(arguments, plan, out, around))
    run.write(out)
    _tell(run, around)
    return 0


def _keep_base(arguments: argparse.Namespace, plan: Plan, out: Path, around: Surroundings) -> str:
    """Leave the plan of what a pull request is merged into, for the report to compare with; say why where it can't be had."""
    if not around.base:
        return ""
    from stagelang_backends.cli.git import Repository
    from stagelang_backends.cli.revision_plan import plan_at
    from stagelang_compiler.diff import nothing
    from stagelang_compiler.plan_codec import dumps

    try:
        repository = Repository.around(arguments.spec.absolute().parent)
        commit = repository.commit("HEAD^1" if _is_merge(repository) else around.base_commit)
        base = plan_at(repository, commit, around.base, arguments.spec, plan.name) or nothing(plan)
    except UsageError as error:
        print(f"note: what the pull request changes in the pipeline isn't shown: {error}", file=sys.stderr)
        return str(error).splitlines()[0]
    (out / "base.json").write_text(dumps(base), encoding="utf-8", newline="\n")
    return ""


def _is_merge(repository: Repository) -> bool:
    """Tell whether a pull request's trial merge is checked out, whose first parent is what it is merged into."""
    try:
        return bool(repository.commit("HEAD^2"))
    except UsageError:
        return False


def _checked(
    arguments: argparse.Namespace, out: Path, around: Surroundings
) -> tuple[Plan | None, tuple[Mapping[str, str], ...]]:
    """Compile, and leave the findings for people, for the pull request and for code scanning."""
    from stagelang_backends.cli.compiling import waived_findings
    from stagelang_backends.cli.target_findings import check_tables, target_check
    from stagelang_compiler.compiler import check_file
    from stagelang_compiler.diagnostics import Severity
    from stagelang_compiler.rendering import render

    result = check_file(
        arguments.spec,
        pipeline=arguments.pipeline,
        of_settings=check_tables,
        of_plan=(target_check(arguments.spec, ["gha"]),),
    )
    root = arguments.spec.absolute().parent
    # notes are about local runs; they say nothing to the reader of a pull request
    said = [each for each in result.diagnostics if each.rule.severity is not Severity.NOTE]
    sys.stderr.write(render(said, format="text", root=root))
    if around.run_id:
        sys.stdout.write(render(said, format="github", root=Path.cwd()))
    log = render(result.diagnostics, format="sarif", root=root)
    (out / "findings.sarif").write_text(log, encoding="utf-8", newline="\n")
    return result.plan, waived_findings(result, arguments.spec)


def _planned(spec: Path, plan: Plan, text: str, around: Surroundings) -> RunPlan | None:
    from stagelang_backends.cli.emitting import emitted, repository_of
    from stagelang_backends.github_actions import BACKEND
    from stagelang_backends.github_actions.caches import kept_keys
    from stagelang_backends.github_actions.committed import committed_jobs
    from stagelang_backends.github_actions.names import cache_prefix
    from stagelang_backends.github_actions.run_plan import RunPlan, planned
    from stagelang_backends.github_actions.settings import settings_of
    from stagelang_compiler.plan_codec import text_digest
    from stagelang_compiler.settings import read_settings
    from stagelang_runtime.execute.forecast import forecasts

    root = spec.absolute().parent
    repository = repository_of(root)
    files = emitted(BACKEND, plan, spec, repository)
    if files is None:
        return None
    ((path, wanted),) = files.items()
    file = repository / path
    there = file.read_text(encoding="utf-8") if file.is_file() else wanted
    settings = settings_of(read_settings(root)[0].targets.get(BACKEND.name, {}))
    variables = {name: text for name, text in os.environ.items() if name not in settings.secrets}
    full = os.environ.get("FULL", "") == "true"
    kept = frozenset[str]() if full else kept_keys(around, cache_prefix(plan.name))
    jobs = planned(
        plan,
        committed_jobs(there),
        forecasts(plan, root=root, variables=variables),
        kept=kept or (),
        full=full,
        withheld=settings.secrets if around.is_fork else (),
    )
    return RunPlan(
        pipeline=plan.name,
        digest=text_digest(text),
        spec=Path(os.path.relpath(spec.absolute(), repository)).as_posix(),
        folder=Path(os.path.relpath(root, repository)).as_posix(),
        workflow=path.as_posix(),
        stale=_difference(there, wanted),
        full=full,
        is_fork=around.is_fork,
        listed=None if kept is None else len(kept),
        jobs=jobs,
    )


def _difference(there: str, wanted: str) -> str:
    import difflib

    lines = difflib.unified_diff(
        there.splitlines(True), wanted.splitlines(True), "committed", "compiled", n=1
    )
    return "".join(lines)


def _tell(run: RunPlan, around: Surroundings) -> None:
    import json

    width = max(map(len, run.jobs), default=0)
    for name, job in run.jobs.items():
        print(f"{name:<{width}}  {_STATES[job.state]}")
    if run.stale:
        print(run.stale, end="", file=sys.stderr)
        print(
            f"error: {run.workflow} isn't what would be compiled now\n  help: compile again, and commit it",
            file=sys.stderr,
        )
    around.give(
        run=json.dumps(run.of_state("run")),
        keys=json.dumps({name: job.key for name, job in run.jobs.items()}),
    )


_STATES = {
    "run": "runs",
    "kept": "kept from an earlier run",
    "idle": "nothing that runs reads it",
    "blocked": "needs secrets, which a fork's pull request doesn't get",
}


def _run(arguments: argparse.Namespace, out: Path) -> int:
    from stagelang_backends.cli.emitting import repository_of
    from stagelang_backends.github_actions.carrying import carry_out_job

    run = _read(out)
    text = (out / "plan.json").read_text(encoding="utf-8")
    if arguments.job not in run.jobs:
        raise UsageError(
            f"the run has no job {arguments.job!r}\n  help: expected one of {', '.join(run.jobs)}"
        )
    nodes = arguments.nodes or run.jobs[arguments.job].nodes
    root = repository_of(Path()) / run.folder
    return carry_out_job(run, text, arguments.job, nodes, root=root, out=out)


def _report(out: Path, pipeline: str) -> int:
    from stagelang_backends.cli.emitting import repository_of
    from stagelang_backends.github_actions.concluding import conclude_nothing, conclude_run
    from stagelang_backends.github_actions.run_plan import read_run_plan
    from stagelang_backends.github_actions.surroundings import needs_of, surroundings
    from stagelang_compiler.plan_codec import loads, text_digest

    around, needs = surroundings(os.environ), needs_of(os.environ)
    run = read_run_plan(out)
    if run is None:
        return conclude_nothing(out, pipeline, needs=needs, around=around)
    text = (out / "plan.json").read_text(encoding="utf-8")
    if text_digest(text) != run.digest:
        raise UsageError(
            f"{out.name}/plan.json isn't the plan that the run was made for\n  expected: {run.digest}\n  found: {text_digest(text)}\n"
            "  help: take both files from the job 'plan' of the same run"
        )
    plan = loads(text)
    root = repository_of(Path()) / run.folder
    return conclude_run(run, plan, root=root, out=out, needs=needs, around=around)


def _read(out: Path) -> RunPlan:
    from stagelang_backends.github_actions.run_plan import read_run_plan

    run = read_run_plan(out)
    if run is None:
        raise UsageError(
            f"there is no plan of a run in {str(out)!r}\n  help: make one first, with 'stagelang ci plan'"
        )
    return run
