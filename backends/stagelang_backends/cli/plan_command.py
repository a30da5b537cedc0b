"""Show the compiled plan, as text to read or as canonical JSON."""

from __future__ import annotations

import argparse
import sys

from stagelang_backends.cli.main import FINDINGS, OK
from stagelang_backends.cli.spec_arguments import add_spec, home_of


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare what the command takes."""
    add_spec(parser)
    parser.add_argument(
        "--format",
        choices=("text", "json", "schema"),
        default="text",
        help="text, canonical JSON, or the JSON Schema of plans",
    )


def carry_out(arguments: argparse.Namespace) -> int:
    """Compile, and print the plan to the standard output."""
    from stagelang_backends.cli.compiling import compiled

    if arguments.format == "schema":
        import json

        from stagelang_compiler.plan_schema import plan_schema

        print(json.dumps(plan_schema(), indent=2))
        return OK
    found = compiled(arguments.spec, arguments.pipeline, home_of(arguments.spec))
    if found is None:
        return FINDINGS
    plan, _ = found
    if arguments.format == "json":
        from stagelang_compiler.plan_codec import dumps

        sys.stdout.write(dumps(plan))
    else:
        from stagelang_compiler.plan_text import plan_text

        sys.stdout.write(plan_text(plan))
    return OK
