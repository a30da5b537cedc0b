"""Finds which sources read other files at two revisions, and which locks differ, by what git says: no file is opened."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from fnmatch import fnmatchcase
from pathlib import PurePosixPath
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from stagelang_compiler.diff import Kind
    from stagelang_compiler.plan import Plan

_LOCKS = (
    "*.lock",
    "requirements*.txt",
    "constraints*.txt",
    "pylock*.toml",
    "conda-lock.y*ml",
    "environment*.y*ml",
)


def changed_data(plan: Plan, files: Mapping[str, Kind]) -> Mapping[str, Mapping[str, Kind]]:
    """Give the files that differ, by the source that reads them.

    Args:
        plan: the head's.
        files: all that differ, by their paths seen from the pipeline's folder.
    """
    from stagelang_runtime.inputs.opening import is_url

    found: dict[str, Mapping[str, Kind]] = {}
    for node in plan.nodes:
        if node.source is None or is_url(node.source.location):
            continue
        location = node.source.location
        of_it: Mapping[str, Kind] = {path: kind for path, kind in files.items() if is_of(path, location)}
        if of_it:
            found[node.name] = of_it
    return found


def changed_locks(files: Mapping[str, Kind]) -> tuple[str, ...]:
    """Give those of some files that say which libraries are installed: beside the pipeline or above it."""
    return tuple(path for path in files if _is_lock(PurePosixPath(path)))


def _is_lock(path: PurePosixPath) -> bool:
    folder = [part for part in path.parent.parts if part != ".."]
    if folder == ["requirements"]:
        return path.suffix == ".txt"
    return not folder and any(fnmatchcase(path.name, each) for each in _LOCKS)


def is_of(path: str, location: str) -> bool:
    """Tell whether a source reads a file: where it reads is a path, a folder or a glob, both seen from the pipeline's folder."""
    parts, wanted = PurePosixPath(path).parts, PurePosixPath(location).parts
    return parts[: len(wanted)] == wanted or _matches(parts, wanted)


def _matches(parts: Sequence[str], wanted: Sequence[str]) -> bool:
    """Tell whether a path fits a glob, in which `**` stands for any folders, as the run's own search has it."""
    if not wanted:
        return not parts
    first, *rest = wanted
    if first == "**":
        seen = next((at for at, part in enumerate(parts) if part.startswith(".")), len(parts))
        return any(_matches(parts[start:], rest or ["*"]) for start in range(min(seen + 1, len(parts))))
    if not parts or not fnmatchcase(parts[0], first):
        return False
    return parts[0].startswith(".") <= first.startswith(".") and _matches(parts[1:], rest)
