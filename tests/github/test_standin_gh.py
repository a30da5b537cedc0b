from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.github.events import OWNER
from tests.github.fake_github import FakeGitHub, serve
from tests.github.workflow_text import STANDINS


@pytest.fixture
def github(tmp_path: Path) -> Iterator[FakeGitHub]:
    with serve(FakeGitHub(store=tmp_path, permissions=frozenset({"pull-requests: write"}))) as served:
        yield served


def _gh(github: FakeGitHub, *words: str, token: str = "token-of-the-run") -> tuple[int, str, str]:
    given = {"STANDIN_PYTHON": sys.executable, "STANDIN_ACTIONS": str(STANDINS), "GH_TOKEN": token}
    done = subprocess.run(
        [str(STANDINS / "bin/gh"), "api", *words],
        env={**os.environ, **given, "GITHUB_API_URL": github.url},
        capture_output=True,
        text=True,
        check=False,
    )
    return done.returncode, done.stdout, done.stderr


def test_a_comment_is_posted_from_a_file_and_found_on_a_later_page(
    github: FakeGitHub, tmp_path: Path
) -> None:
    (tmp_path / "body").write_text("ours\n<é>")
    for n in range(3):
        github.say(7, f"chat {n}", {"login": "somebody"})
    where = f"repos/{OWNER}/issues/7/comments"
    assert _gh(github, "--silent", "--method", "POST", where, "--field", f"body=@{tmp_path / 'body'}") == (
        0,
        "",
        "",
    )
    assert github.bodies()[-1] == "ours\n<é>"
    wanted = '.[] | select(.user.login == "github-actions[bot]") | select(.body | startswith("ours")) | .id'
    assert _gh(github, "--paginate", f"{where}?per_page=2", "--jq", wanted) == (0, "4\n", "")
    assert _gh(github, f"{where}?per_page=2", "--jq", wanted) == (0, "", "")


def test_a_refusal_is_told_and_an_exit_code_of_1(github: FakeGitHub, tmp_path: Path) -> None:
    (tmp_path / "body").write_text("x" * 70_000)
    words = ("--silent", "-X", "POST", f"repos/{OWNER}/issues/7/comments", "-F", f"body=@{tmp_path / 'body'}")
    assert _gh(github, *words) == (1, "", "gh: Validation Failed (HTTP 422)\n")
    assert _gh(github, *words, token="")[0] == 4
