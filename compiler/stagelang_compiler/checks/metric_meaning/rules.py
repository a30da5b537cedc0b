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
    "metrics of different units are added, subtracted or converted, or a column's unit isn't its metric's",
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
    "a gate that not even perfect results pass on so few rows",
    Severity.WARNING,
)
DEPENDENCE_LOST = _rule(
    "SL515",
    "dependence-lost",
    "a metric counts rows as independent though rows of one group depend on each other",
)
UNNAMED_MEAN_OF_RATIOS = _rule(
    "SL520",
    "unnamed-mean-of-ratios",
    "quotients a row are averaged without saying that each row weighs the same",
)
CLAIM_UPGRADED = _rule(
    "SL521", "claim-upgraded", "a contract claims more of a column's values than the one it refines"
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
    UNNAMED_MEAN_OF_RATIOS,
    CLAIM_UPGRADED,
)
