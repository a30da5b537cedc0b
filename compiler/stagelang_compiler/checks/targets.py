"""SL8: what a backend can't express, or what would break its limits."""

from __future__ import annotations

from collections.abc import Iterator

from stagelang_compiler.diagnostics import Diagnostic, Place, Rule, Severity
from stagelang_compiler.graph import Graph

LONG_NAME = Rule(
    code="SL801",
    name="overlong-name",
    severity=Severity.ERROR,
    summary="a name too long for file names and job names",
    waivable=False,
)
_MOST = 100
"""GitHub job names and Windows paths leave room for about this many characters."""

RULES = (LONG_NAME,)


def check_lengths(graph: Graph) -> Iterator[Diagnostic]:
    """Check that names leave room for what backends put around them."""
    for node in graph.nodes:
        if len(node.name) > _MOST:
            yield Diagnostic(
                rule=LONG_NAME,
                message=f"name {node.name[:40] + '...'!r} has {len(node.name)} characters",
                places=(Place(node.origin),),
                subject=node.name,
                expected=f"at most {_MOST}",
                help="shorten it, with .named(...) or name=...",
            )


CHECKS = (check_lengths,)
