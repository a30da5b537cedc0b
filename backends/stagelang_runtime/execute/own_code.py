"""Sees that the code beside a plan is the code that it was compiled from: else new code would run under the old code's keys."""

from __future__ import annotations

import hashlib
from pathlib import Path

from stagelang_compiler.plan import Plan


def changed_files(plan: Plan, root: Path) -> list[str]:
    """Name the first-party files that are gone or have changed since the plan was compiled."""
    return [name for name, digest in plan.files.items() if _digest(root / name) != digest]


def _digest(file: Path) -> str:
    try:
        with file.open("rb") as opened:
            return "sha256:" + hashlib.file_digest(opened, "sha256").hexdigest()
    except OSError:
        return ""
