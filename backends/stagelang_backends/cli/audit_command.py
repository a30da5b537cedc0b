"""Look for leakage in a run: change the rows that metrics are measured on, compare them with those learnt from, ask stages about rows."""

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
        "--columns",
        action="store_true",
        help="permute what columns say they aren't made of instead, and see whether they change",
    )
    parser.add_argument(
        "-j",
        "--jobs",
        type=positive,
        default=None,
        metavar="N",
        help="threads to use together (default: all cores)",
    )


def carry_out(arguments: argparse.Namespace) -> int:
    """Compile, run, change, run again, and print what was found about all rows that metrics are measured on."""
    from stagelang_backends.cli.compiling import compiled

    found = compiled(arguments.spec, arguments.pipeline, home_of(arguments.spec))
    if found is None:
        return FINDINGS
    from stagelang_compiler.checks.leakage.row_wise import row_wise
    from stagelang_compiler.compiler import check_file
    from stagelang_runtime.audit import audit, audit_columns, audit_rows
    from stagelang_runtime.execute.results import RunOptions
    from stagelang_runtime.session import is_own_code, keep_out_of_git

    plan, _ = found
    jobs = {} if arguments.jobs is None else {"jobs": arguments.jobs}
    root, location = arguments.spec.absolute().parent, store_of(arguments)
    if not is_own_code(plan, root):
        return USAGE
    keep_out_of_git(root / ".stagelang")
    store, options = location.open(), RunOptions(**jobs)
    if arguments.columns:
        told = audit_columns(plan, root=root, store=store, options=options)
        print(*told, sep="\n")
        if not told:
            print(f"not measured: pipeline {plan.name!r} has no column of which is known what it is made of")
        wrong = any(each.answer in ("depends", "not measured") for each in told)
        return FINDINGS if wrong or not told else OK
    answers = audit(plan, root=root, store=store, options=options)
    graph = check_file(arguments.spec, pipeline=arguments.pipeline).graph
    taken = row_wise(graph) if graph is not None else ()
    measured = audit_rows(plan, root=root, store=store, options=options, row_wise=taken)
    print(*answers, *measured, sep="\n")
    if not answers:
        print(f"not measured: pipeline {plan.name!r} has no metric of rows")
    is_clean = all(each.answer == "independent" for each in answers)
    return OK if answers and is_clean and all(each.verdict == "pass" for each in measured) else FINDINGS
