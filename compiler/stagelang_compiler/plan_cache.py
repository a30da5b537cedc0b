"""Keeps a compiled Plan beside what it was compiled from, so that a command on an unchanged spec needn't load it again.

A kept plan is used only if nothing that loading read can have changed: the first-party files (by size, times of change and inode),
the folders that hold them, what the spec's own code opened or listed, the installed distributions (by the time of change of their
folders), the interpreter, and stagelang itself; and only until the first waiver expires. A spec that reads the environment, asks
whether a file is there, reads one through a library that opens files by itself, starts a program or opens a connection is never
kept. This module imports nothing but the standard library.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import importlib.util
import json
import os
import re
import sys
from collections.abc import Iterable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

_FORMAT = 6


def kept(path: Path, pipeline: str, folder: Path) -> dict[str, Any] | None:
    """Give what was kept for a spec: its plan's text, the plan's digest and the findings' text; None if it may have changed."""
    try:
        record: dict[str, Any] = json.loads(_file(path, pipeline, folder).read_bytes())
        if record["format"] != _FORMAT or record["stamp"] != stamp():
            return None
        if record["digest"] != "sha256:" + hashlib.sha256(record["text"].encode()).hexdigest():
            return None
        if record["last_day"] and record["last_day"] < _today():
            return None
        home = path.absolute().parent
        changed = any(_stat(home / each) != seen for each, seen in record["files"].items())
    except (OSError, ValueError, KeyError, TypeError):  # not there, or not to be trusted: the spec is loaded
        return None
    return None if changed else record


def keep(
    path: Path,
    pipeline: str,
    folder: Path,
    *,
    files: Iterable[Path],
    since: int,
    last_day: str,
    content: dict[str, Any],
    alone: Iterable[Path] = (),
) -> None:
    """Keep a plan for a spec that was compiled from `files`; a folder that can't be written keeps nothing.

    Args:
        path: the spec's file.
        pipeline: the pipeline's name, where the file declares several.
        folder: where plans are kept.
        files: the files and folders that it was compiled from.
        since: when compiling began, in nanoseconds of the epoch; with a file that has changed since, nothing is kept.
        last_day: the last day on which compiling again gives the same findings (ISO 8601); "" for ever.
        content: the plan's `text` and its `digest`, and what else is to be kept.
        alone: files that count whether they are there or not, while what else lies beside them doesn't.
    """
    target = _file(path, pipeline, folder)
    temporary = target.with_suffix(f".{os.getpid()}.tmp")
    try:
        # before the folders are looked at: it may change one
        target.parent.mkdir(parents=True, exist_ok=True)
        home = path.absolute().parent
        places = {place for each in files for place in (each.absolute(), each.absolute().parent)}
        places.update(each.absolute() for each in alone)
        seen = {os.path.relpath(place, home): _stat(place) for place in places}
        if any(
            found and max(found[1:3]) >= since for place, found in seen.items() if (home / place).is_file()
        ):
            return
        record = {"format": _FORMAT, "stamp": stamp(), "files": seen, "last_day": last_day, **content}
        temporary.write_text(json.dumps(record), encoding="utf-8")
        os.replace(temporary, target)
    except OSError:
        with suppress(OSError):
            temporary.unlink()


_UNWATCHED = re.compile(
    b"|".join(
        (
            rb"environ|getenv|putenv|expandvars|expanduser|getcwd|gethostname|sys\.argv|\.cwd\(",
            rb"\b(now|utcnow|today|time|time_ns)\(",
            rb"\.(l?exists|is_file|is_dir|isfile|isdir|l?stat|getmtime|getsize)\(",
            rb"\.(scan_\w+|read_(parquet|table|feather|orc|ipc|avro|csv|json|ndjson|excel|database))\(",
        )
    )
)
"""Values of the environment, the clock, whether a file is there or how large, and libraries that open files by themselves."""


def reads_unwatched(files: Iterable[Path]) -> bool:
    """Tell whether code mentions what may change without leaving a trace in what is watched."""
    return any(
        _UNWATCHED.search(file.read_bytes()) for file in files if file.suffix == ".py" and file.is_file()
    )


def stamp() -> str:
    """Digest all beyond the project that counts: the interpreter, the installed distributions, and stagelang's own files."""
    places = [
        (place, _stat(Path(place)))
        for place in sys.path
        if place.endswith(("site-packages", "dist-packages"))
    ]
    own = sorted((str(file), *_stat(file)[:2]) for folder in _own_folders() for file in folder.rglob("*.py"))
    asked = os.environ.get("PYTHONPATH", "")
    return hashlib.sha256(repr([sys.version, asked, places, own]).encode()).hexdigest()


def _own_folders() -> Iterator[Path]:
    for name in ("stagelang", "stagelang_compiler", "stagelang_runtime", "stagelang_backends"):
        found = importlib.util.find_spec(name)
        yield from (Path(folder) for folder in (found and found.submodule_search_locations) or ())


def _today() -> str:
    return dt.datetime.now(dt.UTC).date().isoformat()


def _file(path: Path, pipeline: str, folder: Path) -> Path:
    name = hashlib.sha256(f"{path.absolute()}\n{pipeline}".encode()).hexdigest()[:32]
    return folder / f"{name}.json"


def _stat(path: Path) -> list[int]:
    try:
        found = os.stat(path)
    except OSError:
        return []
    return [found.st_size, found.st_mtime_ns, found.st_ctime_ns, found.st_ino]
