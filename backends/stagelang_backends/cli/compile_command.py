"""Write the files of a target, such as a local script."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from stagelang_backends.cli.main import FINDINGS, OK
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
    from stagelang_backends.cli.emitting import backend_of, emitted, output_folder, say_engine, say_notes
    from stagelang_backends.cli.written import compare, differing, put, refuse, write
    from stagelang_backends.protocol import Kept

    backend = backend_of(arguments.target)
    found = compiled(arguments.spec, arguments.pipeline, home_of(arguments.spec))
    if found is None:
        return FINDINGS
    folder = output_folder(backend, arguments.spec, arguments.output)
    files = emitted(backend, found[0], arguments.spec, folder, regroup=arguments.regroup)
    if files is None:
        return FINDINGS
    if arguments.check:
        return compare(files, folder, backend.name)
    if not isinstance(backend, Kept):
        code = put(files, folder, backend.name, force=arguments.force)
        if code == OK:
            say_engine(backend)
        return code
    edited = [name for name in differing(files, folder) if _is_edited(backend, folder / name)]
    if edited and not arguments.force:
        return refuse(files, folder, edited)
    write(files, folder)
    say_notes(backend, found[0], arguments.spec, files, folder)
    return OK


def _is_edited(backend: Kept, path: Path) -> bool:
    return path.is_file() and not backend.is_as_written(path.read_text(encoding="utf-8"))
