"""SL4: the licences of all distributions that stages' code reaches, against those that the project allows; judged on the Plan."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from stagelang_compiler.diagnostics import Diagnostic, Place, Rule, Severity
from stagelang_compiler.plan import Plan
from stagelang_compiler.settings import Settings

if TYPE_CHECKING:
    from stagelang_compiler.licences.declared import Declared

REFUSED_LICENCE = Rule(
    code="SL412",
    name="refused-licence",
    severity=Severity.ERROR,
    summary="a stage brings a distribution whose licence isn't on the project's list",
)
UNKNOWN_LICENCE = Rule(
    code="SL413",
    name="unknown-licence",
    severity=Severity.ERROR,
    summary="a stage brings a distribution that doesn't say under which one licence it is",
)

RULES = (REFUSED_LICENCE, UNKNOWN_LICENCE)


def check_licences(plan: Plan, settings: Settings) -> Iterator[Diagnostic]:
    """Check the licence of each distribution that a stage brings; one that isn't known is never passed."""
    rules = settings.rules
    if not rules.licences_allow:
        return
    from stagelang_compiler.licences.declared import licence_of
    from stagelang_compiler.licences.reached import reached
    from stagelang_compiler.licences.spdx import refused

    allowed = frozenset(rules.licences_allow)
    for each in reached(plan):
        declared = licence_of(each.name, rules.licences_known)
        wrong = refused(declared.licence, allowed) if declared.licence else ()
        if declared.licence and not wrong:
            continue
        first, *others = each.stages
        many = f" and {len(others)} other{'s' if len(others) > 1 else ''} bring" if others else " brings"
        way = " -> ".join((first, *each.way))
        asked = Place(settings.origin("licences.allow"), "allowed here")
        if wrong:
            yield Diagnostic(
                rule=REFUSED_LICENCE,
                message=f"{first!r}{many} {each.name}, under {', '.join(wrong)}, which the project doesn't allow",
                places=(Place(each.origin, way), asked),
                subject=each.name,
                expected=", ".join(rules.licences_allow),
                found=f"{declared.licence} ({declared.words})",
                help=f"do without {each.way[0]}, or have the licence allowed in [tool.stagelang.licences]",
            )
        else:
            yield Diagnostic(
                rule=UNKNOWN_LICENCE,
                message=f"{first!r}{many} {each.name}, whose licence isn't known",
                places=(Place(each.origin, way), asked),
                subject=each.name,
                expected=", ".join(rules.licences_allow),
                found=declared.words,
                help=f'{_where_to_look(declared)}, and write it down in [tool.stagelang.licences]: known = {{ {each.name} = "..." }}',
            )


def _where_to_look(declared: Declared) -> str:
    files = ", ".join(map(repr, declared.files))
    return f"read {files} of {declared.name}" if files else "look it up"


PLAN_CHECKS = (check_licences,)
