"""The locks pin every package by hash, agree with each other and with pyproject.toml, and name no index."""

from __future__ import annotations

import re
import tomllib
from itertools import chain
from pathlib import Path
from typing import Any

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

LOCKS = ["run", "dev", "bench"]


def _settings(top: Path) -> dict[str, Any]:
    return tomllib.loads((top / "pyproject.toml").read_text(encoding="utf-8"))


def _lines(top: Path, lock: str) -> list[str]:
    """Give a lock's entries, each with its hashes on one line."""
    text = (top / "requirements" / f"{lock}.txt").read_text(encoding="utf-8")
    return [line for line in text.replace("\\\n", " ").splitlines() if line and not line.startswith("#")]


def _versions(top: Path, lock: str) -> dict[str, str]:
    pins = [Requirement(line.partition("--hash")[0]) for line in _lines(top, lock)]
    return {canonicalize_name(pin.name): str(pin.specifier) for pin in pins}


@pytest.mark.parametrize("lock", LOCKS)
def test_every_entry_of_a_lock_is_one_exact_version_with_hashes(top: Path, lock: str) -> None:
    entry = re.compile(r"[a-z0-9._\[\]-]+==[^ ;]+( ; [^#]+?)?( +--hash=sha256:[0-9a-f]{64})+ *")
    assert [line for line in _lines(top, lock) if not entry.fullmatch(line)] == []


@pytest.mark.parametrize("lock", ["dev", "bench"])
def test_the_larger_locks_hold_the_runtimes_versions(top: Path, lock: str) -> None:
    assert _versions(top, "run").items() <= _versions(top, lock).items()


def test_what_pyproject_asks_for_is_locked(top: Path) -> None:
    settings = _settings(top)
    extras: dict[str, list[str]] = settings["project"]["optional-dependencies"]
    groups: dict[str, list[Any]] = settings["dependency-groups"]
    asked: dict[str, list[Any]] = {
        "run": [
            *settings["project"]["dependencies"],
            *extras["pandas"],
            *extras["sklearn"],
            *groups["build"],
        ],
        "dev": [*chain(*extras.values()), *groups["dev"]],
        "bench": groups["bench"],
    }
    for lock, wanted in asked.items():
        locked = _versions(top, lock)
        for requirement in (Requirement(text) for text in wanted if isinstance(text, str)):
            pinned = locked[canonicalize_name(requirement.name)].removeprefix("==")
            assert requirement.specifier.contains(pinned, prereleases=True), f"{requirement} in {lock}.txt"
