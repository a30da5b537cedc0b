"""Names that GitHub takes, whatever a pipeline and its nodes are called."""

from __future__ import annotations

import re

from hypothesis import given
from hypothesis import strategies as st

from stagelang_backends.github_actions.names import (
    cache_key,
    cache_prefix,
    job_id,
    result_artifact,
    workflow_path,
)

NODES = st.from_regex(
    r"[A-Za-z0-9_][A-Za-z0-9_.-]{0,30}(/[A-Za-z0-9_][A-Za-z0-9_.-]{0,30}){0,4}", fullmatch=True
)


@given(st.lists(NODES, max_size=30, unique=True))
def test_ids_of_jobs_are_distinct_whatever_their_case_and_github_takes_them(names: list[str]) -> None:
    taken: list[str] = []
    for name in names:
        found = job_id(name, taken)
        assert re.fullmatch(r"[A-Za-z_][A-Za-z0-9_-]*", found)
        assert len(found) < 100
        assert not found.startswith("__")
        assert found.lower() not in {"plan", "report", "comment", *(each.lower() for each in taken)}
        taken.append(found)


@given(NODES, st.lists(NODES, min_size=2, max_size=2, unique=True))
def test_a_key_is_short_and_no_job_s_begins_as_another_s(pipeline: str, jobs: list[str]) -> None:
    one, other = job_id(jobs[0], ()), job_id(jobs[1], [job_id(jobs[0], ())])
    key = cache_key(pipeline, one, "sha256:" + "a" * 64)
    assert len(key) <= 512
    assert "," not in key
    assert key.startswith(cache_prefix(pipeline))
    assert not key.startswith(cache_prefix(pipeline, other))


@given(NODES)
def test_an_artifact_s_name_holds_no_sign_that_github_refuses(name: str) -> None:
    assert not set(result_artifact(job_id(name, ()))) & set('":<>|*?\r\n\\/')


def test_a_workflow_is_named_after_its_pipeline() -> None:
    assert workflow_path("digit-reader").as_posix() == ".github/workflows/digit-reader.yml"
