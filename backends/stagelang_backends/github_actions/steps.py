"""The steps that jobs are made of: what gets a job ready, and how results are handed from job to job and kept between runs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import PurePosixPath
from typing import Any, TypeAlias, final

from attrs import frozen

from stagelang_backends.github_actions import expressions as ex
from stagelang_backends.github_actions.actions import Pin
from stagelang_backends.github_actions.names import (
    BASE_METRICS,
    OUT,
    PLAN_ARTIFACT,
    base_prefix,
    cache_prefix,
    result_artifact,
    result_file,
)
from stagelang_backends.github_actions.settings import Settings
from stagelang_backends.github_actions.yaml_text import Said
from stagelang_compiler.plan import Plan

Step: TypeAlias = Mapping[str, Any]


@final
@frozen(kw_only=True)
class Ground:
    """What all jobs of a workflow have in common."""

    plan: Plan
    settings: Settings
    pins: Mapping[str, Pin]
    folder: PurePosixPath
    """The pipeline's, seen from the repository's root."""

    def uses(self, action: str) -> Said:
        """Write an action as its commit, with the release in a comment, which Dependabot reads and keeps."""
        owner, name = action.split("/")[:2]
        pin = self.pins[f"{owner}/{name}"]
        return Said(f"{action}@{pin.sha}", pin.version)

    @property
    def spec(self) -> str:
        """The pipeline's file, seen from the repository's root."""
        return (self.folder / self.plan.spec).as_posix()


def ready(ground: Ground, *, with_base: bool = False) -> list[Step]:
    """Get the code, Python, and what is locked; also the commit that a pull request is merged into, to compare with."""
    settings = ground.settings
    install = settings.install or ex.shell(
        ["python", "-m", "pip", "install", "--require-hashes", "-r", settings.lock]
    )
    return [
        {
            "name": "Check out",
            "uses": ground.uses("actions/checkout"),
            "with": {"persist-credentials": False, **({"fetch-depth": 2} if with_base else {})},
        },
        {
            "name": "Set up Python",
            "uses": ground.uses("actions/setup-python"),
            "with": {
                "python-version": settings.python,
                "cache": "pip",
                "cache-dependency-path": settings.lock,
            },
        },
        {"name": "Install what is locked", "run": install},
    ]


def take_over(ground: Ground, jobs: Sequence[str]) -> Step:
    """Fetch the plan, and the results of jobs as far as they ran in this run; none there is no error."""
    return {
        "name": "Take over the plan and this run's results" if jobs else "Take over the plan",
        "uses": ground.uses("actions/download-artifact"),
        "with": {
            "pattern": ex.glob([PLAN_ARTIFACT, *map(result_artifact, jobs)]),
            "path": OUT,
            "merge-multiple": True,
        },
    }


def restore(ground: Ground, job: str) -> Step:
    """Fetch the results of a job that this run doesn't start."""
    return {
        "name": f"Take over {job} from an earlier run",
        "if": ex.every(f"!{ex.is_run(job)}", ex.key_of(job)),  # there is no key where there is no plan
        "uses": ground.uses("actions/cache/restore"),
        "with": {"path": result_file(job), "key": ex.whole(ex.key_of(job))},
    }


def restore_own(ground: Ground, job: str) -> Step:
    """Fetch the job's last results, whatever they depend on: nodes find in them what they would make again."""
    return {
        "name": "Take over what is still good of the last run",
        "uses": ground.uses("actions/cache/restore"),
        "with": {
            "path": result_file(job),
            "key": ex.whole(ex.key_of(job)),
            "restore-keys": cache_prefix(ground.plan.name, job),
        },
    }


def hand_over(ground: Ground, job: str) -> list[Step]:
    """Give the results to this run's jobs, also of a failed one, and keep those of a good one for later runs."""
    return [
        {
            "name": "Hand over to this run's jobs",
            "if": ex.whole("!cancelled()"),
            "uses": ground.uses("actions/upload-artifact"),
            "with": {
                "name": result_artifact(job),
                "path": result_file(job),
                "if-no-files-found": "ignore",
                "compression-level": 1,
                "overwrite": True,
                "retention-days": ground.settings.retention_days,
            },
        },
        {
            "name": "Keep for later runs",
            "uses": ground.uses("actions/cache/save"),
            "with": {"path": result_file(job), "key": ex.whole(ex.key_of(job))},
        },
    ]


def keep_metrics(ground: Ground) -> Step:
    """Keep what the metrics came to for pull requests, under a key that no run had before."""
    attempt = f"{ex.whole('github.run_id')}-{ex.whole('github.run_attempt')}"
    return {
        "name": "Keep the metrics for pull requests to compare with",
        "if": ex.every("!cancelled()", "steps.judge.outputs.kept == 'true'"),
        "uses": ground.uses("actions/cache/save"),
        "with": {"path": f"{OUT}/{BASE_METRICS}", "key": base_prefix(ground.plan.name) + attempt},
    }


def restore_metrics(ground: Ground) -> Step:
    """Fetch what the metrics came to last on what a pull request is merged into."""
    prefix = base_prefix(ground.plan.name)
    return {
        "name": "Take over the metrics to compare with",
        "if": ex.whole("github.event_name == 'pull_request'"),
        "uses": ground.uses("actions/cache/restore"),
        "with": {"path": f"{OUT}/{BASE_METRICS}", "key": f"{prefix}none", "restore-keys": prefix},
    }


def upload(ground: Ground, artifact: str, files: Sequence[str], *, name: str) -> Step:
    """Upload files from the folder for what jobs hand over; those that aren't there are left out."""
    return {
        "name": name,
        "if": ex.whole("!cancelled()"),
        "uses": ground.uses("actions/upload-artifact"),
        "with": {
            "name": artifact,
            "path": "".join(f"{OUT}/{file}\n" for file in files),
            "if-no-files-found": "ignore",
            "overwrite": True,
            "retention-days": ground.settings.retention_days,
        },
    }
