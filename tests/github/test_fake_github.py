from __future__ import annotations

import json
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.github.events import OWNER
from tests.github.fake_github import FakeGitHub, serve
from tests.github.standins import caches


@pytest.fixture
def github(tmp_path: Path) -> Iterator[FakeGitHub]:
    with serve(FakeGitHub(store=tmp_path)) as served:
        served.permissions = frozenset({"actions: read", "pull-requests: write"})
        yield served


def _ask(
    github: FakeGitHub, method: str, path: str, body: object = None, token: str = "token-of-the-run"
) -> tuple[int, Any, str]:
    request = urllib.request.Request(
        f"{github.url}/repos/{OWNER}/{path}",
        method=method,
        data=None if body is None else json.dumps(body).encode(),
        headers={"Authorization": f"Bearer {token}"},
    )
    try:
        with urllib.request.urlopen(request) as answer:
            return answer.status, json.load(answer), answer.headers.get("Link", "")
    except urllib.error.HTTPError as error:
        with error:
            return error.code, json.load(error), ""


def test_caches_are_listed_by_prefix_and_ref_in_pages(github: FakeGitHub, tmp_path: Path) -> None:
    (tmp_path / "x").touch()
    for n in range(3):
        caches.save(tmp_path / "caches", ref="refs/heads/main", key=f"k-{n}", paths=["x"], workspace=tmp_path)
    caches.save(tmp_path / "caches", ref="refs/heads/other", key="k-9", paths=["x"], workspace=tmp_path)
    caches.save(tmp_path / "caches", ref="refs/heads/main", key="z", paths=["x"], workspace=tmp_path)
    _, all_of_them, _ = _ask(github, "GET", "actions/caches?key=k-")
    assert all_of_them["total_count"] == 4
    status, first, link = _ask(github, "GET", "actions/caches?key=k-&ref=refs/heads/main&per_page=2")
    assert (status, first["total_count"]) == (200, 3)
    assert [row["key"] for row in first["actions_caches"]] == ["k-2", "k-1"]
    following = link.removeprefix("<").partition(">")[0].partition(f"/repos/{OWNER}/")[2]
    _, second, link = _ask(github, "GET", following)
    assert [row["key"] for row in second["actions_caches"]] == ["k-0"]
    assert link == ""


def test_a_comment_is_posted_listed_and_edited_in_place(github: FakeGitHub) -> None:
    status, posted, _ = _ask(github, "POST", "issues/7/comments", {"body": "first"})
    assert (status, posted["user"]["login"]) == (201, "github-actions[bot]")
    assert _ask(github, "PATCH", f"issues/comments/{posted['id']}", {"body": "second"})[0] == 200
    _, listed, _ = _ask(github, "GET", "issues/7/comments")
    assert [comment["body"] for comment in listed] == ["second"]
    assert _ask(github, "GET", "issues/8/comments")[1] == []
    assert _ask(github, "PATCH", "issues/comments/99", {"body": "x"})[0] == 404


def test_a_body_of_more_than_65536_characters_is_unprocessable(github: FakeGitHub) -> None:
    assert _ask(github, "POST", "issues/7/comments", {"body": "x" * 65_536})[0] == 201
    github.refusals = 1
    assert _ask(github, "POST", "issues/7/comments", {"body": "short"})[0] == 422
    assert _ask(github, "POST", "issues/7/comments", {"body": "short"})[0] == 201
    status, said, _ = _ask(github, "POST", "issues/7/comments", {"body": "x" * 65_537})
    assert (status, said["errors"][0]["message"]) == (422, "Body is too long (maximum is 65536 characters)")


def test_a_forks_token_reads_and_writes_nothing(github: FakeGitHub) -> None:
    github.may_write = False
    assert _ask(github, "GET", "issues/7/comments")[0] == 200
    assert _ask(github, "POST", "issues/7/comments", {"body": "x"})[0] == 403
    assert github.comments == {}


def test_what_no_job_has_permission_for_is_refused(github: FakeGitHub) -> None:
    github.permissions = frozenset({"contents: read", "pull-requests: read"})
    assert _ask(github, "GET", "actions/caches")[0] == 403
    assert _ask(github, "GET", "issues/7/comments")[0] == 200
    assert _ask(github, "POST", "issues/7/comments", {"body": "x"})[0] == 403


def test_a_wrong_token_and_an_unknown_path_are_refused(github: FakeGitHub) -> None:
    assert _ask(github, "GET", "actions/caches", token="stolen")[0] == 401
    assert _ask(github, "GET", "actions/runs")[0] == 404
