"""Note which nodes of a compiled plan are up to date, forget the notes of all others, and list these. Nothing is carried out."""

from __future__ import annotations

import argparse

from stagelang_backends.cli.compiled_plan import add_plan, plan_text_of, root_of, store_of
from stagelang_backends.cli.main import UsageError


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare what the command takes."""
    add_plan(parser)


def carry_out(arguments: argparse.Namespace) -> int:
    """Bring the notes up to date."""
    from stagelang_compiler.plan_codec import PlanError, loads
    from stagelang_runtime.session import settle_notes

    try:
        plan = loads(plan_text_of(arguments))
    except PlanError as error:
        raise UsageError(str(error)) from None
    root = root_of(arguments)
    return settle_notes(plan, root=root, location=store_of(arguments, root), notes=arguments.notes)
