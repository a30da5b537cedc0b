"""Writes GitHub's expressions and the shell's words: the one place where either is escaped.

Values from a plan reach an expression only as literals written here, and reach a shell only as words written here or through
`env:`; no `${{ }}` stands in a `run:`.
"""

from __future__ import annotations

import shlex
from collections.abc import Iterable


def text(value: str) -> str:
    """Write a text as an expression's literal, in which a quote is doubled."""
    return "'" + value.replace("'", "''") + "'"


def whole(expression: str) -> str:
    """Write an expression as a value of YAML."""
    return "${{ " + expression + " }}"


def every(*conditions: str) -> str:
    """Join conditions by 'and', leaving out empty ones."""
    return whole(" && ".join(each for each in conditions if each))


def needed(job: str, output: str) -> str:
    """Name an output of a job that is needed."""
    return f"needs.{job}.outputs.{output}"


def is_run(job: str) -> str:
    """Say that the plan starts a job."""
    return f"contains(fromJSON({needed('plan', 'run')} || '[]'), {text(job)})"


def key_of(job: str) -> str:
    """Give the cache key that the plan computed for a job."""
    return f"fromJSON({needed('plan', 'keys')} || '{{}}')[{text(job)}]"


SAME_REPOSITORY = "github.event.pull_request.head.repo.full_name == github.repository"
"""A pull request isn't of a fork."""
OWN = f"(github.event_name != 'pull_request' || {SAME_REPOSITORY})"
"""The run isn't of a fork's pull request, so that it may see secrets and write."""

NOT_STOPPED = "!cancelled() && !failure()"
"""No ancestor failed; one that was skipped is no failure."""


def shell(words: Iterable[str]) -> str:
    """Write words for a shell."""
    return shlex.join(words)


def glob(names: Iterable[str]) -> str:
    """Write a pattern that matches just these names, which hold no sign of a pattern."""
    found = sorted(names)
    return found[0] if len(found) == 1 else "{" + ",".join(found) + "}"
