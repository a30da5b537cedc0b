"""What GitHub tells a job about its run, in environment variables and the event's file; nothing of it where there is no GitHub."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any, final

from attrs import frozen

from stagelang_runtime.execute.state import read_object


@final
@frozen(kw_only=True)
class Surroundings:
    """A run's surroundings; texts are empty where nothing was told."""

    repository: str = ""
    api: str = ""
    server: str = ""
    token: str = ""
    ref: str = ""
    base: str = ""
    base_commit: str = ""
    default_branch: str = ""
    commit: str = ""
    run_id: str = ""
    is_fork: bool = False
    output: Path | None = None
    summary: Path | None = None

    @property
    def refs(self) -> frozenset[str]:
        """The refs whose caches a run may read: its own, its base's, and the default branch's."""
        branches = (self.base, self.default_branch)
        return frozenset({self.ref, *(f"refs/heads/{each}" for each in branches if each)} - {""})

    @property
    def run_url(self) -> str:
        """The run's page."""
        return f"{self.server}/{self.repository}/actions/runs/{self.run_id}" if self.run_id else ""

    def give(self, **outputs: str) -> None:
        """Give outputs, each on one line, to the jobs that need this one. Raises OSError."""
        _append(self.output, "".join(f"{name}={text}\n" for name, text in outputs.items()))

    def summarise(self, text: str) -> None:
        """Show Markdown on the run's page. Raises OSError."""
        _append(self.summary, text)


def surroundings(variables: Mapping[str, str]) -> Surroundings:
    """Read what is told."""
    event = read_object(Path(variables.get("GITHUB_EVENT_PATH") or os.devnull)) or {}
    request = _part(event, "pull_request")
    head = _part(request, "head")
    whose = _part(head, "repo").get("full_name", "")  # the repository of a fork may be gone
    repository = variables.get("GITHUB_REPOSITORY", "")
    return Surroundings(
        repository=repository,
        api=variables.get("GITHUB_API_URL", ""),
        server=variables.get("GITHUB_SERVER_URL", ""),
        token=variables.get("GITHUB_TOKEN", ""),
        ref=variables.get("GITHUB_REF", ""),
        base=variables.get("GITHUB_BASE_REF", ""),
        base_commit=_part(request, "base").get("sha", ""),
        default_branch=_part(event, "repository").get("default_branch", ""),
        commit=head.get("sha") or variables.get("GITHUB_SHA", ""),
        run_id=variables.get("GITHUB_RUN_ID", ""),
        is_fork=bool(request) and whose != repository,
        output=_path(variables, "GITHUB_OUTPUT"),
        summary=_path(variables, "GITHUB_STEP_SUMMARY"),
    )


def _part(event: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    """Give a part of an event; an empty one where it isn't there, or null."""
    part: Mapping[str, Any] = event.get(name) or {}
    return part


def _path(variables: Mapping[str, str], name: str) -> Path | None:
    return Path(variables[name]) if variables.get(name) else None


def _append(path: Path | None, text: str) -> None:
    if path is not None:
        with path.open("a", encoding="utf-8", newline="\n") as file:
            file.write(text)


def needs_of(variables: Mapping[str, str]) -> Mapping[str, str]:
    """Read the results of the jobs that this one needs, by id, from `NEEDS`: success, failure, cancelled or skipped."""
    try:
        told: Any = json.loads(variables.get("NEEDS") or "{}")
        return {str(name): str(job["result"]) for name, job in told.items()}
    except (ValueError, KeyError, TypeError, AttributeError):
        return {"plan": "unknown"}  # what can't be read is no success
