"""Make a first pipeline in a folder: a pipeline.py that runs, and the data that it reads."""

from __future__ import annotations

import argparse
import shlex
from importlib.resources import files
from importlib.util import find_spec
from pathlib import Path

from stagelang_backends.cli.main import OK, UsageError
from stagelang_backends.cli.written import shown

FILES = ("pipeline.py", "data/households.csv")
"""What is made, in `first_pipeline/` of this package and in the reader's folder alike."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare what the command takes."""
    parser.add_argument(
        "folder",
        nargs="?",
        default=".",
        type=Path,
        metavar="FOLDER",
        help="where to make it (default: the current folder)",
    )


def carry_out(arguments: argparse.Namespace) -> int:
    """Copy the files where none of them is yet, and say what to type next."""
    folder: Path = arguments.folder
    there = [name for name in FILES if (folder / name).exists()]
    if there:
        raise UsageError(
            f"{str(folder / there[0])!r} is there already, and nothing is overwritten\n"
            "  help: name another folder, such as 'stagelang init my-pipeline'"
        )
    templates = files("stagelang_backends.cli") / "first_pipeline"
    for name in FILES:
        _make(folder / name, templates.joinpath(name).read_bytes())
        print(f"wrote {shown((folder / name).absolute())}")
    if find_spec("pandas") is None:
        print("\nit needs pandas: pip install 'stagelang[pandas]'")
    print("\nnext:")
    for command in _next(folder):
        print(f"  {command}")
    return OK


def _make(path: Path, content: bytes) -> None:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("xb") as file:
            file.write(content)
    except OSError as error:
        raise UsageError(
            f"{str(path)!r} can't be written: {error.strerror}\n  help: name a folder that you may write to"
        ) from None


def _next(folder: Path) -> list[str]:
    file = folder / FILES[0]
    named = "" if file == Path(FILES[0]) else f" {shlex.quote(str(file))}"
    return [f"stagelang check{named}", f"stagelang run{named}"]
