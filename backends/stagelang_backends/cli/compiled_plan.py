"""What every command that takes a compiled plan has in common: which file, the pipeline's folder, the notes, the store."""

from __future__ import annotations

import argparse
from pathlib import Path

from stagelang_backends.cli.main import UsageError
from stagelang_backends.cli.spec_arguments import HOME
from stagelang_runtime.location import Location, locate_store


def add_plan(parser: argparse.ArgumentParser) -> None:
    """Take a plan's file, and where its nodes are carried out."""
    parser.add_argument("--plan", required=True, type=Path, metavar="FILE", help="the compiled plan")
    parser.add_argument(
        "--root",
        type=Path,
        default=Path(),
        metavar="FOLDER",
        help="the pipeline's folder (default: the current one)",
    )
    parser.add_argument(
        "--notes",
        required=True,
        type=_absolute,
        metavar="FOLDER",
        help="where each node's last receipt is noted",
    )
    parser.add_argument(
        "--store",
        default=None,
        metavar="LOCATION",
        help="where results are kept: a folder or a URL (default: .stagelang/store in the pipeline's folder)",
    )


def plan_text_of(arguments: argparse.Namespace) -> str:
    """Read the plan. Raises UsageError."""
    path: Path = arguments.plan
    try:
        return path.read_text(encoding="utf-8")
    except OSError as error:
        raise UsageError(
            f"the plan can't be read: {error}\n  help: compile the pipeline, or name its plan.json"
        ) from None


def root_of(arguments: argparse.Namespace) -> Path:
    """Give the pipeline's folder."""
    root: Path = arguments.root
    return root.resolve()


def store_of(arguments: argparse.Namespace, root: Path) -> Location:
    """Say where the store is, from the command line and the pipeline's folder."""
    return locate_store(arguments.store, root / HOME)


def _absolute(text: str) -> Path:
    return Path(text).absolute()
