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
    except UnicodeEncodeError:
        return "it holds half a character"
    return ""


def unmatched(pattern: str, texts: Iterable[str]) -> frozenset[str]:
    """Give the texts that a usable pattern doesn't match from start to end."""
    import pyarrow as pa
    import pyarrow.compute as pc

    given = frozenset(texts)
    listed = [text for text in given if _is_whole(text)]
    matched = pc.match_substring_regex(pa.array(listed, pa.string()), rf"\A(?:{pattern})\z").to_pylist()
    return given - {text for text, fits in zip(listed, matched, strict=True) if fits}


def _is_whole(text: str) -> bool:
    """Tell whether a text can be written down: half a surrogate pair can't."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True
