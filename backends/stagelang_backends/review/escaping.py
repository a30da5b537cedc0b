"""Writes an author's words into Markdown: the one place that does, so that no name can act as markup, a mention or a link."""

from __future__ import annotations

import re

_LONGEST = 100


def code(text: str, longest: int = _LONGEST) -> str:
    """Write a text as a code span that shows just that text, on one line; a long one is shortened.

    In a code span GitHub makes no link, no mention and no HTML of anything; only backticks end it, so the fence is longer than any
    run of them (CommonMark 6.1). What can't be seen (line ends, direction marks, characters of no width) is shown by its number.
    """
    shown = "".join(each if each.isprintable() else each.encode("unicode_escape").decode() for each in text)
    shown = shown if len(shown) <= longest else f"{shown[: longest - 1]}…"
    shown = shown or " "
    runs = {len(run) for run in re.findall("`+", shown)}
    fence = "`" * next(length for length in range(1, len(runs) + 2) if length not in runs)
    # one space at both ends is taken off again, but not where there is nothing else
    pad = " " if shown.strip() and (shown[0] in "` " or shown[-1] in "` ") else ""
    return f"{fence}{pad}{shown}{pad}{fence}"
