"""Remembers a completed run, so that the next can see in milliseconds that nothing has changed.

Imports the standard library only: a no-op run passes here and nowhere else. Files are compared by size, times of change
and inode; one that changed just before the run began isn't trusted to be what was read.

    .stagelang/state/<plan>/done.json    what the last completed run saw, and the objects that it left in the store
"""

from __future__ import annotations

import datetime as dt
import hashlib
import json
import os
import re
import stat
import sys
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

SCHEMA = 2
_SETTLED_NS = 1_000_000_000


def state_folder(store_root: Path, plan_name: str) -> Path:
    """Name the folder for what is remembered about a plan: `.stagelang/state/<plan>` beside `.stagelang/store`."""
    safe = re.sub(r"[^A-Za-z0-9_-]", "_", plan_name)[:40]
    return store_root.parent / "state" / f"{safe}-{hashlib.sha256(plan_name.encode()).hexdigest()[:8]}"


def unchanged(store_root: Path, plan_name: str, plan_digest: str, root: Path) -> dict[str, Any] | None:
    """Tell whether nothing has changed since a run of this plan was completed: what was remembered of it, or None.

    Args:
        store_root: the store's folder.
        plan_name: the plan's name.
        plan_digest: the digest of the plan (`plan_codec.digest`).
        root: the pipeline's folder.
    """
    try:
        record: dict[str, Any] = json.loads((state_folder(store_root, plan_name) / "done.json").read_bytes())
        if record["schema"] != SCHEMA or record["plan"] != plan_digest:
            return None
        if record["environment"] != stamp(record["variables"]) or record["root"] != os.fspath(
            root.absolute()
        ):
            return None
        if any(look(str(root / path)) != seen for path, seen in record["watched"].items()):
            return None
        base = os.fspath(store_root)
        # Thousands of objects: a Path for each would take as long as all the rest.
        if any(os.stat(f"{base}/{path}").st_size != size for path, size in record["objects"]):
            return None
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return None
    return record


def remember(folder: Path, record: Mapping[str, Any], watched: Mapping[str, Any], started_ns: int) -> None:
    """Remember a completed run, if all that it read had come to rest before it began. Raises OSError.

    Args:
        folder: the plan's state folder.
        record: 'plan', 'root', 'variables', 'environment', 'objects' (path below the store, size), the count of 'nodes', and
            'keys' (of `mark_of`).
        watched: what `look` saw before the run at each file and folder that decides what is read, by path.
        started_ns: when the run began, in nanoseconds since 1970.
    """
    if any(seen is None or seen[1] > started_ns - _SETTLED_NS for seen in watched.values()):
        forget(folder)
        return
    finished = dt.datetime.now(dt.UTC).isoformat(timespec="seconds")
    write_whole(folder / "done.json", {"schema": SCHEMA, "watched": watched, "finished": finished, **record})


def forget(folder: Path) -> None:
    """Forget the last completed run. Raises OSError."""
    (folder / "done.json").unlink(missing_ok=True)


def mark_of(keys: Mapping[str, str]) -> str:
    """Give what tells one run's receipts from another's: a digest of each node's key."""
    return hashlib.sha256(json.dumps(sorted(keys.items())).encode()).hexdigest()


def look(path: str) -> list[int] | None:
    """Give size, both times of change and inode of a file or folder, of a folder without the size; None if it isn't there.

    The time of change of the data can be set back, as `cp --preserve` and `os.utime` do; the other one can't.
    """
    try:
        seen = os.stat(path)
    except OSError:
        return None
    return [
        0 if stat.S_ISDIR(seen.st_mode) else seen.st_size,
        seen.st_mtime_ns,
        seen.st_ctime_ns,
        seen.st_ino,
    ]


def stamp(variables: Iterable[str]) -> list[Any]:
    """Give what stands for the interpreter, the installed distributions and the declared environment variables."""
    places = [place for place in sys.path if place.endswith(("site-packages", "dist-packages"))]
    values = [(name, os.environ.get(name)) for name in sorted(variables)]
    said = hashlib.sha256(json.dumps(values).encode()).hexdigest()
    return [sys.version, [[place, look(place)] for place in places], said]


def read_object(path: Path, *fields: str) -> dict[str, Any] | None:
    """Read a JSON object that has these fields; None where the file is not there or holds anything else."""
    kind: Any = dict
    try:
        data: Any = json.loads(path.read_bytes())
    except (OSError, ValueError):
        return None
    return data if isinstance(data, kind) and {*fields} <= data.keys() else None


def write_whole(path: Path, data: Any) -> None:
    """Write a JSON file so that a reader sees the old or the new one, never a part. Raises OSError."""
    path.parent.mkdir(parents=True, exist_ok=True)
    beside = path.with_name(f".{path.name}-{os.urandom(6).hex()}")
    try:
        beside.write_text(json.dumps(data, ensure_ascii=False, separators=(",", ":")), encoding="utf-8")
        beside.replace(path)
    finally:
        beside.unlink(missing_ok=True)
