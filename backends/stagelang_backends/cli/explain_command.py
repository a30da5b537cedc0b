"""Explain a rule: why it exists, a wrong and a right example."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterable

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
    from stagelang_compiler.rendering import wants_colour
    from stagelang_compiler.rendering.explain import explain_text

    if not arguments.code:
        for rule in RULES:
            print(f"{rule.code}  {rule.severity.value:<7}  {rule.name:<28}  {rule.summary}")
        return OK
    codes = {word: rule.code for rule in RULES for word in (rule.code, rule.code.lower(), rule.name)}
    code = codes.get(arguments.code)
    if code is None:
        raise UsageError(_unknown(arguments.code, codes))
    sys.stdout.write(explain_text(code, colour=wants_colour(sys.stdout)))
    return OK


def _unknown(word: str, known: Iterable[str]) -> str:
    from difflib import get_close_matches

    near = get_close_matches(word, known, 1) or [name for name in known if word in name]
    action = f"did you mean '{near[0]}'?" if near else "list all rules with 'stagelang explain'"
    return f"no rule has the code or the name {word!r}\n  help: {action}"
