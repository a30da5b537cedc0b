"""ISO 8601 texts as numbers: days, or microseconds of UTC; a text without a zone is read as UTC."""

from __future__ import annotations

import datetime as dt
from fractions import Fraction

_EPOCH = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)
_MICROSECOND = dt.timedelta(microseconds=1)
_DAY = 86_400_000_000


def microseconds(text: str) -> int:
    """Give the microseconds from 1970 to a date (its midnight) or datetime.

    Raises:
        ValueError: the text is neither.
    """
    moment = dt.datetime.fromisoformat(text)
    aware = moment if moment.tzinfo else moment.replace(tzinfo=dt.UTC)
    return (aware - _EPOCH) // _MICROSECOND


def days(text: str) -> int | Fraction:
    """Give the days from 1970 to a date or datetime.

    Raises:
        ValueError: the text is neither.
    """
    elapsed = Fraction(microseconds(text), _DAY)
    return int(elapsed) if elapsed.denominator == 1 else elapsed


def microseconds_of_day(text: str) -> int:
    """Give the microseconds from midnight to a time of day.

    Raises:
        ValueError: the text is no time of day, or has a zone.
    """
    time = dt.time.fromisoformat(text)
    if time.tzinfo is not None:
        raise ValueError(f"a time of day has no zone: {text!r}")
    return ((time.hour * 60 + time.minute) * 60 + time.second) * 1_000_000 + time.microsecond
