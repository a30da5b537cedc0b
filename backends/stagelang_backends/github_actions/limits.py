"""GitHub's limits that a plan can break: found before anything is written, each with the node, the reason and what would help.

Sources: docs.github.com, "actions/reference/limits" and "workflow-syntax"; actions/runner for the lengths of expressions.
Nothing emitted depends on a matrix, so the limit of 256 jobs in one can't be met.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from stagelang_backends.github_actions.jobs import Job, runner_of
from stagelang_backends.github_actions.names import cache_prefix
from stagelang_backends.github_actions.settings import Runner, Settings
from stagelang_backends.protocol import Inexpressible
from stagelang_compiler.plan import Plan, Resources, Stage

LARGEST_FILE = 480_000
"""GitHub doesn't start a workflow of 512,000 bytes or more."""
LONGEST_VARIABLE = 120_000
"""Linux starts no program with a variable of 128 KiB or more, and a long job's nodes stand in one."""
LONGEST_KEY = 512
MOST_JOBS = 250
"""Beyond, a page of GitHub's lists no run's jobs any more, and the file nears its limit."""
SHORTEST_MINUTES = 5
UNMET = "SL803"
"""The rule of stages that no runner can carry out."""


def plan_problems(plan: Plan, settings: Settings) -> Iterator[Inexpressible]:
    """Find what no workflow can carry, before nodes are put into jobs."""
    stages: dict[str, None] = {}
    for node in plan.nodes:
        if node.stage and node.stage not in stages:
            stages[node.stage] = None
            stage = plan.stages[node.stage]
            yield from _variables(stage, settings)
            if stage.resources is not None and runner_of(plan, node, settings) is None:
                yield _too_large(stage, stage.resources, settings.runners)
    yield from _schedule(plan)


def job_problems(plan: Plan, jobs: Sequence[Job]) -> Iterator[Inexpressible]:
    """Find jobs that are too many or hold too much."""
    if len(jobs) > MOST_JOBS:
        yield Inexpressible(
            code="SL807",
            subject=plan.name,
            message=f"{len(jobs)} jobs are more than a workflow can hold: expected at most {MOST_JOBS}",
            help="set jobs = 'auto' in [tool.stagelang.gha], or fewer kinds of runners and secrets",
            origin=plan.origin,
        )
    for job in jobs:
        count = sum(len(name) + 1 for name in job.nodes)
        if count > LONGEST_VARIABLE:
            yield Inexpressible(
                code="SL808",
                subject=job.nodes[0],
                message=f"job {job.id!r} carries out {len(job.nodes)} nodes, whose names take {count:,} characters: "
                f"expected at most {LONGEST_VARIABLE:,}",
                help="set jobs = 'auto' in [tool.stagelang.gha], or shorten the names",
                origin=plan.node(job.nodes[0]).origin,
            )
        longest = len(cache_prefix(plan.name, job.id)) + 40
        assert longest <= LONGEST_KEY, "names that go into cache keys are shortened"


def file_problems(plan: Plan, text: str, jobs: Sequence[Job]) -> Iterator[Inexpressible]:
    """Find a workflow that GitHub wouldn't start."""
    count = len(text.encode())
    if count > LARGEST_FILE:
        yield Inexpressible(
            code="SL809",
            subject=plan.name,
            message=f"the workflow takes {count:,} bytes for {len(plan.nodes):,} nodes in {len(jobs)} jobs: "
            f"expected at most {LARGEST_FILE:,}, since GitHub starts none of more than 500 KB",
            help="set jobs = 'auto' in [tool.stagelang.gha], or shorten the names, or divide the pipeline",
            origin=plan.origin,
        )


def _variables(stage: Stage, settings: Settings) -> Iterator[Inexpressible]:
    for name in stage.env:
        if name.startswith("GITHUB_"):
            yield Inexpressible(
                code="SL805",
                subject=stage.name,
                message=f"stage {stage.name!r} declares the variable {name!r}, whose name GitHub keeps for itself",
                help="give the variable another name",
                origin=stage.origin,
            )
        elif name not in settings.secrets and name not in settings.variables:
            yield Inexpressible(
                code="SL804",
                subject=stage.name,
                message=f"stage {stage.name!r} declares the variable {name!r}, and nothing says where GitHub has it from",
                help=f"add it to [tool.stagelang.gha] of pyproject.toml: secrets = [{name!r}] or variables = [{name!r}]",
                origin=stage.origin,
            )


def _too_large(stage: Stage, need: Resources, runners: Sequence[Runner]) -> Inexpressible:
    wanted = [f"{need.cpus} cpus"] if need.cpus > 1 else []
    wanted += [f"{need.memory_bytes / 1e9:g} GB"] if need.memory_bytes else []
    wanted += [f"{need.gpus} gpus"] if need.gpus else []
    wanted += [f"{need.time_seconds / 60:g} min"] if need.time_seconds else []
    there = "; ".join(
        f"{', '.join(each.labels)}: {each.cpus} cpus, {each.memory_bytes / 1e9:g} GB, {each.gpus} gpus, {each.minutes} min"
        for each in runners
    )
    return Inexpressible(
        code=UNMET,
        subject=stage.name,
        message=f"stage {stage.name!r} needs {', '.join(wanted)}, and no runner has that ({there})",
        help="add one to runners in [tool.stagelang.gha] of pyproject.toml: { labels = ['...'], cpus = 8, memory = '32GB', gpus = 1 }",
        origin=stage.origin,
    )


def _schedule(plan: Plan) -> Iterator[Inexpressible]:
    if not plan.schedule:
        return
    minutes = _minutes(plan.schedule.split()[0])
    gaps = [after - before for before, after in zip(minutes, [*minutes[1:], minutes[0] + 60], strict=True)]
    if min(gaps) < SHORTEST_MINUTES:
        yield Inexpressible(
            code="SL806",
            subject=plan.name,
            message=f"schedule {plan.schedule!r} is due every {min(gaps)} minutes: "
            f"GitHub starts a workflow every {SHORTEST_MINUTES} minutes at most",
            help=f"write '*/{SHORTEST_MINUTES}' for the minute, or an hour between two runs",
            origin=plan.origin,
        )


def _minutes(field: str) -> list[int]:
    """Give the minutes of an hour that a cron field means (POSIX crontab, with steps)."""
    found: set[int] = set()
    for item in field.split(","):
        span, _, step = item.partition("/")
        first, _, last = span.partition("-")
        low = 0 if span == "*" else int(first)
        high = 59 if span == "*" or (step and not last) else int(last or first)
        found |= set(range(low, high + 1, int(step or 1)))
    return sorted(found)
