"""Renders findings as JUnit XML, one test case a finding, for systems that show test reports."""

from __future__ import annotations

from collections.abc import Sequence
from xml.etree import ElementTree as ET

from stagelang_compiler.diagnostics import Diagnostic
from stagelang_compiler.rendering.source import Sources, visible
from stagelang_compiler.rendering.text import one_text

_SUITE = "stagelang check"


def render_junit(findings: Sequence[Diagnostic], sources: Sources) -> str:
    """Give a test suite: a finding fails, a waived one is skipped, and of none one case passes."""
    waived = sum(1 for finding in findings if finding.waived_by)
    counts = {
        "tests": str(len(findings) or 1),
        "failures": str(len(findings) - waived),
        "errors": "0",
        "skipped": str(waived),
    }
    suites = ET.Element("testsuites", counts)
    suite = ET.SubElement(suites, "testsuite", {"name": _SUITE} | counts)
    for finding in findings:
        _case(suite, finding, sources)
    if not findings:
        ET.SubElement(suite, "testcase", {"classname": "stagelang", "name": "no findings"})
    ET.indent(suites)
    return '<?xml version="1.0" encoding="UTF-8"?>\n' + ET.tostring(suites, encoding="unicode") + "\n"


def _case(suite: ET.Element, finding: Diagnostic, sources: Sources) -> None:
    origin = sources.shown(finding.places[0].origin)
    file = visible(origin.file)
    name = f"{finding.rule.code} {finding.rule.name}: {visible(finding.message)}"
    case = ET.SubElement(suite, "testcase", {"classname": file, "name": name, "file": file})
    if origin.line:
        case.set("line", str(origin.line))
    if finding.waived_by:
        ET.SubElement(case, "skipped", {"message": f"waived by {visible(finding.waived_by)}"})
        return
    about = {
        "message": visible(finding.message),
        "type": f"{finding.rule.severity.value} {finding.rule.code}",
    }
    ET.SubElement(case, "failure", about).text = one_text(finding, sources)
