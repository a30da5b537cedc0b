"""Write the files of a target, such as a local script."""

from __future__ import annotations

import argparse
import difflib
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING

from stagelang_backends.cli.main import FINDINGS, OK, UsageError
from stagelang_backends.cli.spec_arguments import add_spec, home_of

if TYPE_CHECKING:
    from stagelang_backends.protocol import Kept


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare what the command takes."""
    add_spec(parser)
    parser.add_argument(
        "-t", "--target", default="local", metavar="TARGET", help="what to compile for (default: local)"
    )
    parser.add_argument(
        "-o",
        "--output",
        type=Path,
        default=None,
        metavar="FOLDER",
        help="where to write (default: build/TARGET beside the pipeline; for 'gha' the repository's root)",
    )
    parser.add_argument(
        "--check",
        action="store_true",
        help="write nothing; exit with 1 and show the difference if a file isn't what would be written",
    )
    parser.add_argument(
        "--regroup",
        action="store_true",
        help="put nodes into jobs anew, by how long they took when they ran last here",
    )
    parser.add_argument(
        "--force", action="store_true", help="write over a file even if it was edited by hand since"
    )


def carry_out(arguments: argparse.Namespace) -> int:
    """Compile, emit, and write what differs; or only compare."""
    from stagelang_backends.cli.compiling import compiled
    from stagelang_backends.cli.emitting import emitted, output_folder
    from stagelang_backends.protocol import Kept, UnknownTarget, find_backend

    try:
        backend = find_backend(arguments.target)
    except UnknownTarget as error:
        raise UsageError(f"{error}\n  help: choose one, or install the package that brings it") from None
    found = compiled(arguments.spec, arguments.pipeline, home_of(arguments.spec))
    if found is None:
        return FINDINGS
    folder = output_folder(backend, arguments.spec, arguments.output)
    files = emitted(backend, found[0], arguments.spec, folder, regroup=arguments.regroup)
    if files is None:
        return FINDINGS
    if arguments.check:
        return _compare(files, folder)
    if isinstance(backend, Kept) and not arguments.force:
        edited = [name for name in files if _is_edited(backend, files[name], folder / name)]
        if edited:
            return _refuse(files, folder, edited[0])
    return write(files, folder)


def _is_edited(backend: Kept, text: str, path: Path) -> bool:
    there = path.read_text(encoding="utf-8") if path.is_file() else None
    return there is not None and there != text and not backend.is_as_written(there)


def _refuse(files: Mapping[PurePosixPath, str], folder: Path, name: PurePosixPath) -> int:
    sys.stdout.writelines(_difference(folder / name, files[name]))
    print(
        f"error: {shown(folder / name)} was edited by hand, or isn't stagelang's: nothing was written\n"
        "  help: move what was edited into the pipeline or the settings, then compile again with --force",
        file=sys.stderr,
    )
    return FINDINGS


def write(files: Mapping[PurePosixPath, str], folder: Path) -> int:
    """Write files that differ from what is there, and say which."""
    for name, text in files.items():
        path = folder / name
        if path.is_file() and path.read_bytes() == text.encode():
            print(f"unchanged {shown(path)}")
            continue
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8", newline="\n")
        if text.startswith("#!"):
            path.chmod(0o755)
        print(f"wrote {shown(path)}")
    return OK


def _compare(files: Mapping[PurePosixPath, str], folder: Path) -> int:
    stale = 0
    for name, text in files.items():
        path = folder / name
        there = path.read_text(encoding="utf-8") if path.is_file() else ""
        if there == text:
            continue
        stale += 1
        sys.stdout.writelines(_difference(path, text))
    if stale:
        print(
            f"error: {stale} of {len(files)} files are stale\n  help: compile again without --check",
            file=sys.stderr,
        )
        return FINDINGS
    print(f"all {len(files)} files are up to date")
    return OK


def _difference(path: Path, text: str) -> Iterator[str]:
    there = path.read_text(encoding="utf-8") if path.is_file() else ""
    lines = difflib.unified_diff(
        there.splitlines(True),
        text.splitlines(True),
        f"{shown(path)} (there)",
        f"{shown(path)} (compiled)",
        n=1,
    )
    return (line if line.endswith("\n") else line + "\n" for line in lines)


def shown(path: Path) -> str:
    """Show a path relative to the current folder where it lies below it."""
    here = Path.cwd()
    return path.relative_to(here).as_posix() if path.is_relative_to(here) else str(path)
