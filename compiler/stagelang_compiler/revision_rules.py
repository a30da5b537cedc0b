"""The rules SL240 to SL243: what a revision changes in contracts and metrics. `diff/versions.py` judges by them, against a base."""

from __future__ import annotations

from stagelang_compiler.diagnostics import Rule, Severity

BREAKING_WITHOUT_VERSION = Rule(
    code="SL240",
    name="breaking-change-without-version",
    severity=Severity.ERROR,
    summary="a contract or metric changed in a breaking way, and its version wasn't raised",
)
UNVERSIONED_BREAKING = Rule(
    code="SL241",
    name="unversioned-breaking-change",
    severity=Severity.WARNING,
    summary="a contract or metric without a version changed in a breaking way, among its own team",
)
LOWERED_VERSION = Rule(
    code="SL242",
    name="lowered-version",
    severity=Severity.ERROR,
    summary="the version of a contract or metric is lower than it was, or gone",
)
REMOVED_WHILE_USED = Rule(
    code="SL243",
    name="removed-while-used",
    severity=Severity.WARNING,
    summary="a contract or metric was removed that another team used",
)

RULES = (BREAKING_WITHOUT_VERSION, UNVERSIONED_BREAKING, LOWERED_VERSION, REMOVED_WHILE_USED)
