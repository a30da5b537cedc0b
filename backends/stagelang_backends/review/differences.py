"""Says what a change did to the metrics: in a table, and in a sentence. Every verdict has a mark of its own, so none rests on a colour."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from itertools import groupby
from typing import Literal, final

from attrs import frozen

from stagelang_backends.lineage.palette import SIGNS, Sign
from stagelang_compiler.diff import Name, PlanDiff, Words, counts_words, summary
from stagelang_runtime.judge import MetricDifference
from stagelang_runtime.judge.metric_difference import Word
from stagelang_runtime.stats.amounts import about

WORST_FIRST: tuple[Word | Literal["other_rows"], ...] = (
    "worse",
    "not_better",
    "not_comparable",
    "inconclusive",
    "not_measured",
    "other_rows",  # what both sides have is identical, but it isn't all that either has
    "changed",
    "gone",
    "new",
    "not_worse",
    "equivalent",
    "better",
    "identical",
)
"""The order in which a reader has to know of verdicts."""
_NAMED = 2
"""So many metrics of one verdict are named in a sentence; more are counted."""


@final
@frozen(kw_only=True)
class Row:
    """One metric as a table shows it: texts, empty where there is nothing to show."""

    sign: Sign
    name: str
    unit: str
    base: str
    head: str
    difference: str
    interval: str
    aside: Words
    """What fits behind the verdict: what would decide it, or why there is none."""
    reason: str
    """How the verdict came about, in whole."""


def shown(found: PlanDiff, differences: Sequence[MetricDifference]) -> tuple[MetricDifference, ...]:
    """Choose what a reader has to see of metrics, the worst first: those that the change reaches, and those that came out different."""
    reached = set(found.metrics_reached)
    chosen = [each for each in differences if each.reported and _is_news(each, reached)]
    return tuple(sorted(chosen, key=lambda each: WORST_FIRST.index(verdict_of(each))))


def _is_news(difference: MetricDifference, reached: Collection[str]) -> bool:
    return difference.name in reached or verdict_of(difference) not in ("identical", "not_measured")


def verdict_of(difference: MetricDifference) -> Word | Literal["other_rows"]:
    """Give the verdict that a reader should see: rows that only one side has keep what the others are from being all the same."""
    if difference.verdict == "identical" and difference.n_unpaired:
        return "other_rows"
    return difference.verdict


def row(difference: MetricDifference) -> Row:
    """Write a metric's difference as texts."""
    return Row(
        sign=SIGNS[verdict_of(difference)],
        name=difference.name,
        unit="" if difference.unit == "1" else difference.unit,
        base=_number(difference.base),
        head=_number(difference.head),
        difference="" if difference.difference is None else f"{difference.difference:+.3g}",
        interval=_interval(difference),
        aside=(*_aside(difference), *_left(difference)),
        reason=difference.reason,
    )


def _left(difference: MetricDifference) -> Words:
    """Say that rows which only one side has aren't compared, though they are in its value."""
    if not difference.n_unpaired:
        return ()
    of, _, column = difference.counted.partition(" of ")
    counted: Words = (f" {of} of ", Name(column)) if column else (f" {of}",)
    start = "; " if _aside(difference) else ""
    sides = f"{difference.base_left:,} only in the base, {difference.head_left:,} only in the head"
    return (f"{start}compared without", *counted, f" that one side lacks: {sides}")


def _number(value: float | None) -> str:
    return "" if value is None else f"{value:.4g}"


def _interval(difference: MetricDifference) -> str:
    low, high = difference.low, difference.high
    if low is None and high is None:
        return ""
    return f"{'-∞' if low is None else f'{low:+.3g}'} to {'∞' if high is None else f'{high:+.3g}'}"


def _aside(difference: MetricDifference) -> Words:
    if difference.needed_n is not None:
        of, _, column = difference.units.partition(" of ")
        units: Words = (f"{of} of ", Name(column)) if column else (of,)
        return (f"about {about(difference.needed_n)} ", *units, " would decide it")
    if difference.verdict in ("not_comparable", "not_measured") or (
        difference.verdict == "inconclusive" and difference.low is difference.high is None
    ):
        return (Name(difference.reason),)
    return ()


def headline_sign(found: PlanDiff, differences: Sequence[MetricDifference] | None) -> Sign | None:
    """Give the verdict that stands for all: the one that a reader has to know of first; None where there is none to give."""
    seen = shown(found, differences or ())
    if found.is_empty or not seen:
        return None
    return SIGNS[verdict_of(seen[0])]


def sentence(found: PlanDiff, differences: Sequence[MetricDifference] | None) -> Words:
    """Say in a line what changed and what that did to the metrics, or can do where nothing is measured."""
    seen = shown(found, differences or ())
    if found.is_empty or not seen:
        return (summary(found),)
    structure = counts_words(found)
    words: list[str | Name] = [f"{structure}; " if structure else ""]
    for place, (word, alike) in enumerate(groupby(seen, key=lambda each: SIGNS[verdict_of(each)].word)):
        words += [", "] if place else []
        words += _told([*alike], word)
    return tuple(words)


def _told(alike: Sequence[MetricDifference], word: str) -> Iterator[str | Name]:
    if len(alike) > _NAMED:
        yield f"{len(alike)} metrics {word}"
        return
    for place, each in enumerate(alike):
        yield from (" and ",) if place else ()
        yield Name(each.name)
    yield f" {word}"
    told = row(alike[0])
    if len(alike) == 1 and told.base and told.head and told.base != told.head:
        yield f" ({told.base} → {told.head}"
        yield from (" ", Name(told.unit)) if told.unit else ()
        yield ")"


def lines(found: PlanDiff, differences: Sequence[MetricDifference] | None) -> Iterator[Words]:
    """Write the metrics as lines in columns, for a terminal."""
    rows = [row(each) for each in shown(found, differences or ())]
    words = [f"{each.sign.mark} {each.sign.word}" for each in rows]
    widths = max(map(len, words), default=0), max((len(each.name) for each in rows), default=0)
    for word, each in zip(words, rows, strict=True):
        gap = " " * (widths[1] - len(each.name))
        unit: Words = (" ", Name(each.unit)) if each.unit and _values(each) else ()
        behind = "".join(
            f"  {part}" for part in (each.difference, each.interval and f"({each.interval})") if part
        )
        aside: Words = ("  ", *each.aside) if each.aside else ()
        yield (
            f"{word:<{widths[0]}}  ",
            Name(each.name),
            gap,
            f"  {_values(each)}".rstrip(),
            *unit,
            behind,
            *aside,
        )


def _values(told: Row) -> str:
    """Say what a metric was and is; of one that only one side measured, which."""
    if told.base and told.head:
        return f"{told.base} → {told.head}"
    return f"{told.base} → …" if told.base else f"… → {told.head}" if told.head else ""
