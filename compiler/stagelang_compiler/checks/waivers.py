"""SL4: waivers, applied to the findings of all other checks. A waived finding stays counted and visible."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from fnmatch import fnmatchcase

from attrs import evolve

from stagelang.governance import Waiver
from stagelang_compiler.diagnostics import Diagnostic, Place, Rule, Severity

EXPIRED_WAIVER = Rule(
    code="SL401",
    name="expired-waiver",
    severity=Severity.ERROR,
    summary="a waiver whose last day has passed",
    waivable=False,
)
IDLE_WAIVER = Rule(
    code="SL402",
    name="idle-waiver",
    severity=Severity.WARNING,
    summary="a waiver that covers no finding",
    waivable=False,
)
UNWAIVABLE = Rule(
    code="SL403",
    name="unwaivable-rule",
    severity=Severity.ERROR,
    summary="a waiver of a rule that can't be waived",
    waivable=False,
)

RULES = (EXPIRED_WAIVER, IDLE_WAIVER, UNWAIVABLE)


def apply_waivers(
    waivers: Sequence[Waiver], findings: Sequence[Diagnostic], today: dt.date
) -> list[Diagnostic]:
    """Mark the findings that a waiver covers, and report waivers that are expired, cover nothing, or can't hold."""
    used: set[int] = set()
    marked: list[Diagnostic] = []
    for finding in findings:
        covering = next((waiver for waiver in waivers if _covers(waiver, finding)), None)
        if covering is None:
            marked.append(finding)
            continue
        used.add(id(covering))
        holds = finding.rule.waivable and covering.expires >= today
        marked.append(evolve(finding, waived_by=_said(covering)) if holds else finding)
        if not finding.rule.waivable:
            marked.append(
                _report(
                    UNWAIVABLE,
                    covering,
                    f"rule {finding.rule.code} can't be waived",
                    "correct what it found, and remove the waiver",
                )
            )
    for waiver in waivers:
        if waiver.expires < today:
            marked.append(
                _report(
                    EXPIRED_WAIVER,
                    waiver,
                    f"the waiver of {waiver.rule} for {waiver.where!r} expired on {waiver.expires}",
                    "correct what it covers, or have its owner accept it anew",
                )
            )
        elif id(waiver) not in used:
            marked.append(
                _report(
                    IDLE_WAIVER,
                    waiver,
                    f"the waiver of {waiver.rule} for {waiver.where!r} covers nothing",
                    _instead(waiver, findings),
                )
            )
    return list(dict.fromkeys(marked))


def _instead(waiver: Waiver, findings: Sequence[Diagnostic]) -> str:
    """Say where the rule is broken, if it is, so that the waiver can name it."""
    of_rule = (finding for finding in findings if waiver.rule in (finding.rule.code, finding.rule.name))
    elsewhere = sorted({finding.subject for finding in of_rule})
    named = ", ".join(f"where={subject!r}" for subject in elsewhere)
    return f"remove it, or accept what {waiver.rule} finds with {named}" if elsewhere else "remove it"


def _covers(waiver: Waiver, finding: Diagnostic) -> bool:
    return waiver.rule in (finding.rule.code, finding.rule.name) and fnmatchcase(
        finding.subject, waiver.where
    )


def _said(waiver: Waiver) -> str:
    return f"{waiver.owner}, until {waiver.expires}: {waiver.reason}"


def _report(rule: Rule, waiver: Waiver, message: str, help_: str) -> Diagnostic:
    return Diagnostic(
        rule=rule, message=message, places=(Place(waiver.origin),), subject=waiver.where, help=help_
    )
