"""Write the files of a target, such as a local script."""

from __future__ import annotations

import argparse
import difflib
import os
import sys
from collections.abc import Mapping
from pathlib import Path, PurePosixPath

from stagelang_backends.cli.main import FINDINGS, OK, UsageError
from stagelang_backends.cli.spec_arguments import add_spec, home_of


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
        help="where to write (default: build/TARGET beside the pipeline)",
    )
    parser.add_argument(
        "--check",
        action="store_true",
        help="write nothing; exit with 1 and show the difference if a file isn't what would be written",
    )


def carry_out(arguments: argparse.Namespace) -> int:
    """Compile, emit, and write what differs; or only compare."""
    from stagelang_backends.cli.compiling import compiled
    from stagelang_backends.protocol import EmitOptions, UnknownTarget, find_backend

    try:
        backend = find_backend(arguments.target)
    except UnknownTarget as error:
        raise UsageError(f"{error}\n  help: choose one, or install the package that brings it") from None
    found = compiled(arguments.spec, arguments.pipeline, home_of(arguments.spec))
    if found is None:
        return FINDINGS
    root = arguments.spec.absolute().parent
    folder: Path = arguments.output.absolute() if arguments.output else root / "build" / arguments.target
    to_root = PurePosixPath(Path(os.path.relpath(root, folder)).as_posix())
    files = backend.emit(found[0], EmitOptions(to_root=to_root))
    return _compare(files, folder) if arguments.check else write(files, folder)


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
        difference = difflib.unified_diff(
            there.splitlines(True),
            text.splitlines(True),
            f"{shown(path)} (there)",
            f"{shown(path)} (compiled)",
            n=1,
        )
        sys.stdout.writelines(line if line.endswith("\n") else line + "\n" for line in difference)
    if stale:
        print(
            f"error: {stale} of {len(files)} files are stale\n  help: compile again without --check",
            file=sys.stderr,
        )
        return FINDINGS
    print(f"all {len(files)} files are up to date")
    return OK


def shown(path: Path) -> str:
    """Show a path relative to the current folder where it lies below it."""
    here = Path.cwd()
    return path.relative_to(here).as_posix() if path.is_relative_to(here) else str(path)
