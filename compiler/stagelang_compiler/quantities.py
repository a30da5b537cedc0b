"""Durations and sizes as people write them: '1h30min', '512MB'."""

from __future__ import annotations

import math
import re

_SECONDS = {"ms": 0.001, "s": 1.0, "min": 60.0, "h": 3600.0, "d": 86400.0}
_BYTES = {
    "B": 1,
    "KB": 10**3,
    "MB": 10**6,
    "GB": 10**9,
    "TB": 10**12,
    "KiB": 2**10,
    "MiB": 2**20,
    "GiB": 2**30,
    "TiB": 2**40,
}
_PART = re.compile(r"(\d+(?:\.\d+)?)\s*(ms|s|min|h|d)\s*", re.ASCII)
_SIZE = re.compile(r"(\d+(?:\.\d+)?)\s*([KMGT]?i?B)", re.ASCII)


def seconds(text: str) -> float:
    """Read a duration such as '20s', '5min', '1h30min'.

    Raises:
        ValueError: the text is no duration.
    """
    position, total = 0, 0.0
    while position < len(text):
        part = _PART.match(text, position)
        if part is None:
            break
        total += float(part[1]) * _SECONDS[part[2]]
        position = part.end()
    if position < len(text) or not 0 < total < math.inf:
        raise ValueError(f"expected a duration such as '20s', '5min' or '1h30min', got {text!r}")
    return total


def size(text: str) -> int:
    """Read a size in bytes such as '512MB' (10^6) or '2GiB' (2^30).

    Raises:
        ValueError: the text is no size.
    """
    found = _SIZE.fullmatch(text.strip())
    if found is None or found[2] not in _BYTES or not 0 < float(found[1]) < math.inf:
        raise ValueError(f"expected a size such as '512MB' or '2GiB', got {text!r}")
    return round(float(found[1]) * _BYTES[found[2]])
