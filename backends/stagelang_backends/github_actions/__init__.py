"""The GitHub Actions target: a workflow whose jobs follow the pipeline, in which unchanged stages start no runner."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import PurePosixPath
from typing import Any, final

import attrs
from attrs import frozen

from stagelang_backends.github_actions import workflow
from stagelang_backends.github_actions.actions import ACTIONS_LOCK, pins, used_pins
from stagelang_backends.github_actions.committed import committed_jobs
from stagelang_backends.github_actions.jobs import jobs_of
from stagelang_backends.github_actions.limits import UNMET, file_problems, job_problems, plan_problems
from stagelang_backends.github_actions.names import workflow_path
from stagelang_backends.github_actions.settings import settings_of
from stagelang_backends.github_actions.steps import Ground
from stagelang_backends.protocol import CannotEmit, EmitOptions
from stagelang_compiler.plan import Plan


@final
@frozen
class GitHubActionsBackend:
    """Emits `.github/workflows/PIPELINE.yml`, which is committed; the plan itself is compiled again by its first job."""

    name: str = "gha"
    summary: str = "a GitHub Actions workflow that runs what changed, and comments on pull requests"

    def emit(self, plan: Plan, options: EmitOptions) -> Mapping[PurePosixPath, str]:
        """Give the workflow; paths in it are seen from the repository's root."""
        settings = settings_of(options.settings)
        problems = [*plan_problems(plan, settings)]
        if any(each.code == UNMET for each in problems):
            raise CannotEmit(problems)  # of what no runner carries out no jobs can be made
        path = workflow_path(plan.name)
        there = options.there(path) or ""
        # Times differ from machine to machine: they are read where jobs are made, and never where a file is compared.
        committed = committed_jobs("" if options.anew else there)
        jobs = jobs_of(plan, settings, committed, {} if committed else options.seconds())
        used = pins(settings.actions, there)
        ground = Ground(plan=plan, settings=settings, pins=used, folder=options.in_repository)
        problems += job_problems(plan, jobs)
        if problems:
            raise CannotEmit(problems)
        text = workflow.workflow_text(ground, jobs)
        problems = [*file_problems(plan, text, jobs)]
        if problems:
            raise CannotEmit(problems)
        return {path: text}

    def settings(self, table: Mapping[str, Any]) -> Mapping[str, Any]:
        """Give what holds of `[tool.stagelang.gha]`. Raises WrongSettings."""
        return attrs.asdict(settings_of(table))

    def is_as_written(self, text: str) -> bool:
        """Tell whether a file is what was emitted once, or was edited since, or is somebody's own."""
        return workflow.is_as_written(text)

    def notes(self, text: str, options: EmitOptions) -> Iterator[str]:
        """Say that the jobs install from a file that isn't there, or that a lock of actions names others."""
        settings = settings_of(options.settings)
        if not settings.install and options.there(PurePosixPath(settings.lock)) is None:
            yield f"the jobs install from {settings.lock!r}, which isn't there yet: make it with hashes, and commit it"
        locked = options.there(ACTIONS_LOCK)
        if locked is not None and any(pin not in locked for pin in used_pins(text)):
            yield f"{ACTIONS_LOCK.as_posix()} doesn't name all actions that are used: renew it with 'gh actions-lock', and commit it"


BACKEND = GitHubActionsBackend()
