"""A repository on a pretended GitHub: commits, events and the runs that they start, with what outlives a run.

`Hub.run` is the harness: it carries out a workflow for one event by act, with the actions' stand-ins in `standins/`.
A run gets a fresh clone, a clean environment and its own home; caches, artifacts and comments stay with the hub.

How the jobs get stagelang: the stand-in of setup-python puts the interpreter of the tests first on PATH,
and with it a `pip` that installs nothing but refuses requirements that are missing, unpinned or without hashes;
`stagelang` is found in a job only after that `pip` was called in it.
"""

from __future__ import annotations

import os
import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import Any, final

from attrs import define, field

from tests.github.act import Errand, send
from tests.github.events import DEFAULT_BRANCH, Event
from tests.github.fake_github import FakeGitHub
from tests.github.outcomes import Job, Result, Run, lost_on_github, read_jobs
from tests.github.workflow_text import (
    NotOnGitHub,
    Workflow,
    checkout_depth,
    is_triggered,
    read_workflow,
    tolerates_failure,
)

_WHO = ("-c", "user.name=Somebody", "-c", "user.email=somebody@example.com", "-c", "commit.gpgsign=false")
_DATE = "2026-01-01T00:00:00Z"
_SAME_TIME = {**os.environ, "GIT_AUTHOR_DATE": _DATE, "GIT_COMMITTER_DATE": _DATE}


@final
@define(kw_only=True)
class Hub:
    """A repository with one workflow file, and everything that GitHub keeps for it."""

    github: FakeGitHub
    root: Path
    file: str = ".github/workflows/pipeline.yml"
    secrets: Mapping[str, str] = field(factory=dict[str, str])
    mutation: str = ""
    """The mistake that stagelang makes in the jobs: see `mutations`."""
    runs: int = 0

    @property
    def folder(self) -> Path:
        """The repository's work tree."""
        return self.root / "repository"

    @property
    def caches(self) -> Path:
        """Where the stand-ins keep caches."""
        return self.github.store / "caches"

    def commit(self, files: Mapping[str, str], *, branch: str = DEFAULT_BRANCH) -> None:
        """Write files and commit them to a branch, which starts from the current one if it is new."""
        if not (self.folder / ".git").exists():
            self.folder.mkdir(parents=True, exist_ok=True)
            self._git("init", "--quiet", f"--initial-branch={branch}")
        elif self._git("branch", "--list", branch):
            self._git("switch", "--quiet", branch)
        else:
            self._git("switch", "--quiet", "--create", branch)
        for name, text in files.items():
            file = self.folder / name
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(text)
        self._git("add", "--all")
        self._git(*_WHO, "commit", "--quiet", "--allow-empty", "--message=work")

    def run(self, event: Event, *, interrupt_at: str | None = None, attempt_of: Run | None = None) -> Run:
        """Carry out the workflow for an event, or once more for the same run, and say what it did.

        Raises:
            NotOnGitHub: GitHub would not start it, or would lose something that it says.
        """
        self.runs += 1
        scratch = self.root / f"run-{self.runs}"
        checkout, event = self._check_out(event, scratch)
        workflow = read_workflow(checkout / self.file)
        if not is_triggered(workflow, event):
            raise NotOnGitHub(f"{event.name} on {event.branch} starts no run of {self.file}")
        self._let_in(workflow, event)
        run_id = 1000 + self.runs if attempt_of is None else attempt_of.id
        errand = Errand(
            workflow=workflow,
            file=self.file,
            checkout=checkout,
            event=event,
            run_id=run_id,
            attempt=1 if attempt_of is None else 2,
            store=self.github.store,
            api=self.github.url,
            scratch=scratch,
            secrets={} if event.is_fork else self.secrets,
            interrupt_at=interrupt_at,
            mutation=self.mutation,
        )
        jobs = read_jobs(send(errand))
        for job in jobs:
            job.result = _judge(workflow, job)
        if lost := lost_on_github(jobs):
            raise NotOnGitHub(lost[0])
        return Run(id=run_id, names=tuple(workflow.jobs), jobs=jobs)

    def _check_out(self, event: Event, scratch: Path) -> tuple[Path, Event]:
        """Make what checkout makes: for a pull request its merge into the base, and no more history than is asked for."""
        whole, checkout = scratch / "whole", scratch / "checkout"
        self._git("clone", "--quiet", f"--branch={event.branch}", str(self.folder), str(whole))
        if event.name == "pull_request":
            base, head = (self._git("rev-parse", name).strip() for name in (event.branch, event.head))
            merge = ("merge", "--quiet", "--no-ff", "--message=merge", f"origin/{event.head}")
            self._git("-C", str(whole), *_WHO, *merge)
            event = event.at(base=base, head=head)
        depth = checkout_depth(read_workflow(whole / self.file))
        shallow = [f"--depth={depth}"] if depth else []
        self._git("clone", "--quiet", *shallow, f"file://{whole}", str(checkout))
        self._git("-C", str(checkout), "remote", "remove", "origin")
        return checkout, event

    def _let_in(self, workflow: Workflow, event: Event) -> None:
        self.github.may_write = not event.is_fork
        self.github.permissions = frozenset(
            f"{name}: {level}"
            for job in workflow.jobs.values()
            for name, level in _permissions(workflow, job).items()
        )
        if request := event.payload.get("pull_request"):
            self.github.pulls[request["number"]] = request

    def _git(self, *words: str) -> str:
        done = subprocess.run(
            ["git", *words], cwd=self.folder, capture_output=True, text=True, check=False, env=_SAME_TIME
        )
        assert done.returncode == 0, done.stderr
        return done.stdout


def _permissions(workflow: Workflow, job: Mapping[str, Any]) -> dict[str, str]:
    found: dict[str, str] = job.get("permissions", workflow.tree.get("permissions", {}))
    return found


def _judge(workflow: Workflow, job: Job) -> Result:
    # act calls every later shard of a matrix failed once one has failed: the steps tell the truth.
    failed = [
        step
        for step in job.steps.values()
        if step.result == "failure" and not tolerates_failure(workflow, job.id, step.id)
    ]
    if any(step.was_killed for step in failed) or not job.steps:
        return "cancelled"
    if failed or (job.told == "failure" and not job.matrix):
        return "failure"
    return "success"
