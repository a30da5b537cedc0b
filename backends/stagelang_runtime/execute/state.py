"""Where a plan's state is remembered, and how. Imports the standard library only, since the no-op run passes through it."""

from __future__ import annotations

import hashlib
import json
import os
import re
from pathlib import Path
from typing import Any


def state_folder(store_root: Path, plan_name: str) -> Path:
    """Name the folder for what is remembered about a plan: `.stagelang/state/<plan>` beside `.stagelang/store`."""
    safe = re.sub(r"[^A-Za-z0-9_-]", "_", plan_name)[:40]
    return store_root.parent / "state" / f"{safe}-{hashlib.sha256(plan_name.encode()).hexdigest()[:8]}"


def write_whole(path: Path, data: Any) -> None:
    """Write a JSON file so that a reader sees the old or the new one, never a part. Raises OSError."""
    path.parent.mkdir(parents=True, exist_ok=True)
    beside = path.with_name(f".{path.name}-{os.urandom(6).hex()}")
    try:
        beside.write_text(json.dumps(data, ensure_ascii=False, separators=(",", ":")), encoding="utf-8")
        beside.replace(path)
    finally:
        beside.unlink(missing_ok=True)
