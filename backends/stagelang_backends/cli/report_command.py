"""Write the last run's report as one HTML page."""

from __future__ import annotations

import argparse
from pathlib import Path

from stagelang_backends.cli.main import FINDINGS, OK, UsageError
from stagelang_backends.cli.spec_arguments import add_spec, add_store, home_of, store_of
from stagelang_backends.cli.written import shown


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare what the command takes."""
    add_spec(parser)
    add_store(parser)
    parser.add_argument(
        "-o",
        "--output",
        type=Path,
        default=None,
        metavar="FILE",
        help="where to write (default: report.html beside the pipeline)",
    )


def carry_out(arguments: argparse.Namespace) -> int:
    """Render the report of the plan's last run."""
    from stagelang_backends.cli.compiling import compiled_from
    from stagelang_runtime.session import read_outcome

    found = compiled_from(arguments.spec, arguments.pipeline, home_of(arguments.spec))
    if found is None:
        return FINDINGS
    plan, digest = found.plan, found.digest
    outcome = read_outcome(store_of(arguments).root, plan.name)
    if outcome is None:
        raise UsageError(
            f"pipeline {plan.name!r} has not been run\n  help: run it first, with 'stagelang run'"
        )
    from stagelang_backends.lineage.picture import svg_of
    from stagelang_runtime.report import report_html

    root = arguments.spec.absolute().parent
    path: Path = arguments.output.absolute() if arguments.output else root / "report.html"
    text = report_html(
        plan,
        outcome,
        digest=digest,
        location=store_of(arguments),
        lineage_svg=svg_of(plan, outcome=outcome if outcome["plan"] == digest else None),
        waived=found.waived,
    )
    path.write_text(text, encoding="utf-8", newline="\n")
    print(f"wrote {shown(path)}")
    return OK
