"""Writes emitted files, and tells those that it wrote before from those that a person edited since, or made.

Beside the files of a target lies `.stagelang-TARGET.sha256`, in the form that `sha256sum --check` reads: the digest of each as it was
written. It is committed with them, so that a fresh clone knows too.
"""

from __future__ import annotations

import difflib
import hashlib
import os
import sys
from collections.abc import Iterator, Mapping
from contextlib import suppress
from pathlib import Path, PurePosixPath

from stagelang_backends.cli.main import FINDINGS, OK, USAGE

Files = Mapping[PurePosixPath, str]
_DIGITS = 64


def differing(files: Files, folder: Path) -> list[PurePosixPath]:
    """Name the files that aren't there, or are other than these."""
    return [name for name, text in files.items() if _there(folder / name) != text.encode()]


def put(files: Files, folder: Path, target: str, *, force: bool = False, say_unchanged: bool = True) -> int:
    """Write files that differ from what is there, say which, and give the exit code; refuse to write over a person's work.

    A file that was written before and isn't among them any more is removed, unless it was edited.

    Args:
        files: the texts by name.
        folder: where they go.
        target: the target's name.
        force: write over edited files too.
        say_unchanged: say which files needed no writing.
    """
    before = _remembered(folder, target)
    edited = [name for name in differing(files, folder) if _is_edited(folder / name, before.get(name))]
    if edited and not force:
        return refuse(files, folder, edited)
    write(files, folder, say_unchanged=say_unchanged)
    for name in left_over(files, folder, target):
        (folder / name).unlink()
        print(f"removed {shown(folder / name)}")
    _remember(files, folder, target)
    return OK


def left_over(files: Files, folder: Path, target: str) -> list[PurePosixPath]:
    """Name the files that were written before, are as they were written, and aren't to be written any more."""
    return [
        name
        for name, digest in _remembered(folder, target).items()
        if name not in files and (folder / name).is_file() and not _is_edited(folder / name, digest)
    ]


def refuse(files: Files, folder: Path, edited: list[PurePosixPath]) -> int:
    """Show what would be lost, and give the exit code."""
    for name in edited:
        sys.stdout.writelines(_difference(folder / name, files[name]))
    sys.stdout.flush()
    names = ", ".join(shown(folder / name) for name in edited)
    were = "was" if len(edited) == 1 else "were"
    isnt = "isn't" if len(edited) == 1 else "aren't"
    print(
        f"error: {names} {were} edited by hand, or {isnt} stagelang's: nothing was written\n"
        "  help: move what was edited into the pipeline or the settings, then compile again with --force",
        file=sys.stderr,
    )
    return USAGE


def write(files: Files, folder: Path, *, say_unchanged: bool = True) -> None:
    """Write files that differ from what is there, each as a whole, and say which."""
    changed = set(differing(files, folder))
    for name, text in files.items():
        if name in changed:
            _write(folder / name, text)
            print(f"wrote {shown(folder / name)}")
        elif say_unchanged:
            print(f"unchanged {shown(folder / name)}")


def compare(files: Files, folder: Path, target: str) -> int:
    """Show how files differ from what is there, and give the exit code."""
    stale = differing(files, folder)
    for name in stale:
        sys.stdout.writelines(_difference(folder / name, files[name]))
    old = left_over(files, folder, target)
    for name in old:
        print(f"{shown(folder / name)} is not written any more")
    if stale or old:
        print(
            f"error: {len(stale) + len(old)} of {len(files) + len(old)} files are stale\n  help: compile again without --check",
            file=sys.stderr,
        )
        return FINDINGS
    print(f"all {len(files)} files are up to date")
    return OK


def shown(path: Path) -> str:
    """Show a path relative to the current folder where it lies below it."""
    here = Path.cwd()
    return path.relative_to(here).as_posix() if path.is_relative_to(here) else str(path)


def _write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    beside = path.with_name(f".{path.name}-{os.urandom(6).hex()}")
    try:
        beside.write_text(text, encoding="utf-8", newline="\n")
        if text.startswith("#!"):
            beside.chmod(0o755)
        beside.replace(path)
    finally:
        beside.unlink(missing_ok=True)


def _there(path: Path) -> bytes | None:
    try:
        return path.read_bytes()
    except (FileNotFoundError, NotADirectoryError):
        return None


def _is_edited(path: Path, digest: str | None) -> bool:
    there = _there(path)
    return there is not None and hashlib.sha256(there).hexdigest() != digest


def _memory(folder: Path, target: str) -> Path:
    return folder / f".stagelang-{target}.sha256"


def _remembered(folder: Path, target: str) -> dict[PurePosixPath, str]:
    """Give the digest of each file as it was written last; lines that say nothing of the kind are passed over."""
    found: dict[PurePosixPath, str] = {}
    with suppress(OSError, UnicodeDecodeError):
        for line in _memory(folder, target).read_text(encoding="utf-8").splitlines():
            digest, gap, name = line[:_DIGITS], line[_DIGITS : _DIGITS + 2], line[_DIGITS + 2 :]
            path = PurePosixPath(name)
            if gap == "  " and name and not path.is_absolute() and ".." not in path.parts:
                found[path] = digest
    return found


def _remember(files: Files, folder: Path, target: str) -> None:
    lines = [f"{hashlib.sha256(text.encode()).hexdigest()}  {name}\n" for name, text in files.items()]
    path, text = _memory(folder, target), "".join(lines)
    if _there(path) != text.encode():
        _write(path, text)


def _difference(path: Path, text: str) -> Iterator[str]:
    there = (_there(path) or b"").decode(errors="replace")
    lines = difflib.unified_diff(
        there.splitlines(True),
        text.splitlines(True),
        f"{shown(path)} (there)",
        f"{shown(path)} (compiled)",
        n=1,
    )
    return (line if line.endswith("\n") else line + "\n" for line in lines)
