"""What one run of a workflow did, read from what act prints as JSON lines."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable
from typing import Any, Literal, final

from attrs import define, field, frozen

Result = Literal["success", "failure", "skipped", "cancelled"]
WORST_FIRST: tuple[Result, ...] = ("failure", "cancelled", "success")

MOST_ANNOTATIONS_OF_A_STEP = 10
LONGEST_SUMMARY = 1024 * 1024


@final
@frozen(kw_only=True)
class Annotation:
    """A remark that GitHub shows at a line of a file, or at the run."""

    level: str
    message: str
    about: dict[str, str]


@final
@define(kw_only=True)
class Step:
    """A step of a job: its number or id, and what it did."""

    id: str
    name: str
    result: Result = "skipped"
    log: str = ""
    summary: str = ""
    was_killed: bool = False
    outputs: dict[str, str] = field(factory=dict[str, str])
    annotations: list[Annotation] = field(factory=list[Annotation])


@final
@define(kw_only=True)
class Job:
    """A job, or one of a matrix, that was started."""

    id: str
    matrix: dict[str, Any]
    told: str = ""
    """What act says of it, which is wrong for a matrix after a failure."""
    steps: dict[str, Step] = field(factory=dict[str, Step])
    result: Result = "cancelled"

    @property
    def log(self) -> str:
        return "".join(step.log for step in self.steps.values())

    @property
    def summary(self) -> str:
        return "".join(step.summary for step in self.steps.values())

    @property
    def annotations(self) -> list[Annotation]:
        return [one for step in self.steps.values() for one in step.annotations]


@final
@frozen(kw_only=True)
class Run:
    """A finished run."""

    id: int
    names: tuple[str, ...]
    """All jobs of the file."""
    jobs: tuple[Job, ...]
    """The jobs that were not skipped, shards one by one."""

    def started(self) -> set[str]:
        """Give the ids of the jobs that a runner was started for."""
        return {job.id for job in self.jobs if job.steps}

    def job(self, name: str) -> Job:
        """Give the only job of an id."""
        found = [job for job in self.jobs if job.id == name]
        assert len(found) == 1, f"{len(found)} jobs {name!r} were started, of {sorted(self.started())}"
        return found[0]

    def result(self, name: str) -> Result:
        """Give what became of all jobs of an id together."""
        assert name in self.names, f"there is no job {name!r}, of {self.names}"
        found: set[Result] = {job.result for job in self.jobs if job.id == name}
        for result in WORST_FIRST:
            if result in found:
                return result
        return "skipped"

    def results(self) -> dict[str, Result]:
        """Give what became of every job of the file."""
        return {name: self.result(name) for name in self.names}

    def may_merge(self, check: str) -> bool:
        """Say what branch protection says of a required check: a skipped one counts as passed, a cancelled one doesn't."""
        return self.result(check) in ("success", "skipped")

    @property
    def log(self) -> str:
        return "".join(f"[{job.id} {job.matrix or ''}]\n{job.log}" for job in self.jobs)


def read_jobs(lines: Iterable[str]) -> tuple[Job, ...]:
    """Read act's JSON lines; results are left to `judge`."""
    jobs: dict[tuple[str, str], Job] = {}
    for line in lines:
        told: dict[str, Any] = json.loads(line)
        if "Skipping unsupported platform" in told["msg"]:
            raise AssertionError(f"act skipped the job {told['jobID']!r}: no runner has its label")
        if "jobID" not in told:
            continue
        matrix: dict[str, Any] = told.get("matrix") or {}
        at = (told["jobID"], json.dumps(matrix, sort_keys=True))
        job = jobs.setdefault(at, Job(id=told["jobID"], matrix=matrix))
        job.told = told.get("jobResult", job.told)
        if "stepID" in told and told["stage"] == "Main":  # composite actions have no other stage of their own
            _read_step(job, told)
    return tuple(jobs.values())


def _read_step(job: Job, told: dict[str, Any]) -> None:
    first: str = told["stepID"][0]
    step = job.steps.setdefault(first, Step(id=first, name=told["step"]))
    is_whole = len(told["stepID"]) == 1
    if told.get("raw_output"):
        step.log += told["msg"]
    if is_whole and "stepResult" in told:
        step.result = told["stepResult"]
    if told["msg"].startswith("this step has been cancelled"):
        step.was_killed = True
    match told.get("command"):
        case "summary":
            step.summary += told["content"]
        case "set-output" if is_whole:
            step.outputs[told["name"]] = told["arg"]
        case "error" | "warning" | "notice" as level:
            about: dict[str, str] = told.get("kvPairs") or {}
            step.annotations.append(Annotation(level=level, message=told["arg"], about=about))
        case _:
            pass


def lost_on_github(jobs: Iterable[Job]) -> list[str]:
    """Name what GitHub would drop of a run, and act doesn't."""
    lost: list[str] = []
    for job in jobs:
        for step in job.steps.values():
            counts = Counter(one.level for one in step.annotations)
            lost += [
                f"{job.id}: {count} {level} annotations of step {step.id}, at most 10 are kept"
                for level, count in counts.items()
                if count > MOST_ANNOTATIONS_OF_A_STEP
            ]
            if len(step.summary.encode()) > LONGEST_SUMMARY:
                lost.append(f"{job.id}: the summary of step {step.id} is larger than 1 MiB")
    return lost
