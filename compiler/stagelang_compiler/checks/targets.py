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


def _rule(code: str, name: str, summary: str) -> Rule:
    return Rule(code=code, name=name, severity=Severity.ERROR, summary=summary, waivable=False)


INEXPRESSIBLE = _rule("SL802", "inexpressible-plan", "a target can't express something of the pipeline")
RULES = (
    LONG_NAME,
    INEXPRESSIBLE,
    _rule("SL803", "unmet-resources", "a stage needs more than any of the target's machines has"),
    _rule(
        "SL804",
        "unprovided-variable",
        "a stage reads a variable that the target isn't told where to take from",
    ),
    _rule("SL805", "reserved-variable", "a stage reads a variable whose name the target keeps for itself"),
    _rule("SL806", "overfrequent-schedule", "the pipeline is due more often than the target starts anything"),
    _rule("SL807", "too-many-jobs", "the pipeline takes more jobs than the target holds"),
    _rule("SL808", "overlong-job", "a job carries out more nodes than it can be told of"),
    _rule("SL809", "oversized-workflow", "the emitted file is larger than the target reads"),
    _rule("SL810", "unwritable-path", "the way to the pipeline can't be written in the target's language"),
    _rule("SL811", "clashing-files", "one node's file would have to be another node's folder"),
)
"""But for the first, these are found by the targets themselves, which name the codes (`stagelang_backends.protocol.Inexpressible`)."""


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
