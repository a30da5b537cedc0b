"""What every command that takes a pipeline has in common: which file, which pipeline, where results are kept."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from stagelang_compiler.compiler import Checked

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
    """Take the folder in which results are kept."""
    parser.add_argument(
        "--store",
        type=Path,
        default=None,
        metavar="FOLDER",
        help=f"where results are kept (default: {HOME}/store beside the pipeline)",
    )


def home_of(spec: Path) -> Path:
    """Give the folder in which a pipeline's results and state are kept."""
    return spec.absolute().parent / HOME


def store_of(arguments: argparse.Namespace) -> Path:
    """Give the store's folder."""
    return arguments.store.absolute() if arguments.store else home_of(arguments.spec) / "store"


def checked(arguments: argparse.Namespace) -> Checked:
    """Check a spec, print its findings to the standard error, and give what was found."""
    from stagelang_compiler.compiler import check_file
    from stagelang_compiler.rendering import render, wants_colour

    result = check_file(arguments.spec, pipeline=arguments.pipeline)
    if result.diagnostics:
        root = result.spec.root if result.spec else arguments.spec.absolute().parent
        sys.stderr.write(
            render(result.diagnostics, format="text", root=root, colour=wants_colour(sys.stderr))
        )
    return result
