"""Keeps a compiled Plan beside what it was compiled from, so that a command on an unchanged spec needn't load it again.

A kept plan is used only if nothing that loading read can have changed: the first-party files (by size, time of change and inode),
the folders that hold them, what the spec's own code opened or listed, the installed distributions (by the time of change of their
folders), the interpreter, and stagelang itself. A spec that reads the environment, starts a program or opens a connection is never
kept. This module imports nothing but the standard library.
"""

from __future__ import annotations

import hashlib
import json
import os
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Any

_FORMAT = 1


def kept(path: Path, pipeline: str, folder: Path) -> dict[str, Any] | None:
    """Give what was kept for a spec: its plan's text, the plan's digest and the findings' text; None if it may have changed."""
    try:
        record: dict[str, Any] = json.loads(_file(path, pipeline, folder).read_bytes())
        if record["format"] != _FORMAT or record["stamp"] != stamp():
            return None
        changed = any(_stat(Path(each)) != seen for each, seen in record["files"].items())
    except (OSError, ValueError, KeyError, TypeError):  # not there, or not to be trusted: the spec is loaded
        return None
    return None if changed else record


def keep(path: Path, pipeline: str, folder: Path, *, files: Iterable[Path], content: dict[str, Any]) -> None:
    """Keep a plan for a spec that was compiled from `files`; a folder that can't be written keeps nothing."""
    seen = {str(file): _stat(file) for each in files for file in (each.absolute(), each.absolute().parent)}
    record = {"format": _FORMAT, "stamp": stamp(), "files": seen, **content}
    target = _file(path, pipeline, folder)
    temporary = target.with_suffix(f".{os.getpid()}.tmp")
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        temporary.write_text(json.dumps(record), encoding="utf-8")
        os.replace(temporary, target)
    except OSError:
        temporary.unlink(missing_ok=True)


def reads_environment(files: Iterable[Path]) -> bool:
    """Tell whether a file mentions the environment, whose values nothing watches."""
    words = (b"environ", b"getenv", b"putenv")
    return any(word in file.read_bytes() for file in files if file.is_file() for word in words)


def stamp() -> list[Any]:
    """Give what stands for everything beyond the project: the interpreter, the installed distributions, and stagelang's own files."""
    places = [
        (place, _stat(Path(place)))
        for place in sys.path
        if place.endswith(("site-packages", "dist-packages"))
    ]
    packages = Path(__file__).parents[1], Path(__file__).parents[2] / "stagelang"
    own = sorted((str(file), *_stat(file)[:2]) for package in packages for file in package.rglob("*.py"))
    return [sys.version, [list(each) for each in places], hashlib.sha256(repr(own).encode()).hexdigest()]


def _file(path: Path, pipeline: str, folder: Path) -> Path:
    name = hashlib.sha256(f"{path.absolute()}\n{pipeline}".encode()).hexdigest()[:32]
    return folder / f"{name}.json"


def _stat(path: Path) -> list[int]:
    try:
        found = os.stat(path)
    except OSError:
        return []
    return [found.st_size, found.st_mtime_ns, found.st_ino]
