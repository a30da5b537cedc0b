"""A pretended GitHub for each test."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.github.fake_github import FakeGitHub, serve
from tests.github.hub import Hub

pytest.register_assert_rewrite("tests.github.scenarios")


@pytest.fixture
def hub(tmp_path: Path) -> Iterator[Hub]:
    with serve(FakeGitHub(store=tmp_path / "store")) as github:
        yield Hub(github=github, root=tmp_path)
