"""Read a workflow as the harness needs it: its jobs, labels, the actions that it uses, and what would start it.

act lets much pass that GitHub doesn't, silently; what can be seen in the text is refused here.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any, final

from attrs import frozen
from ruamel.yaml import YAML

from tests.github.events import Event

STANDINS = Path(__file__).parent / "standins"
PINNED = re.compile(r"([\w.-]+/[\w.-]+)((?:/[\w.-]+)*)@([0-9a-f]{40})")


class NotOnGitHub(AssertionError):
    """The workflow would not start, or not work, on GitHub."""


@final
@frozen(kw_only=True)
class Workflow:
    """A workflow file, read."""

    text: str
    tree: dict[str, Any]

    @property
    def jobs(self) -> dict[str, dict[str, Any]]:
        jobs: dict[str, dict[str, Any]] = self.tree["jobs"]
        return jobs


def read_workflow(file: Path) -> Workflow:
    """Read a workflow file."""
    text = file.read_text()
    return Workflow(text=text, tree=read_yaml(text))


def read_yaml(text: str) -> dict[str, Any]:
    """Read YAML 1.2, in which `on` is a text."""
    reader: Any = YAML(typ="safe", pure=True)
    tree: dict[str, Any] = reader.load(text)
    return tree


def labels(workflow: Workflow) -> list[str]:
    """Give the runner labels of all jobs."""
    found = {job["runs-on"] for job in workflow.jobs.values()}
    unknown = [label for label in found if not re.fullmatch(r"(ubuntu|windows|macos)-[\w.-]+", str(label))]
    if unknown:
        raise NotOnGitHub(f"no runner has the label {unknown[0]!r}")
    return sorted(found)


def _steps(workflow: Workflow) -> Iterator[tuple[str, dict[str, Any]]]:
    for name, job in workflow.jobs.items():
        for step in job["steps"]:
            yield name, step


def actions_used(workflow: Workflow) -> dict[str, Path]:
    """Give the stand-in of each `owner/name@SHA` that is used.

    Raises:
        NotOnGitHub: an action isn't pinned, has no stand-in, or gets an input that it doesn't have.
    """
    found: dict[str, Path] = {}
    for job, step in _steps(workflow):
        if "uses" not in step:
            continue
        pinned = PINNED.fullmatch(step["uses"])
        if pinned is None:
            raise NotOnGitHub(f"{job}: {step['uses']!r} is not pinned by its commit")
        repository, inside, commit = pinned.groups()
        if repository == "actions/checkout":  # act carries it out itself
            continue
        standin = STANDINS / repository.partition("/")[2]
        _check_inputs(job, step, standin / inside.lstrip("/") / "action.yml")
        found[f"{repository}@{commit}"] = standin
    return found


def checkout_depth(workflow: Workflow) -> int:
    """Give how many commits are checked out, 0 for all; act checks out the same for all jobs, here the most that one asks for."""
    asked: list[int] = [
        step.get("with", {}).get("fetch-depth", 1)
        for _, step in _steps(workflow)
        if step.get("uses", "").startswith("actions/checkout@")
    ]
    return 0 if 0 in asked else max(asked, default=1)


def _check_inputs(job: str, step: dict[str, Any], action: Path) -> None:
    if not action.exists():
        raise NotOnGitHub(f"{job}: there is no stand-in for {step['uses']!r}")
    declared: dict[str, Any] = read_yaml(action.read_text())["inputs"]
    given: dict[str, Any] = step.get("with", {})
    for name in given.keys() - declared.keys():
        raise NotOnGitHub(f"{job}: {step['uses']!r} has no input {name!r}")
    for name, about in declared.items():
        if about.get("required") and name not in given:
            raise NotOnGitHub(f"{job}: {step['uses']!r} needs the input {name!r}")


def is_triggered(workflow: Workflow, event: Event) -> bool:
    """Say whether GitHub would start the workflow for an event; act always does."""
    triggers: Any = workflow.tree["on"]
    if event.name not in ([triggers] if isinstance(triggers, str) else triggers):
        return False
    about: dict[str, Any] = {}
    if event.name != "schedule" and not isinstance(triggers, str | list):
        about = triggers[event.name] or {}
    branches: list[str] = about.get("branches", ["*"])
    return any(fnmatchcase(event.branch, branch) for branch in branches)


def tolerates_failure(workflow: Workflow, job: str, step: str) -> bool:
    """Say whether a step, by its id or number, may fail without failing its job."""
    steps: list[dict[str, Any]] = workflow.jobs[job]["steps"]
    found = next(
        (one for n, one in enumerate(steps) if one.get("id") == step or (step == str(n) and "id" not in one)),
        None,
    )
    return found is not None and bool(found.get("continue-on-error", False))


def needs_of(workflow: Workflow, job: str) -> list[str]:
    """Give the jobs that a job waits for."""
    needs: str | list[str] = workflow.jobs[job].get("needs", [])
    return [needs] if isinstance(needs, str) else needs
