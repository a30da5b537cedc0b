"""Say which columns each column is made of, from the sources to the metrics."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING

from stagelang_backends.cli.main import FINDINGS, OK, UsageError
from stagelang_backends.cli.spec_arguments import add_spec, home_of

if TYPE_CHECKING:
    from stagelang_backends.lineage.columns import ColumnFact
    from stagelang_compiler.plan import Plan


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare what the command takes."""
    add_spec(parser)
    parser.add_argument(
        "--format",
        choices=("text", "json", "svg", "dot", "mermaid"),
        default="text",
        help="lines to read, JSON, or a picture of columns",
    )
    parser.add_argument(
        "--of",
        default="",
        metavar="NODE[:COLUMN]",
        help="only what a node's columns, or one of them, are made of, up to the sources",
    )


def carry_out(arguments: argparse.Namespace) -> int:
    """Compile, and print what the columns are made of."""
    from stagelang_backends.cli.compiling import compiled
    from stagelang_backends.lineage.columns import column_facts

    found = compiled(arguments.spec, arguments.pipeline, home_of(arguments.spec))
    if found is None:
        return FINDINGS
    plan = found[0]
    facts = column_facts(plan)
    if arguments.of:
        facts = _upstream(plan, facts, arguments.of)
    sys.stdout.write(_written(plan, facts, arguments.format))
    return OK


def _upstream(plan: Plan, facts: tuple[ColumnFact, ...], of: str) -> tuple[ColumnFact, ...]:
    from stagelang_backends.lineage.columns import upstream_of
    from stagelang_compiler.diagnostics import did_you_mean

    node, _, column = of.partition(":")
    found = upstream_of(facts, node, column.strip())
    if found:
        return found
    names = [fact.ref.column for fact in facts if fact.ref.node == node and fact.ref.column]
    there = names if node in plan.by_name else [*plan.by_name]
    what = (
        f"{node!r} has no column {column.strip()!r}"
        if node in plan.by_name
        else f"pipeline {plan.name!r} has no node {node!r}"
    )
    meant = did_you_mean(column.strip() if node in plan.by_name else node, there)
    action = (
        f"did you mean {meant!r}?"
        if meant
        else f"name one of: {', '.join(sorted(there)[:20]) or '(there are none)'}"
    )
    raise UsageError(f"{what}\n  help: {action}")


def _written(plan: Plan, facts: Sequence[ColumnFact], form: str) -> str:
    from stagelang_backends.lineage.columns import columns_drawing, facts_json
    from stagelang_compiler.plan_codec import canonical

    match form:
        case "json":
            return canonical(facts_json(plan, facts))
        case "text":
            return "".join(f"{fact}\n" for fact in facts)
        case "svg":
            from stagelang_backends.lineage.picture import svg_text

            return svg_text(columns_drawing(plan, facts), {})
        case "dot":
            from stagelang_backends.lineage.dot import dot_text

            return dot_text(columns_drawing(plan, facts), {})
        case _:
            from stagelang_backends.lineage.mermaid import mermaid_text

            return mermaid_text(columns_drawing(plan, facts))
