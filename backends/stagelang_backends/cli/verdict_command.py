"""Judge the gates over nodes that were carried out one by one, and print what the run came to."""

from __future__ import annotations

import argparse

from stagelang_backends.cli.compiled_plan import add_plan, plan_text_of, root_of, store_of
from stagelang_backends.cli.main import UsageError


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare what the command takes."""
    add_plan(parser)


def carry_out(arguments: argparse.Namespace) -> int:
    """Put the nodes' notes together and judge them."""
    from stagelang_compiler.plan_codec import PlanError, loads, text_digest
    from stagelang_runtime.session import conclude

    text = plan_text_of(arguments)
    try:
        plan = loads(text)
    except PlanError as error:
        raise UsageError(str(error)) from None
    root = root_of(arguments)
    return conclude(
        plan,
        digest=text_digest(text),
        root=root,
        location=store_of(arguments, root),
        notes=arguments.notes,
    )
