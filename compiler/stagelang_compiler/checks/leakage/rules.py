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
REFIT_TO_JUDGED_ROWS = _rule(
    "SL611",
    "refit-to-judged-rows",
    "a model that was fitted to judged rows as well is given out without saying so, or measured on them although it says so",
)
CHOSEN_IN_REPORTED_FOLDS = _rule(
    "SL612",
    "chosen-in-reported-folds",
    "a metric is measured on the rows that folds hold out, by which what it judges was chosen",
)
UNKNOWN_ORIGIN = _rule(
    "SL613", "unknown-origin", "something fitted elsewhere is used, and nothing says what it was fitted to"
)
LABEL_BY_RULE = _rule(
    "SL614", "label-by-rule", "a model learns a label that a rule computes from its own features"
)
SHORT_EMBARGO = _rule(
    "SL618",
    "short-embargo",
    "a split by time whose training rows have labels that weren't known when the rows begin that judge",
    Severity.WARNING,
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
    REFIT_TO_JUDGED_ROWS,
    CHOSEN_IN_REPORTED_FOLDS,
    UNKNOWN_ORIGIN,
    LABEL_BY_RULE,
    CONTRADICTED_ROLE,
    SHORT_EMBARGO,
)
