"""The rules of leakage, in the order of their codes."""

from __future__ import annotations

from stagelang_compiler.diagnostics import Rule, Severity


def _rule(code: str, name: str, summary: str, severity: Severity = Severity.ERROR) -> Rule:
    return Rule(code=code, name=name, severity=severity, summary=summary)


JUDGED_BY_LEARNT_ROWS = _rule(
    "SL601",
    "judged-by-learnt-rows",
    "a metric is measured on rows that a fitted object before it has learnt from",
)
MIXED_BEFORE_SPLIT = _rule(
    "SL602",
    "mixed-before-split",
    "a metric is measured on rows that were mixed into the rows which a fitted object before it has learnt from",
)
CHOSEN_BY_JUDGED_ROWS = _rule(
    "SL603", "chosen-by-judged-rows", "a metric is measured on rows by which what it judges was chosen"
)
COPIED_BEFORE_SPLIT = _rule(
    "SL609",
    "copied-before-split",
    "a split that sends copies of one row into parts to learn from and to judge by",
)
NO_INDEPENDENT_TEST = _rule(
    "SL604",
    "no-independent-test",
    "no metric is measured on rows that nothing was fitted to or chosen by",
    Severity.WARNING,
)
LABEL_AS_FEATURE = _rule(
    "SL605", "label-as-feature", "a model is given the label, or what was computed from it, as a feature"
)
KNOWN_TOO_LATE = _rule(
    "SL606", "known-too-late", "a model is given a feature that isn't known yet when it is asked"
)
SPLIT_IGNORES_TIME = _rule(
    "SL607", "split-ignores-time", "a split that isn't by time, of rows whose label becomes known later"
)
CONTRADICTED_ROLE = _rule(
    "SL617", "contradicted-role", "a stage that declares a role which its types can't have"
)

RULES = (
    JUDGED_BY_LEARNT_ROWS,
    MIXED_BEFORE_SPLIT,
    CHOSEN_BY_JUDGED_ROWS,
    NO_INDEPENDENT_TEST,
    LABEL_AS_FEATURE,
    KNOWN_TOO_LATE,
    SPLIT_IGNORES_TIME,
    COPIED_BEFORE_SPLIT,
    CONTRADICTED_ROLE,
)
