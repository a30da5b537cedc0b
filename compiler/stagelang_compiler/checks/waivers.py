"""SL4: waivers, applied to the findings of all other checks. A waived finding stays counted and visible."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Iterator, Mapping, Sequence
from fnmatch import fnmatchcase

from attrs import evolve

from stagelang.governance import Waiver
from stagelang.origin import Origin
from stagelang_compiler import revision_rules
from stagelang_compiler.diagnostics import Diagnostic, Place, Rule, Severity, did_you_mean

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

EXPIRING_WAIVER = Rule(
    code="SL416",
    name="expiring-waiver",
    severity=Severity.NOTE,
    summary="a waiver whose last day is near",
    waivable=False,
)
REPEATED_WAIVER = Rule(
    code="SL417",
    name="repeated-waiver",
    severity=Severity.WARNING,
    summary="a finding that is waived twice",
    waivable=False,
)
UNANSWERED_WAIVER = Rule(
    code="SL418",
    name="unanswered-waiver",
    severity=Severity.ERROR,
    summary="a waiver for which nobody answers, or for which there is no reason",
    waivable=False,
)

RULES = (EXPIRED_WAIVER, IDLE_WAIVER, UNWAIVABLE, EXPIRING_WAIVER, REPEATED_WAIVER, UNANSWERED_WAIVER)
NEAR = dt.timedelta(days=14)
"""How long before its last day a waiver is said to expire."""

_JUDGED_ELSEWHERE = frozenset(word for rule in revision_rules.RULES for word in (rule.code, rule.name))
"""Rules that are judged against a base revision: a check of one revision can't tell that a waiver of them covers nothing."""


def apply_waivers(
    waivers: Sequence[Waiver],
    findings: Sequence[Diagnostic],
    today: dt.date,
    *,
    rules: Sequence[Rule] = (),
    unwaivable: Mapping[str, Origin] | None = None,
) -> list[Diagnostic]:
    """Mark the findings that a waiver covers, and report waivers that are expired, cover nothing, or can't hold.

    Args:
        waivers: what is accepted.
        findings: what was found.
        today: the day on which waivers are judged.
        rules: all rules that there are; a waiver names one by its code or its name.
        unwaivable: the codes of rules that the project lets nobody waive, each with where it says so.
    """
    forbidden = unwaivable or {}
    used: set[int] = set()
    marked: list[Diagnostic] = []
    for finding in findings:
        covers = [waiver for waiver in waivers if _covers(waiver, finding)]
        if not covers:
            marked.append(finding)
            continue
        covering = next((each for each in covers if _counts(each, today)), covers[0])
        used.add(id(covering))
        may_be = finding.rule.waivable and finding.rule.code not in forbidden
        holds = may_be and _counts(covering, today)
        marked.append(evolve(finding, waived_by=_said(covering)) if holds else finding)
        if not may_be:
            marked.append(_unwaivable(covering, finding.rule, forbidden.get(finding.rule.code)))
    first: dict[tuple[str, str], Waiver] = {}
    codes = {rule.name: rule.code for rule in rules}
    for waiver in waivers:
        key = (codes.get(waiver.rule, waiver.rule), waiver.where)
        earlier = first.setdefault(key, waiver) if _counts(waiver, today) else waiver
        marked += _judged(waiver, earlier, id(waiver) in used, findings, today, codes)
    return list(dict.fromkeys(marked))


def _judged(
    waiver: Waiver,
    earlier: Waiver,
    is_used: bool,
    findings: Sequence[Diagnostic],
    today: dt.date,
    codes: Mapping[str, str],
) -> Iterator[Diagnostic]:
    """Report what is wrong with a waiver by itself."""
    what = f"the waiver of {waiver.rule} for {waiver.where!r}"
    if waiver.expires < today:
        action = "correct what it covers, or have its owner accept it anew"
        yield _report(EXPIRED_WAIVER, waiver, f"{what} expired on {waiver.expires}", action)
    elif lacking := _lacking(waiver):
        action = "say who answers for it, and why it is accepted"
        yield _report(UNANSWERED_WAIVER, waiver, f"{what} has no {lacking}, so it doesn't hold", action)
    elif earlier is not waiver:
        yield _report(
            REPEATED_WAIVER,
            waiver,
            f"{what} says again what another says",
            "remove one of them",
            Place(earlier.origin, "the other"),
        )
    elif not is_used and waiver.rule not in _JUDGED_ELSEWHERE:
        yield _report(IDLE_WAIVER, waiver, f"{what} covers nothing", _instead(waiver, findings, codes))
    elif waiver.expires - today <= NEAR:
        action = "correct what it covers before, or have its owner accept it anew"
        yield _report(EXPIRING_WAIVER, waiver, f"{what} expires soon, on {waiver.expires}", action)


def last_day(waivers: Iterable[dt.date], today: dt.date) -> dt.date | None:
    """Give the last day on which waivers of these last days are judged as today; None for ever."""
    ahead = [each for each in waivers if each >= today]
    turns = [each if each - today <= NEAR else each - NEAR - dt.timedelta(days=1) for each in ahead]
    return min(turns, default=None)


def _unwaivable(waiver: Waiver, rule: Rule, said: Origin | None) -> Diagnostic:
    action = "correct what it found, and remove the waiver"
    if said is None:
        return _report(UNWAIVABLE, waiver, f"rule {rule.code} can't be waived", action)
    message = f"rule {rule.code} can't be waived in this project"
    return _report(UNWAIVABLE, waiver, message, action, Place(said, "said here"))


def _instead(waiver: Waiver, findings: Sequence[Diagnostic], codes: Mapping[str, str]) -> str:
    """Say where the rule is broken, if it is, so that the waiver can name it; or which rule is meant, if there is none of that name."""
    of_rule = (finding for finding in findings if waiver.rule in (finding.rule.code, finding.rule.name))
    elsewhere = sorted({finding.subject for finding in of_rule})
    named = ", ".join(f"where={subject!r}" for subject in elsewhere)
    if elsewhere:
        return f"remove it, or accept what {waiver.rule} finds with {named}"
    known = {*codes, *codes.values()}
    meant = did_you_mean(waiver.rule, known) if known and waiver.rule not in known else None
    return f"remove it; there is no rule {waiver.rule!r}, did you mean {meant!r}?" if meant else "remove it"


def _covers(waiver: Waiver, finding: Diagnostic) -> bool:
    return waiver.rule in (finding.rule.code, finding.rule.name) and fnmatchcase(
        finding.subject, waiver.where
    )


def _counts(waiver: Waiver, today: dt.date) -> bool:
    return waiver.expires >= today and not _lacking(waiver)


def _lacking(waiver: Waiver) -> str:
    """Say what a waiver must have and hasn't."""
    needed = {"owner": waiver.owner, "reason": waiver.reason}
    return " and no ".join(name for name, text in needed.items() if not text.strip())


def _said(waiver: Waiver) -> str:
    return f"{waiver.owner}, for {waiver.where!r}, until {waiver.expires}: {waiver.reason}"


def _report(rule: Rule, waiver: Waiver, message: str, help_: str, *others: Place) -> Diagnostic:
    return Diagnostic(
        rule=rule, message=message, places=(Place(waiver.origin), *others), subject=waiver.where, help=help_
    )
