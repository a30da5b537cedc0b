"""What every command that takes a pipeline has in common: which file, which pipeline, where results are kept."""

from __future__ import annotations

import argparse
from pathlib import Path

from stagelang_runtime.location import Location, locate_store

HOME = ".stagelang"
"""The folder beside a pipeline where its store and state are kept."""


def add_spec(parser: argparse.ArgumentParser) -> None:
    """Take a pipeline's file, and its name where the file declares several."""
    parser.add_argument(
        "spec",
        nargs="?",
        default="pipeline.py",
        type=Path,
        metavar="PIPELINE.py",
        help="the pipeline's file (default: pipeline.py)",
    )
    parser.add_argument(
        "--pipeline", default="", metavar="NAME", help="the pipeline's name, where the file declares several"
    )


def add_store(parser: argparse.ArgumentParser) -> None:
    """Take the folder or the URL at which results are kept."""
    parser.add_argument(
        "--store",
        default=None,
        metavar="LOCATION",
        help=f"where results are kept: a folder or a URL (default: {HOME}/store beside the pipeline)",
    )


def home_of(spec: Path) -> Path:
    """Give the folder in which a pipeline's results and state are kept."""
    return spec.absolute().parent / HOME


def store_of(arguments: argparse.Namespace) -> Location:
    """Say where the store is."""
    return locate_store(arguments.store, home_of(arguments.spec))
