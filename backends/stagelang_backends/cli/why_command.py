"""Say why a node would run again, or wouldn't: the first difference from its last run."""

from __future__ import annotations

import argparse

from stagelang_backends.cli.main import FINDINGS, OK, UsageError
from stagelang_backends.cli.spec_arguments import add_spec, add_store, home_of, store_of


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare what the command takes."""
    parser.add_argument("node", metavar="NODE", help="the node's name, such as 'embed.train'")
    add_spec(parser)
    add_store(parser)


def carry_out(arguments: argparse.Namespace) -> int:
    """Compare the node's key with that of its last run, and print the first difference."""
    from stagelang_backends.cli.compiling import compiled
    from stagelang_compiler.diagnostics import did_you_mean
    from stagelang_runtime.execute.dry import why

    found = compiled(arguments.spec, arguments.pipeline, home_of(arguments.spec))
    if found is None:
        return FINDINGS
    plan, _ = found
    if arguments.node not in plan.by_name:
        meant = did_you_mean(arguments.node, plan.by_name)
        action = f"did you mean {meant!r}?" if meant else f"name one of: {', '.join(plan.by_name)}"
        raise UsageError(f"pipeline {plan.name!r} has no node {arguments.node!r}\n  help: {action}")
    print(
        why(
            plan,
            arguments.node,
            root=arguments.spec.absolute().parent,
            store=store_of(arguments).open(),
        )
    )
    return OK
