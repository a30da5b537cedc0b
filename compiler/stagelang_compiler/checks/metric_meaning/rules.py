"""The rules of metric meaning (methods: Stevens 1946; Gray et al. 1997; Lenz & Shoshani 1997)."""

from __future__ import annotations

from stagelang_compiler.diagnostics import Rule, Severity


def _rule(code: str, name: str, summary: str, severity: Severity = Severity.ERROR) -> Rule:
    return Rule(code=code, name=name, severity=severity, summary=summary)


VALUES_THAT_DO_NOT_ADD = _rule(
    "SL501", "values-that-do-not-add", "finished values such as rates, scores or means are averaged or summed"
)
UNIT_MISMATCH = _rule(
    "SL502",
    "unit-mismatch",
    "metrics of different units are added, subtracted or converted, or the unit of a metric's rows isn't its own",
)
OTHER_ROWS = _rule("SL504", "other-rows", "metrics of different rows are compared or combined")
OTHER_SETTINGS = _rule(
    "SL505", "other-settings", "metrics of decisions under different settings or labels are compared"
)
F1_OF_MANY_CLASSES = _rule(
    "SL506", "f1-of-many-classes", "F1 over more than two classes, without a word on how they are averaged"
)
WEIGHT_WITHOUT_MEANING = _rule(
    "SL507",
    "weight-without-meaning",
    "a weighted mean whose weights don't weigh, or that is compared with an unweighted one",
)
STOCK_SUMMED = _rule("SL508", "stock-summed-over-time", "a stock, such as a balance, is summed over time")
OVERLAPPING_PARTS = _rule("SL509", "overlapping-parts-added", "totals over parts that share rows are added")
REPEATED_BY_A_JOIN = _rule(
    "SL510", "repeated-by-a-join", "a value that a join repeated in several rows is summed over these rows"
)
SCALE_TOO_WEAK = _rule("SL511", "scale-too-weak", "a calculation that the scale of its values doesn't allow")
TOO_FEW_SEEDS = _rule(
    "SL512",
    "too-few-seeds",
    "fewer than five seeds, which say little about how a procedure varies",
    Severity.WARNING,
)
BOUND_OUT_OF_REACH = _rule(
    "SL513",
    "bound-out-of-reach",
    "a gate that not even perfect results pass on so few rows, or a tolerance that they can't tell",
    Severity.WARNING,
)
DEPENDENCE_LOST = _rule(
    "SL515",
    "dependence-lost",
    "a metric counts rows as independent though rows of one group depend on each other",
)
BOUND_OUT_OF_RANGE = _rule(
    "SL516",
    "bound-out-of-range",
    "a gate whose bound lies outside of the metric's range, or a range that its rows' values don't reach",
)
MAY_TURN_AROUND = _rule(
    "SL517",
    "may-turn-around",
    "a bound on a difference between other rows that may turn around within slices (Simpson's paradox)",
    Severity.WARNING,
)
UNNAMED_MEAN_OF_RATIOS = _rule(
    "SL520",
    "unnamed-mean-of-ratios",
    "quotients a row are averaged without saying that each row weighs the same",
)
CLAIM_UPGRADED = _rule(
    "SL521", "claim-upgraded", "a contract claims more of a column's values than the one it refines"
)
TOO_SHORT_A_HISTORY = _rule(
    "SL522",
    "too-short-a-history",
    "fewer windows than a threshold calibrated on them needs for its false alarms",
)
OTHER_WINDOWS = _rule(
    "SL523", "other-windows", "metrics of different windows of time, or of different time zones, are compared"
)
TUNED_ON_JUDGED_ROWS = _rule(
    "SL524",
    "tuned-on-judged-rows",
    "a metric whose own setting, as a threshold, was tuned on the rows it is measured on",
)
UNKNOWN_SLICE = _rule(
    "SL533", "unknown-slice", "a metric or gate in slices of what is no column, or names no groups of rows"
)
WINDOW_WITHOUT_TIME = _rule(
    "SL534", "window-without-time", "a window of time that the rows' own times can't tell"
)

RULES = (
    VALUES_THAT_DO_NOT_ADD,
    UNIT_MISMATCH,
    OTHER_ROWS,
    OTHER_SETTINGS,
    F1_OF_MANY_CLASSES,
    WEIGHT_WITHOUT_MEANING,
    STOCK_SUMMED,
    OVERLAPPING_PARTS,
    REPEATED_BY_A_JOIN,
    SCALE_TOO_WEAK,
    TOO_FEW_SEEDS,
    BOUND_OUT_OF_REACH,
    DEPENDENCE_LOST,
    BOUND_OUT_OF_RANGE,
    MAY_TURN_AROUND,
    UNNAMED_MEAN_OF_RATIOS,
    CLAIM_UPGRADED,
    TOO_SHORT_A_HISTORY,
    OTHER_WINDOWS,
    TUNED_ON_JUDGED_ROWS,
    UNKNOWN_SLICE,
    WINDOW_WITHOUT_TIME,
)
