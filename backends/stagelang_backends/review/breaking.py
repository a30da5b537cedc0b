"""Says which breaking changes no version tells of, as Markdown; what it is given are findings, whose words may hold any name."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from stagelang_backends.review.escaping import code

if TYPE_CHECKING:
    from stagelang_compiler.diagnostics import Diagnostic, Place

TITLE = "breaking changes"
_MOST, _LONGEST = 20, 600
MARKS = {"error": "✗", "warning": "!", "note": "·"}
"""No meaning rests on a colour alone."""


def breaking_section(findings: Sequence[Diagnostic]) -> str:
    """Write findings as a section of a comment; nothing where there are none."""
    return "".join(_lines(findings)) if findings else ""


def word_of(finding: Diagnostic) -> str:
    """Say in a mark and a word how much a finding weighs."""
    severity = finding.rule.severity.value
    return "– waived" if finding.waived_by else f"{MARKS[severity]} {severity}"


def where(place: Place) -> str:
    """Write where a place is; one of another revision bears its name."""
    return f"{place.revision}:{place.origin}" if place.revision else str(place.origin)


def _lines(findings: Sequence[Diagnostic]) -> Iterator[str]:
    yield f"### {TITLE.capitalize()}\n\n"
    for finding in findings[:_MOST]:
        at = code(where(finding.places[0]), _LONGEST)
        yield f"- **{word_of(finding)}** {finding.rule.code} at {at}: {code(finding.message, _LONGEST)}\n"
        if finding.waived_by:
            yield f"  - waived by {code(finding.waived_by, _LONGEST)}\n"
            continue
        for word, text in finding.remarks():
            yield f"  - {word}: {code(text, _LONGEST)}\n"
        for place in finding.places[1:]:
            yield f"  - {code(where(place), _LONGEST)}: {code(place.text, _LONGEST)}\n"
    if len(findings) > _MOST:
        yield f"- and {len(findings) - _MOST} more\n"
