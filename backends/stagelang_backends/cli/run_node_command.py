"""Carry out chosen nodes of a compiled plan, as Makefiles, CI jobs and batch systems do."""

from __future__ import annotations

import argparse

from stagelang_backends.cli.compiled_plan import add_plan, plan_text_of, root_of, store_of
from stagelang_backends.cli.run_command import positive


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare what the command takes."""
    parser.add_argument("nodes", nargs="+", metavar="NODE", help="the nodes' names, such as 'embed.train'")
    add_plan(parser)
    parser.add_argument(
        "-j",
        "--jobs",
        type=positive,
        default=None,
        metavar="N",
        help="threads to use together (default: all cores)",
    )
    parser.add_argument(
        "--attempt",
        type=positive,
        default=None,
        metavar="N",
        help="try each node once, for the Nth time: for engines that count attempts (default: as often as stages say)",
    )
    parser.add_argument("--force", action="store_true", help="run them even where they are up to date")


def carry_out(arguments: argparse.Namespace) -> int:
    """Carry out the nodes, and what they read where that is missing."""
    from stagelang_runtime.execute.results import RunOptions
    from stagelang_runtime.session import run_nodes

    jobs = {} if arguments.jobs is None else {"jobs": arguments.jobs}
    root = root_of(arguments)
    return run_nodes(
        plan_text_of(arguments),
        arguments.nodes,
        root=root,
        location=store_of(arguments, root),
        notes=arguments.notes,
        options=RunOptions(keep_going=True, force=arguments.force, **jobs),
        attempt=arguments.attempt,
    )
