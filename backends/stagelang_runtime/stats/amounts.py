"""Writes how many units of independence something takes, as exactly as that is known."""

from __future__ import annotations

_DIGITS = 2


def about(count: int) -> str:
    """Write a number of units that was worked out from an estimated spread: two digits of it are known at best."""
    if not count:
        return "0"
    step = max(0, len(str(abs(count))) - _DIGITS)
    return f"{round(count, -step):,}"
