"""The state of the working tree that a run was made from, as git tells it."""

from __future__ import annotations

import subprocess
from pathlib import Path


def revision(root: Path) -> dict[str, str | bool] | None:
    """Ask git for the commit and whether files differ from it; None where there is no git or no commit."""
    try:
        commit = _git(root, "rev-parse", "HEAD")
        return {"commit": commit, "dirty": bool(_git(root, "status", "--porcelain"))}
    except (OSError, subprocess.SubprocessError):
        return None


def _git(root: Path, *words: str) -> str:
    found = subprocess.run(
        ["git", "-C", str(root), *words], capture_output=True, text=True, timeout=10, check=True
    )
    return found.stdout.strip()
