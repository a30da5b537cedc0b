"""Finding the files of a source, and their digests."""

from __future__ import annotations

import contextlib
import glob
import hashlib
import json
import os
import time
from collections.abc import Iterable
from pathlib import Path, PurePosixPath
from typing import Any, final

from attrs import frozen

from stagelang_compiler.plan import Source
from stagelang_runtime.inputs.errors import InputError, InputProblem
from stagelang_runtime.inputs.opening import UNREADABLE, file_system, is_url, open_raw, unreadable
from stagelang_runtime.store.digest import PREFIX

_CACHE_SCHEMA = 1
_SETTLED_NS = 2_000_000_000
"""A file this young could still be written to without its times changing, so its digest isn't kept."""


@final
@frozen(kw_only=True)
class InputFile:
    """A file of a source: its name below the pipeline's folder or its URL, and its content's digest.

    `mtime_ns` and `inode` are 0 for a URL.
    """

    name: str
    size: int
    mtime_ns: int
    inode: int
    digest: str


def locate(source: Source, root: Path, cache: Path | None = None) -> tuple[InputFile, ...]:
    """Find a source's files, in the order of their names, and take their digests.

    Args:
        source: a path relative to `root`, a folder (of plain files only), a glob, or an fsspec URL.
        root: the pipeline's folder.
        cache: a JSON file that remembers the digests of local files by size, times and inode; it may get lost.

    Raises:
        InputError: nothing is there, or a file can't be read.
    """
    names = find(source, root)
    known = _load(cache)
    problems: list[InputProblem] = []
    found: list[InputFile] = []
    for name in names:
        try:
            found.append(_input_file(name, root, known))
        except UNREADABLE as error:
            problems.append(unreadable(name, error))
    _save(cache, known)
    if problems:
        raise InputError(problems)
    return tuple(found)


def find(source: Source, root: Path) -> tuple[str, ...]:
    """Find the names of a source's files, in their order, without opening any. Raises InputError if there is none."""
    if is_url(source.location):
        return _find_url(source)
    path = root / source.location
    if path.is_file():
        return (_name(path, root),)
    if path.is_dir():
        return _in_folder(source, path, root)
    if glob.has_magic(source.location):
        # Path.glob would find hidden files and refuse absolute patterns.
        matches = glob.glob(source.location, root_dir=root, recursive=True)  # noqa: PTH207
        names = sorted({_name(root / match, root) for match in matches if (root / match).is_file()})
        if names:
            return tuple(names)
    raise InputError([_nothing(source.location, root)])


def _in_folder(source: Source, path: Path, root: Path) -> tuple[str, ...]:
    if source.format != "files":
        remedy = f"name its files with a glob, for example '{source.location.rstrip('/')}/*.{source.format}'"
        raise InputError([InputProblem(file=source.location, message="a folder, not a table", help=remedy)])
    names = sorted(_name(each, root) for each in path.rglob("*") if each.is_file())
    if not names:
        remedy = "put the files there, or name another folder"
        raise InputError([InputProblem(file=source.location, message="the folder is empty", help=remedy)])
    return tuple(names)


def _name(path: Path, root: Path) -> str:
    # Links stay as they are: a link to data elsewhere is still below the folder.
    path, root = Path(os.path.normpath(path.absolute())), Path(os.path.normpath(root.absolute()))
    return path.relative_to(root).as_posix() if path.is_relative_to(root) else path.as_posix()


def _nothing(location: str, root: Path) -> InputProblem:
    """Say that nothing is there, naming the first part of the path that isn't, and the name most like it."""
    folder, wanted = root, location
    for part in PurePosixPath(location).parts:
        wanted = part
        if glob.has_magic(part) or not (folder / part).is_dir():
            break
        folder = folder / part
    present = sorted(each.name for each in folder.iterdir()) if folder.is_dir() else []
    from stagelang_runtime.gates.conform import (
        nearest,
    )  # brings Arrow, which a run with nothing to do needn't load

    near = None if glob.has_magic(wanted) else nearest(wanted, present)
    where = _name(folder, root)
    if near is not None:
        meant = near if where == "." else f"{where}/{near}"
        remedy = f"did you mean '{meant}'?"
    elif present:
        remedy = f"{'the pipeline folder' if where == '.' else repr(where)} holds {_listed(present)}"
    else:
        remedy = f"put the file there; {'the pipeline folder' if where == '.' else repr(where)} is empty"
    message = "no file matches" if glob.has_magic(location) else "no such file"
    return InputProblem(file=location, message=message, help=remedy)


def _listed(names: list[str]) -> str:
    shown = ", ".join(repr(name) for name in names[:5])
    return shown if len(names) <= 5 else f"{shown} and {len(names) - 5} more"


def _find_url(source: Source) -> tuple[str, ...]:
    url = source.location
    system, path = file_system(url)
    remedy = "check the address and your access to it"
    try:
        paths: Iterable[str] = system.glob(path) if glob.has_magic(path) else [path]
        if source.format == "files" and system.isdir(path):
            paths = system.find(path)
        names = sorted(system.unstrip_protocol(each) for each in paths if system.isfile(each))
    except Exception as error:
        raise InputError(
            [InputProblem(file=url, message=f"can't be reached: {error}", help=remedy)]
        ) from error
    if not names:
        message = "no file matches" if glob.has_magic(path) else "no such file"
        raise InputError([InputProblem(file=url, message=message, help=remedy)])
    return tuple(names)


def _input_file(name: str, root: Path, known: dict[str, list[Any]]) -> InputFile:
    if is_url(name):
        with open_raw(name, root) as stream:
            reader: Any = stream
            digest = PREFIX + hashlib.file_digest(reader, "sha256").hexdigest()
            size = stream.seek(0, os.SEEK_END)
        return InputFile(name=name, size=size, mtime_ns=0, inode=0, digest=digest)
    with (root / name).open("rb") as stream:
        stat = os.fstat(stream.fileno())
        key = [stat.st_size, stat.st_mtime_ns, stat.st_ctime_ns, stat.st_ino]
        remembered = known.get(name)
        if remembered is not None and remembered[:-1] == key:
            digest = str(remembered[-1])
        else:
            digest = PREFIX + hashlib.file_digest(stream, "sha256").hexdigest()
            after = os.fstat(stream.fileno())
            settled = max(stat.st_mtime_ns, stat.st_ctime_ns) + _SETTLED_NS < time.time_ns()
            if settled and [after.st_size, after.st_mtime_ns, after.st_ctime_ns, after.st_ino] == key:
                known[name] = [*key, digest]
    return InputFile(
        name=name, size=stat.st_size, mtime_ns=stat.st_mtime_ns, inode=stat.st_ino, digest=digest
    )


def _load(cache: Path | None) -> dict[str, list[Any]]:
    """Give what the cache remembers; one that is missing, damaged or of another version remembers nothing."""
    if cache is None:
        return {}
    try:
        content: Any = json.loads(cache.read_bytes())
        files: Any = content["files"] if content["schema"] == _CACHE_SCHEMA else {}
        return {str(name): list(stat) for name, stat in files.items()}
    except (OSError, ValueError, TypeError, KeyError, AttributeError):
        return {}


def _save(cache: Path | None, known: dict[str, list[Any]]) -> None:
    """Write the cache by rename; a cache that can't be written costs time only."""
    if cache is None or known == _load(cache):
        return
    temporary = cache.with_name(f"{cache.name}.{os.getpid()}.tmp")
    with contextlib.suppress(OSError):
        cache.parent.mkdir(parents=True, exist_ok=True)
        text = json.dumps({"schema": _CACHE_SCHEMA, "files": known}, indent=1, sort_keys=True)
        temporary.write_text(text, encoding="utf-8")
        temporary.replace(cache)
