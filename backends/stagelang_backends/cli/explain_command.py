"""Explain a rule: why it exists, a wrong and a right example."""

from __future__ import annotations

import argparse
import sys

from stagelang_backends.cli.main import OK, UsageError


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare what the command takes."""
    parser.add_argument(
        "code",
        nargs="?",
        default="",
        metavar="CODE",
        help="the rule's code or name; without one, all rules are listed",
    )


def carry_out(arguments: argparse.Namespace) -> int:
    """Print a rule's page, or the list of rules."""
    from stagelang_compiler.checks import RULES
    from stagelang_compiler.pages import UnknownCodeError
    from stagelang_compiler.rendering import wants_colour
    from stagelang_compiler.rendering.explain import explain_text

    if not arguments.code:
        for rule in RULES:
            print(f"{rule.code}  {rule.severity.value:<7}  {rule.name:<28}  {rule.summary}")
        return OK
    named = {rule.name: rule.code for rule in RULES}
    try:
        sys.stdout.write(
            explain_text(named.get(arguments.code, arguments.code.upper()), colour=wants_colour(sys.stdout))
        )
    except UnknownCodeError as error:
        raise UsageError(str(error)) from None
    return OK
