"""Reads back from a committed workflow which nodes its jobs carry out, so that compiling again moves none of them."""

from __future__ import annotations

import shlex
from collections.abc import Iterator, Mapping
from typing import Any

from stagelang_backends.github_actions.names import RESERVED
from stagelang_backends.github_actions.workflow import NODES, RUN_COMMAND
from stagelang_backends.github_actions.yaml_text import loads


def committed_jobs(text: str) -> Mapping[str, tuple[str, ...]]:
    """Give the nodes of each job, by its id; nothing for a text that is no workflow of ours."""
    if not text:
        return {}
    try:
        document = loads(text)
        found = {
            job: tuple(committed_nodes(content))
            for job, content in document["jobs"].items()
            if job not in RESERVED
        }
    except (ValueError, TypeError, KeyError, AttributeError):
        return {}
    return {job: nodes for job, nodes in found.items() if nodes}


def committed_nodes(job: Mapping[str, Any]) -> Iterator[str]:
    """Give the nodes that a job carries out."""
    for step in job["steps"]:
        words = shlex.split(step.get("run", "").replace("\\\n", " "))
        if tuple(words[: len(RUN_COMMAND)]) == RUN_COMMAND:
            yield from words[len(RUN_COMMAND) + 1 :] or step["env"][NODES].split()
