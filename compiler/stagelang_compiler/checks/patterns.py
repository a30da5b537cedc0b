"""Regular expressions as the run reads them: RE2's, by way of pyarrow, which is loaded only where a pattern is met."""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache

_KEPT = 1024


@lru_cache(maxsize=_KEPT)
def pattern_problem(pattern: str) -> str:
    """Say why a pattern can't be used; nothing if it can."""
    import pyarrow as pa
    import pyarrow.compute as pc

    try:
        pc.match_substring_regex(pa.array([""]), pattern)
    except pa.ArrowInvalid as error:
        said = str(error).removeprefix("Invalid regular expression: ")
        return said.removesuffix(f": {pattern}")
    return ""


def unmatched(pattern: str, texts: Iterable[str]) -> frozenset[str]:
    """Give the texts that a usable pattern doesn't match from start to end."""
    import pyarrow as pa
    import pyarrow.compute as pc

    listed = list(texts)
    matched = pc.match_substring_regex(pa.array(listed, pa.string()), rf"\A(?:{pattern})\z").to_pylist()
    return frozenset(text for text, fits in zip(listed, matched, strict=True) if not fits)
