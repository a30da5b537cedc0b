"""Names on GitHub: of the workflow's file, of jobs, artifacts and caches. What GitHub refuses in them is changed here and nowhere else."""

from __future__ import annotations

import hashlib
import itertools
import re
from collections.abc import Collection
from pathlib import PurePosixPath

RESERVED = frozenset({"plan", "report", "comment"})
"""The jobs that every workflow has besides those that carry out nodes."""
LONGEST_JOB = 80
"""GitHub takes less than 100 characters; some are left for a number that tells two apart."""
PLAN_ARTIFACT = "sl.plan"
REPORT_ARTIFACT = "sl.report"
RESULT_ARTIFACT = "sl.result."
BASE_PLAN, BASE_METRICS = "base.json", "base/metrics.tar"
"""Where the plan and the metrics of what a pull request is merged into lie, in the folder for what jobs hand over."""
OUT = "sl-out"
"""The folder for what jobs hand to each other; not hidden, since upload-artifact leaves hidden files out."""
_PACKED_AS = "sl1"
"""Goes into every cache key; raised when a pack of before can't be read any more."""


def workflow_path(pipeline: str) -> PurePosixPath:
    """Name the file of a pipeline's workflow, seen from the repository's root."""
    return PurePosixPath(".github/workflows") / f"{pipeline}.yml"


def job_id(name: str, taken: Collection[str]) -> str:
    """Make a job's id of a node's name: letters, digits, '_' and '-', unlike all taken ones whatever their case.

    `a/b.c` becomes `a-b-c`; where two would meet, or one is too long, a digest of the name tells it apart, and then a number.
    """
    plain = re.sub(r"[^A-Za-z0-9_-]+", "-", name).strip("-") or "job"
    if not re.match(r"[A-Za-z]|_(?!_)", plain):
        plain = f"n-{plain}"
    marked = f"{plain[: LONGEST_JOB - 9]}-{_mark(name)}"
    others = {each.lower() for each in taken} | RESERVED
    ways = itertools.chain([plain, marked], (f"{marked}-{number}" for number in itertools.count(2)))
    short = (way for way in ways if way is not plain or len(way) <= LONGEST_JOB)
    return next(way for way in short if way.lower() not in others)


def result_artifact(job: str) -> str:
    """Name the artifact that holds a job's results within a run."""
    return RESULT_ARTIFACT + job


def result_file(job: str) -> str:
    """Name the file that holds a job's results, seen from the repository's root."""
    return f"{OUT}/{job}.tar"


def cache_prefix(pipeline: str, job: str = "") -> str:
    """Give what the keys of all of a pipeline's caches, or of all of a job's, begin with.

    A pipeline's name may be long and hold dots; GitHub wants at most 512 characters and no comma.
    """
    name = re.sub(r"[^A-Za-z0-9_-]+", "-", pipeline)[:40]
    start = f"{_PACKED_AS}-{name}-{_mark(pipeline)}-"
    return f"{start}{job}." if job else start


def base_prefix(pipeline: str) -> str:
    """Give what the keys begin with under which metrics are kept for pull requests; no job's key does, for no id holds a dot."""
    return f"{cache_prefix(pipeline)}.base."


def cache_key(pipeline: str, job: str, fingerprint: str) -> str:
    """Give the key of a job's results, made of what they depend on."""
    return cache_prefix(pipeline, job) + fingerprint.removeprefix("sha256:")[:40]


def _mark(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:8]
