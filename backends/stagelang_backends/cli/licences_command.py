"""List the licences of all distributions that a pipeline's stages bring, and which the project allows.

A stage brings what its code imports, and what that requires. A program that a command starts is not looked into.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from stagelang_backends.cli.main import FINDINGS, OK
from stagelang_backends.cli.spec_arguments import add_spec

if TYPE_CHECKING:
    from stagelang_compiler.plan import Plan
    from stagelang_compiler.settings import Rules


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare what the command takes."""
    add_spec(parser)
    parser.add_argument("--format", choices=("text", "json"), default="text", help="how the list is written")


def carry_out(arguments: argparse.Namespace) -> int:
    """Print the list; fail where the project allows some licences, and one is another or isn't known."""
    from stagelang_compiler.compiler import check_file
    from stagelang_compiler.rendering import render

    result = check_file(arguments.spec, pipeline=arguments.pipeline)
    if result.lowered is None:
        root = arguments.spec.absolute().parent
        sys.stderr.write(render(result.diagnostics, format="text", root=root))
        return FINDINGS
    rules = result.settings.rules
    rows = _rows(result.lowered, rules)
    if arguments.format == "json":
        print(json.dumps(rows, indent=2))
    else:
        _print(rows)
    refused = any(row["allowed"] is False for row in rows)
    return FINDINGS if refused else OK


def _rows(plan: Plan, rules: Rules) -> list[dict[str, Any]]:
    from stagelang_compiler.licences.declared import licence_of
    from stagelang_compiler.licences.reached import reached
    from stagelang_compiler.licences.spdx import refused

    rows: list[dict[str, Any]] = []
    for each in reached(plan):
        declared = licence_of(each.name, rules.licences_known)
        known = bool(declared.licence)
        rows.append(
            {
                "distribution": each.name,
                "version": declared.version,
                "licence": declared.licence,
                "declared": declared.words,
                "allowed": known and not refused(declared.licence, rules.licences_allow)
                if rules.licences_allow
                else None,
                "stages": list(each.stages),
                "way": list(each.way),
            }
        )
    return rows


_WORDS = {True: "allowed", False: "refused", None: ""}


def _print(rows: Sequence[dict[str, Any]]) -> None:
    if not rows:
        print("no distribution is reached")
        return
    table = [
        (
            f"{row['distribution']} {row['version']}".strip(),
            row["licence"] or "unknown",
            _WORDS[row["allowed"]],
            " -> ".join((row["stages"][0], *row["way"])),
            "" if row["licence"] else f"({row['declared']})",
        )
        for row in rows
    ]
    widths = [max(len(line[column]) for line in table) for column in range(4)]
    for line in table:
        padded = [text.ljust(width) for text, width in zip(line, widths, strict=False) if width]
        print("  ".join([*padded, line[4]]).rstrip())
