"""Exchange contracts with other tools, as files of the Open Data Contract Standard (ODCS 3.1); what gets lost on the way is listed."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from stagelang_backends.cli.main import FINDINGS, OK, UsageError
from stagelang_backends.cli.spec_arguments import add_spec

if TYPE_CHECKING:
    from stagelang_compiler.odcs import Note
    from stagelang_compiler.plan import Contract

ENDING = ".odcs.yaml"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare what the command takes."""
    parts = parser.add_subparsers(dest="part", required=True, metavar="PART")
    out = parts.add_parser("export", help="write contracts of a pipeline as ODCS files", allow_abbrev=False)
    add_spec(out)
    out.add_argument("--contract", default="", metavar="NAME", help="only this one (default: all)")
    out.add_argument(
        "-o",
        "--output",
        type=Path,
        default=None,
        metavar="FOLDER",
        help="where to write NAME.odcs.yaml of each (default: the standard output, for one)",
    )
    into = parts.add_parser(
        "import", help="write a Python module of an ODCS file's contracts", allow_abbrev=False
    )
    into.add_argument("file", type=Path, metavar="FILE.odcs.yaml", help="the file")
    into.add_argument(
        "-o",
        "--output",
        type=Path,
        default=None,
        metavar="FILE.py",
        help="where to write (default: the standard output)",
    )
    for part in (out, into):
        part.add_argument("--strict", action="store_true", help="exit with 1 if anything gets lost")


def carry_out(arguments: argparse.Namespace) -> int:
    """Write, and list to the standard error what gets lost."""
    return _export(arguments) if arguments.part == "export" else _import(arguments)


def _export(arguments: argparse.Namespace) -> int:
    from stagelang_compiler.odcs import export

    chosen = _chosen(arguments)
    if chosen is None:
        return FINDINGS
    if arguments.output is None and len(chosen) != 1:
        raise UsageError(
            f"{len(chosen)} contracts don't go into one file\n"
            "  help: name a folder with --output, or one of them with --contract: " + ", ".join(chosen)
        )
    lost: list[str] = []
    for name, each in chosen.items():
        exported = export(each)
        lost += [note.text for note in exported.lost]
        path = arguments.output / f"{name}{ENDING}" if arguments.output else None
        _write(exported.text, path)
    return _told(lost, arguments)


def _chosen(arguments: argparse.Namespace) -> Mapping[str, Contract] | None:
    """Give the contracts of a pipeline that are asked for; None where it has errors, which are printed."""
    from stagelang_compiler.compiler import check_file
    from stagelang_compiler.diagnostics import did_you_mean
    from stagelang_compiler.rendering import render

    result = check_file(arguments.spec, pipeline=arguments.pipeline)
    if result.plan is None:
        sys.stderr.write(render(result.diagnostics, format="text", root=arguments.spec.absolute().parent))
        return None
    found = result.plan.contracts
    if not arguments.contract:
        return dict(sorted(found.items()))
    if arguments.contract not in found:
        meant = did_you_mean(arguments.contract, found)
        action = f"did you mean {meant!r}?" if meant else f"expected one of {', '.join(sorted(found))}"
        raise UsageError(f"the pipeline has no contract {arguments.contract!r}\n  help: {action}")
    return {arguments.contract: found[arguments.contract]}


def _import(arguments: argparse.Namespace) -> int:
    from stagelang_compiler.odcs import Malformed, read, source_of

    path: Path = arguments.file
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(f"can't read {str(path)!r}: {error}\n  help: name a file of the standard") from None
    try:
        found = read(text, path.name)
    except Malformed as error:
        for note in error.notes:
            print(f"error: {note.at(str(path))}", file=sys.stderr)
        raise UsageError(
            f"{str(path)!r} is no contract of the standard\n  help: correct these lines"
        ) from None
    _write(source_of(found.contracts, f"Contracts of {path.name}."), arguments.output)
    return _told(_placed(found.lost, path), arguments)


def _placed(notes: Sequence[Note], path: Path) -> list[str]:
    return [note.at(str(path)) for note in sorted(notes, key=lambda note: (note.line, note.text))]


def _told(lost: Sequence[str], arguments: argparse.Namespace) -> int:
    for each in lost:
        print(f"lost: {each}", file=sys.stderr)
    return FINDINGS if lost and arguments.strict else OK


def _write(text: str, path: Path | None) -> None:
    if path is None:
        sys.stdout.write(text)
        return
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8", newline="\n")
    except OSError as error:
        raise UsageError(
            f"can't write {str(path)!r}: {error.strerror}\n  help: name another place with --output"
        ) from None
    print(f"wrote {path}")
