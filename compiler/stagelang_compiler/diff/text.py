"""Writes a difference as text for a terminal: what changed, why, and what that reaches; what didn't is left out."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from stagelang_compiler.diff.model import Kind, PlanDiff
from stagelang_compiler.diff.telling import Entry, asides, groups_of, moved_words, summary
from stagelang_compiler.diff.wording import Name, Words, counted, listed, shortened
from stagelang_compiler.rendering.source import visible

MARKS: dict[Kind, str] = {"added": "+", "removed": "−", "changed": "~", "renamed": "→"}

_MOST = 100
"""How many entries of a group are read by anyone."""


def diff_text(diff: PlanDiff, said: Words = (), results: Sequence[Words] = ()) -> str:
    """Write a difference; equal differences give equal texts.

    Args:
        diff: the difference.
        said: what the first line says of it, unless it is its summary.
        results: lines about what it did to the metrics.
    """
    return "".join(f"{line}\n" for line in _lines(diff, said or (summary(diff),), results))


def _lines(diff: PlanDiff, said: Words, results: Sequence[Words]) -> Iterator[str]:
    yield f"{visible(diff.head.name)}: {_written(said)}"
    if diff.moved:
        yield f"({moved_words(diff)})"
    if results:
        yield ""
        yield "results"
        yield from (f"  {_written(words)}" for words in results)
    for group in groups_of(diff):
        yield ""
        yield group.title
        for entry in group.entries[:_MOST]:
            yield from _entry(entry)
        if len(group.entries) > _MOST:
            yield f"  and {len(group.entries) - _MOST} more, which '--format json' lists"
    if diff.upstream:
        yield ""
        yield f"downstream of these ({counted(len(diff.upstream), 'node')})"
        yield f"  {_written(listed(diff.upstream))}"
    reached = (("metrics", diff.metrics_reached), ("gates", diff.gates_reached))
    if any(names for _, names in reached):
        yield ""
        yield "can differ"
    for what, names in reached:
        if names:
            yield f"  {what:<7}  {_written(listed(names))}"


def _entry(entry: Entry) -> Iterator[str]:
    mark = MARKS[entry.kind]
    if not (entry.old or entry.new):
        for words in entry.said:
            yield f"  {mark} {_written((*words, *listed(entry.nodes)))}"
        return
    behind = "; ".join(_written(words) for words in asides(entry))
    yield f"  {mark} {_written((Name(entry.new or entry.old),))}{f'  {behind}' if behind else ''}"
    for words in entry.said:
        yield f"      {_written(words)}"


def _written(words: Words) -> str:
    return "".join(shortened(visible(word.text)) if isinstance(word, Name) else word for word in words)
