"""Renders findings as a JSON list, every field of them, for programs."""

from __future__ import annotations

import json
from collections.abc import Sequence

from stagelang_compiler.diagnostics import Diagnostic, Place
from stagelang_compiler.rendering.source import Sources


def render_json(findings: Sequence[Diagnostic], sources: Sources) -> str:
    """Give a JSON array of objects in the order given; a `line` of 0 means the file as a whole."""
    return json.dumps([_finding(finding, sources) for finding in findings], indent=2) + "\n"


def _finding(finding: Diagnostic, sources: Sources) -> dict[str, object]:
    return {
        "code": finding.rule.code,
        "name": finding.rule.name,
        "severity": finding.rule.severity.value,
        "message": finding.message,
        "subject": finding.subject,
        "places": [_place(place, sources) for place in finding.places],
        "expected": finding.expected,
        "found": finding.found,
        "help": finding.help,
        "waived_by": finding.waived_by,
    }


def _place(place: Place, sources: Sources) -> dict[str, object]:
    origin = sources.shown(place.origin)
    told: dict[str, object] = {"file": origin.file, "line": origin.line, "text": place.text}
    return told | ({"revision": place.revision} if place.revision else {})
