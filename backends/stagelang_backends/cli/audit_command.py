"""Change the rows that metrics are measured on, and see whether anything that was fitted changes."""

from __future__ import annotations

import argparse

from stagelang_backends.cli.main import FINDINGS, OK, USAGE
from stagelang_backends.cli.run_command import positive
from stagelang_backends.cli.spec_arguments import add_spec, add_store, home_of, store_of


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


def carry_out(arguments: argparse.Namespace) -> int:
    """Compile, run, change, run again, and print an answer for all rows that metrics are measured on."""
    from stagelang_backends.cli.compiling import compiled

    found = compiled(arguments.spec, arguments.pipeline, home_of(arguments.spec))
    if found is None:
        return FINDINGS
    from stagelang_runtime.audit import audit
    from stagelang_runtime.execute.results import RunOptions
    from stagelang_runtime.session import is_own_code, keep_out_of_git

    plan, _ = found
    jobs = {} if arguments.jobs is None else {"jobs": arguments.jobs}
    root, location = arguments.spec.absolute().parent, store_of(arguments)
    if not is_own_code(plan, root):
        return USAGE
    keep_out_of_git(root / ".stagelang")
    answers = audit(plan, root=root, store=location.open(), options=RunOptions(**jobs))
    print(*answers, sep="\n")
    if not answers:
        print(f"not measured: pipeline {plan.name!r} has no metric of rows")
    return OK if answers and all(each.answer == "independent" for each in answers) else FINDINGS
