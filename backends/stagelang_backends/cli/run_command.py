"""Run what isn't up to date, and judge the gates."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from stagelang_backends.cli.main import FINDINGS, OK
from stagelang_backends.cli.spec_arguments import add_spec, add_store, home_of, store_of
from stagelang_backends.cli.unchanged import say_unchanged

if TYPE_CHECKING:
    from stagelang_compiler.plan import Plan
    from stagelang_runtime.location import Location


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare what the command takes."""
    add_spec(parser)
    add_store(parser)
    parser.add_argument(
        "-j",
        "--jobs",
        type=positive,
        default=None,
        metavar="N",
        help="threads to use together (default: all cores)",
    )
    parser.add_argument(
        "-k", "--keep-going", action="store_true", help="finish what doesn't depend on a failed stage"
    )
    parser.add_argument("--force", action="store_true", help="run everything, even what is up to date")
    parser.add_argument(
        "-n", "--dry-run", action="store_true", help="say what would run and why, and run nothing"
    )
    parser.add_argument(
        "--exit-code", action="store_true", help="with --dry-run: exit with 1 if anything would run"
    )
    parser.add_argument(
        "--trace", action="store_true", help="show the frames of libraries too when a stage fails"
    )


def positive(text: str) -> int:
    """Read a whole number above 0."""
    if not text.isdecimal() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"expected a whole number above 0, got {text!r}")
    return int(text)


def carry_out(arguments: argparse.Namespace) -> int:
    """Compile, run, judge, and print."""
    location = store_of(arguments)
    # What others may change can't be seen here without asking, and to ask is what a run does.
    if not (arguments.force or arguments.dry_run or location.is_shared):
        code = say_unchanged(arguments.spec, arguments.pipeline, location.root)
        if code is not None:
            return code
    from stagelang_backends.cli.compiling import compiled

    found = compiled(arguments.spec, arguments.pipeline, home_of(arguments.spec), notes=True)
    if found is None:
        return FINDINGS
    plan, digest = found
    root = arguments.spec.absolute().parent
    if arguments.dry_run:
        return _dry_run(plan, root, location, arguments.exit_code)
    from stagelang_runtime.execute.results import RunOptions
    from stagelang_runtime.session import run_session

    jobs = {} if arguments.jobs is None else {"jobs": arguments.jobs}
    options = RunOptions(keep_going=arguments.keep_going, force=arguments.force, **jobs)
    code = run_session(
        plan, digest=digest, root=root, location=location, options=options, trace=arguments.trace
    )
    _say_where(arguments, sys.stdout.isatty())
    return code


def _dry_run(plan: Plan, root: Path, location: Location, with_code: bool) -> int:
    from stagelang_runtime.execute.dry import dry_run

    steps = dry_run(plan, root=root, store=location.open()).values()
    for step in steps:
        print(step)
    would = sum(step.action != "hit" for step in steps)
    print(f"{would} of {len(steps)} nodes would run" if would else f"all {len(steps)} nodes are up to date")
    return FINDINGS if with_code and would else OK


def _say_where(arguments: argparse.Namespace, terminal: bool) -> None:
    if terminal:
        named = "" if arguments.spec == Path("pipeline.py") else f" {arguments.spec}"
        print(f"\n'stagelang report{named}' writes the report, 'stagelang diagram{named}' draws the pipeline")
