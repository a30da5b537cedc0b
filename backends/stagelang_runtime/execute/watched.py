"""Lists the files and folders whose change would change what a plan reads from outside."""

from __future__ import annotations

import glob
import os
from collections.abc import Iterator, Mapping
from pathlib import Path, PurePosixPath
from typing import Any

from stagelang_compiler.plan import Plan, Source
from stagelang_runtime.execute.state import look
from stagelang_runtime.location import is_url


def watch(plan: Plan, root: Path) -> Mapping[str, Any] | None:
    """Look at all that a plan's sources and programs read, and at the folders in which more could appear.

    Gives what `state.look` saw, by path relative to the root; None where that can't tell: a URL, or nothing there.
    """
    sources = [node.source for node in plan.nodes if node.source is not None]
    if any(is_url(source.location) or not _files(source, root) for source in sources):
        return None
    seen = {path: look(str(root / path)) for path in watched_paths(plan, root)}
    return None if None in seen.values() else seen


def watched_paths(plan: Plan, root: Path) -> list[str]:
    """List the files and folders that `watch` looks at, relative to the root, sorted; URLs are left out."""
    sources = [node.source for node in plan.nodes if node.source is not None]
    paths = {name for stage in plan.stages.values() if stage.command for name in stage.command.files}
    for source in sources:
        if not is_url(source.location):
            paths |= {*(_files(source, root) or [source.location]), *_folders(source, root)}
    return sorted(paths)


def _files(source: Source, root: Path) -> tuple[str, ...]:
    from stagelang_runtime.inputs.errors import InputError
    from stagelang_runtime.inputs.files import find

    try:
        return find(source, root)
    except InputError:
        return ()


def _folders(source: Source, root: Path) -> Iterator[str]:
    """Give the folders in which a file could appear that the source would read: they change when one does.

    Links to folders are followed, as globs do; a folder that is reached again, as by a link to one above it, is given once.
    """
    fixed, patterns = _divided(source.location)
    folder = root.joinpath(*fixed)
    if not folder.is_dir():
        return
    with_hidden = not patterns or any(part.startswith(".") for part in patterns)
    walked: set[str] = set()
    for base, names, _ in os.walk(folder, followlinks=True):
        real = os.path.realpath(base)
        if real in walked:
            names.clear()
            continue
        walked.add(real)
        names[:] = [name for name in names if with_hidden or not name.startswith(".")]
        yield os.path.relpath(base, root)


def _divided(location: str) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Divide a path at its first part that is a pattern."""
    parts = PurePosixPath(location).parts
    first = next((place for place, part in enumerate(parts) if glob.has_magic(part)), len(parts))
    return parts[:first], parts[first:]
