"""SL405: what stands in `[tool.stagelang]` and can't be meant, as findings."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from stagelang_compiler.diagnostics import Diagnostic, Place, Rule, Severity
from stagelang_compiler.settings import Problem

WRONG_SETTING = Rule(
    code="SL405",
    name="wrong-setting",
    severity=Severity.ERROR,
    summary="an unknown, repeated or mistyped setting in pyproject.toml",
    waivable=False,
)

RULES = (WRONG_SETTING,)


def settings_findings(problems: Iterable[Problem]) -> Iterator[Diagnostic]:
    """Report what can't be meant in the project's settings."""
    for problem in problems:
        others = () if problem.other is None else (Place(problem.other, "and here"),)
        yield Diagnostic(
            rule=WRONG_SETTING,
            message=problem.message,
            places=(Place(problem.origin), *others),
            subject=problem.subject,
            expected=problem.expected,
            found=problem.found,
            help=problem.help,
        )
