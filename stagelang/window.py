"""Windows of time: the calendar units into which a metric's rows are told apart, and in which time zone."""

from __future__ import annotations

from typing import Literal, TypeAlias, final

from attrs import field, frozen

Every: TypeAlias = Literal["hour", "day", "week", "month", "quarter", "year"]


@final
@frozen
class Window:
    """A window of calendar time; a metric with one is the number of the last window that its rows fall into.

    Args:
        every: the calendar unit; weeks begin on Monday.
        zone: the time zone in which days begin, such as "Europe/Vienna"; moments without a zone of their own are read as UTC.
    """

    every: Every
    zone: str = field(default="UTC", kw_only=True)
