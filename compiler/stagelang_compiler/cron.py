"""Reads the five fields of a cron schedule (POSIX crontab), to find mistakes in it."""

from __future__ import annotations

import re

_FIELDS = (
    ("minute", 0, 59),
    ("hour", 0, 23),
    ("day of month", 1, 31),
    ("month", 1, 12),
    ("day of week", 0, 7),
)
_MONTHS = {
    name: number
    for number, name in enumerate(
        ["JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC"], 1
    )
}
_DAYS = {name: number for number, name in enumerate(["SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT"])}
_ITEM = re.compile(r"(\*|\w+(?:-\w+)?)(?:/(\d+))?", re.ASCII)


def cron_problem(schedule: str) -> str:
    """Say what is wrong with a schedule; empty if nothing is."""
    words = schedule.split()
    if len(words) != len(_FIELDS):
        return f"expected 5 fields, found {len(words)}"
    for word, (field, low, high) in zip(words, _FIELDS, strict=True):
        for item in word.split(","):
            problem = _item_problem(
                item, low, high, _MONTHS if field == "month" else _DAYS if field == "day of week" else {}
            )
            if problem:
                return f"{field} {item!r} {problem}"
    return ""


def _item_problem(item: str, low: int, high: int, names: dict[str, int]) -> str:
    found = _ITEM.fullmatch(item)
    if found is None:
        return "isn't a number, a range, '*' or a step"
    if found[2] is not None and int(found[2]) == 0:
        return "has a step of 0"
    if found[1] == "*":
        return ""
    ends = [names.get(word.upper(), int(word) if word.isdecimal() else -1) for word in found[1].split("-")]
    if not all(low <= end <= high for end in ends):
        return f"isn't between {low} and {high}"
    return "runs backwards" if ends != sorted(ends) else ""
