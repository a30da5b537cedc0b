"""Writes a review as one HTML page that needs nothing else: the verdict, the metrics, what changed and why, and the picture."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from stagelang_backends.lineage import palette
from stagelang_backends.render import render_html
from stagelang_backends.review.breaking import where, word_of
from stagelang_backends.review.differences import headline_sign, row, sentence, shown
from stagelang_backends.review.gathered import Review
from stagelang_backends.review.picture import diff_svg
from stagelang_backends.review.structure import listed_groups
from stagelang_compiler.diff import MARKS, Entry, Name, Words, asides, listed, moved_words

_MOST = 500
"""So many entries of a group are listed."""


def review_html(review: Review, *, base: str, head: str) -> str:
    """Write a review.

    Args:
        review: what is known of the change.
        base: what the base is called.
        head: what the head is called.

    Raises:
        NoRenderer: there is no graphviz.
    """
    diff, differences = review.diff, review.differences or ()
    return render_html(
        "review/page.html.j2",
        name=diff.head.name,
        base=base,
        head=head,
        sign=headline_sign(diff, review.differences),
        said=_parts(sentence(diff, review.differences)),
        moved=moved_words(diff) if diff.moved else "",
        findings=[
            (each, word_of(each), [(where(place), place.text) for place in each.places])
            for each in review.findings
        ],
        rows=[(each, _parts(each.aside)) for each in map(row, shown(diff, differences))],
        groups=[
            (group.title, _entries(group.entries), max(0, len(group.entries) - _MOST))
            for group in listed_groups(diff)
        ],
        reached=[
            (what, names)
            for what, names in (("metrics", diff.metrics_reached), ("gates", diff.gates_reached))
            if names
        ],
        forecast=review.forecast,
        svg="" if diff.is_empty else diff_svg(diff, differences, headed=False),
        legend=[look for look in palette.CHANGES.values() if look.mark],
        dark=palette.DARK,
    )


def _entries(entries: Sequence[Entry]) -> list[dict[str, Any]]:
    return [_entry(entry) for entry in entries[:_MOST]]


def _entry(entry: Entry) -> dict[str, Any]:
    name = entry.new or entry.old
    nodes = () if name else listed(entry.nodes, 20)
    return {
        "kind": entry.kind,
        "mark": MARKS[entry.kind],
        "name": name,
        "asides": [_parts(words) for words in asides(entry)] if name else [],
        "said": [_parts((*words, *nodes)) for words in entry.said],
    }


def _parts(words: Words) -> list[tuple[bool, str]]:
    """Give words as (is it the author's, text)."""
    return [(True, word.text) if isinstance(word, Name) else (False, word) for word in words]
