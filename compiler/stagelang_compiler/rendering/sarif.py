"""Renders findings as SARIF 2.1.0, the OASIS format that GitHub code scanning and editors read."""

from __future__ import annotations

import hashlib
import json
import os
from collections import Counter
from collections.abc import Iterator, Sequence
from importlib import metadata
from urllib.parse import quote

from stagelang_compiler import pages
from stagelang_compiler.diagnostics import Diagnostic, Place, Rule, Severity
from stagelang_compiler.rendering.source import Sources, visible

_MOST_RESULTS = 25_000
"""GitHub refuses a run with more results."""
_RANK = {severity: rank for rank, severity in enumerate(Severity)}


def render_sarif(findings: Sequence[Diagnostic], sources: Sources) -> str:
    """Give a log with one run; past 25,000 findings it keeps the most severe and notifies of the rest."""
    kept = list(findings)
    if len(kept) > _MOST_RESULTS:
        kept = sorted(kept, key=lambda finding: _RANK[finding.rule.severity])[:_MOST_RESULTS]
    rules = sorted({finding.rule for finding in kept}, key=lambda rule: rule.code)
    run = {
        "tool": {
            "driver": {
                "name": "stagelang",
                "version": metadata.version("stagelang"),
                "rules": [_rule(rule) for rule in rules],
            }
        },
        "columnKind": "unicodeCodePoints",
        "invocations": [_invocation(len(findings) - len(kept))],
        "results": list(_results(kept, rules, sources)),
    }
    log = {"$schema": "https://json.schemastore.org/sarif-2.1.0.json", "version": "2.1.0", "runs": [run]}
    return json.dumps(log, indent=2) + "\n"


def _invocation(left_out: int) -> dict[str, object]:
    if not left_out:
        return {"executionSuccessful": True}
    text = f"{left_out} more findings are left out, since a SARIF run may hold {_MOST_RESULTS:,}"
    notification = {"level": "warning", "message": {"text": text}}
    return {"executionSuccessful": True, "toolExecutionNotifications": [notification]}


def _rule(rule: Rule) -> dict[str, object]:
    described: dict[str, object] = {
        "id": rule.code,
        "name": rule.name,
        "shortDescription": {"text": rule.summary},
        "fullDescription": {"text": rule.summary},
        "defaultConfiguration": {"level": rule.severity.value},
    }
    if rule.code in pages.codes():
        page = pages.page(rule.code)
        described["fullDescription"] = {"text": page.why, "markdown": page.why}
        described["help"] = {"text": page.text, "markdown": page.text}
    return described


def _results(
    findings: Sequence[Diagnostic], rules: Sequence[Rule], sources: Sources
) -> Iterator[dict[str, object]]:
    index = {rule: number for number, rule in enumerate(rules)}
    seen: Counter[str] = Counter()
    for finding in findings:
        digest = _line_digest(finding, sources)
        seen[digest] += 1
        primary, *others = finding.places
        yield {
            "ruleId": finding.rule.code,
            "ruleIndex": index[finding.rule],
            "level": finding.rule.severity.value,
            "message": {"text": _message(finding, sources)},
            "locations": [_location(primary, sources) | _logical(finding)],
            "relatedLocations": [_location(place, sources) for place in others if not place.revision],
            "partialFingerprints": {"primaryLocationLineHash": f"{digest}:{seen[digest]}"},
            "suppressions": _suppressions(finding),
        }


def _message(finding: Diagnostic, sources: Sources) -> str:
    """Write a finding, and its places in other revisions, of which the log can't hold a location."""
    elsewhere = (f"{each.text}: {sources.named(each)}" for each in finding.places[1:] if each.revision)
    remarks = (f"{word}: {text}" for word, text in finding.remarks())
    return "\n".join(visible(line) for line in (finding.message, *elsewhere, *remarks))


def _location(place: Place, sources: Sources) -> dict[str, object]:
    origin = sources.shown(place.origin)
    physical: dict[str, object] = {"artifactLocation": {"uri": quote(os.fsencode(origin.file))}}
    if origin.line:
        physical["region"] = {"startLine": origin.line}
    location: dict[str, object] = {"physicalLocation": physical}
    if place.text:
        location["message"] = {"text": visible(place.text)}
    return location


def _logical(finding: Diagnostic) -> dict[str, object]:
    return {"logicalLocations": [{"fullyQualifiedName": finding.subject}]} if finding.subject else {}


def _line_digest(finding: Diagnostic, sources: Sources) -> str:
    """Hash what a finding keeps when lines move: its rule, its subject, the text of its line without spaces.

    The number that follows it in the fingerprint tells equal ones apart, as in GitHub's own analysis.
    """
    line = sources.line(finding.places[0].origin) or finding.message
    kept = "\0".join((finding.rule.code, finding.subject, "".join(line.split())))
    return hashlib.sha256(kept.encode(errors="backslashreplace")).hexdigest()[:16]


def _suppressions(finding: Diagnostic) -> list[dict[str, str]]:
    """Give the waiver; an empty list says "not suppressed", no list would say "not known" (SARIF 3.27.23)."""
    if not finding.waived_by:
        return []
    return [{"kind": "external", "status": "accepted", "justification": visible(finding.waived_by)}]
