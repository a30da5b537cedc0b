"""Renders findings as GitHub Actions workflow commands, which show at the lines of a pull request."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from stagelang_compiler.diagnostics import Diagnostic, Severity
from stagelang_compiler.rendering.source import Sources, visible

_MOST = {Severity.ERROR: 10, Severity.WARNING: 10, Severity.NOTE: 9}
"""GitHub shows ten annotations of a kind from one step; one notice is kept for what is left out."""
_COMMANDS = {Severity.ERROR: "error", Severity.WARNING: "warning", Severity.NOTE: "notice"}


def render_github(findings: Sequence[Diagnostic], sources: Sources) -> str:
    """Give a line per finding, as many as GitHub shows, and a notice that counts the rest; what is waived comes last, as notices."""
    shown: list[Diagnostic] = []
    left_out: list[Diagnostic] = []
    free = dict(_MOST)
    for finding in sorted(findings, key=lambda finding: bool(finding.waived_by)):
        severity = _shown_as(finding)
        (shown if free[severity] else left_out).append(finding)
        free[severity] = max(0, free[severity] - 1)
    lines = [_command(finding, sources) for finding in shown]
    if left_out:
        lines.append(f"::notice title=stagelang::{_data(_rest(left_out))}")
    return "".join(f"{line}\n" for line in lines)


def _shown_as(finding: Diagnostic) -> Severity:
    return Severity.NOTE if finding.waived_by else finding.rule.severity


def _rest(findings: Sequence[Diagnostic]) -> str:
    standing = [finding.rule.severity for finding in findings if not finding.waived_by]
    said = [
        f"{count} more {severity.value}{'s' if count > 1 else ''}"
        for severity in Severity
        if (count := standing.count(severity))
    ]
    waived = len(findings) - len(standing)
    said += [f"{waived} more waived finding{'s' if waived > 1 else ''}"] if waived else []
    return f"not shown here, since GitHub shows ten of a kind: {', '.join(said)}"


def _command(finding: Diagnostic, sources: Sources) -> str:
    origin = sources.shown(finding.places[0].origin)
    properties = [f"file={_property(origin.file)}"]
    if origin.line:
        properties.append(f"line={origin.line}")
    word = "waived " if finding.waived_by else ""
    properties.append(f"title={_property(f'{word}{finding.rule.code} {finding.rule.name}')}")
    message = _data("\n".join(visible(line) for line in _lines(finding, sources)))
    return f"::{_COMMANDS[_shown_as(finding)]} {','.join(properties)}::{message}"


def _lines(finding: Diagnostic, sources: Sources) -> Iterator[str]:
    yield finding.message
    if finding.waived_by:
        yield f"waived by: {finding.waived_by}"
        return
    for place in finding.places[1:]:
        yield f"{place.text or 'see'}: {sources.named(place)}"
    yield from (f"{name}: {text}" for name, text in finding.remarks())


def _data(text: str) -> str:
    """Escape a command's message (actions/toolkit, packages/core/src/command.ts, escapeData)."""
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    """Escape a command's property (the same file, escapeProperty)."""
    return _data(text).replace(":", "%3A").replace(",", "%2C")
