"""Find what is wrong with a pipeline, before anything runs."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from stagelang_backends.cli.main import FINDINGS, OK
from stagelang_backends.cli.spec_arguments import add_spec

if TYPE_CHECKING:
    from stagelang_compiler.diagnostics import Diagnostic
    from stagelang_compiler.plan import Plan
    from stagelang_compiler.settings import Settings


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare what the command takes."""
    add_spec(parser)
    parser.add_argument(
        "--format",
        choices=("text", "json", "sarif", "github", "junit"),
        default="text",
        help="how findings are written",
    )
    parser.add_argument(
        "--data", action="store_true", help="also look at the sources: headers and footers only"
    )
    parser.add_argument(
        "-t",
        "--target",
        default="",
        metavar="TARGET",
        help="also find what this target can't express, such as 'gha'",
    )
    parser.add_argument(
        "--base",
        default="",
        metavar="REF",
        help="also find breaking changes since this revision that no version tells of",
    )
    parser.add_argument("--exit-zero", action="store_true", help="give exit code 0 whatever is found")


def carry_out(arguments: argparse.Namespace) -> int:
    """Check, and print the findings to the standard output."""
    from stagelang_backends.cli.emitting import backend_of
    from stagelang_backends.cli.target_findings import check_tables, target_check
    from stagelang_compiler.compiler import check_file
    from stagelang_compiler.rendering import render, wants_colour

    targets = [backend_of(arguments.target).name] if arguments.target else []
    besides = [target_check(arguments.spec, targets)]
    if arguments.base:
        besides.append(_since(arguments))
    result = check_file(
        arguments.spec, pipeline=arguments.pipeline, of_settings=check_tables, of_plan=besides
    )
    root = result.spec.root if result.spec else arguments.spec.absolute().parent
    colour = arguments.format == "text" and wants_colour(sys.stdout)
    sys.stdout.write(render(result.diagnostics, format=arguments.format, root=root, colour=colour))
    data_ok = _check_data(result.plan, root) if arguments.data and result.plan else True
    if result.plan and arguments.format == "text":
        print("".join(f"{line}\n" for line in _left_open(result.plan)), end="")
        print(f"{result.plan.name}: {_counts(result.plan)}")
    return OK if arguments.exit_zero or (result.ok and data_ok) else FINDINGS


def _since(arguments: argparse.Namespace) -> Callable[[Plan, Settings], Iterator[Diagnostic]]:
    """Give a check for what changed since another revision in a breaking way, without a version that says so."""
    from stagelang_backends.cli.revision_plan import plan_named
    from stagelang_compiler.diff import diff, nothing
    from stagelang_compiler.diff.versions import breaking_findings

    base = plan_named(arguments.base, arguments.spec, arguments.pipeline)

    def check_versions(plan: Plan, _: Settings) -> Iterator[Diagnostic]:
        yield from breaking_findings(diff(base or nothing(plan), plan), base=arguments.base)

    return check_versions


def _counts(plan: Plan) -> str:
    counted = {"node": plan.nodes, "contract": plan.contracts, "metric": plan.metrics, "gate": plan.gates}
    return ", ".join(f"{len(each)} {word}{'' if len(each) == 1 else 's'}" for word, each in counted.items())


def _left_open(plan: Plan) -> Iterator[str]:
    """Say what the declarations leave open, so that gates judge it in the run; calls of one stage are told of once."""
    told = {
        f"  {bound.argument!r} of {node.stage or node.name!r}: {what}"
        for node in plan.nodes
        for bound in node.inputs
        for what in bound.unknown
    }
    if told:
        yield "can't be told from the declarations, so gates judge it in the run:"
        yield from sorted(told)


def _check_data(plan: Plan, root: Path) -> bool:
    """Look at every source's headers and footers, and print what is wrong with them, all at once."""
    from stagelang_runtime.inputs.peek import peek

    ok = True
    for node in plan.nodes:
        if node.source is None:
            continue
        contract = plan.contracts.get(node.outputs[0].contract)
        for problem in peek(node.source, contract, root):
            ok = False
            print(f"error: source {node.name!r}: {problem}\n  --> {node.origin}")
    return ok
