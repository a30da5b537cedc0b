"""Which schedules are taken, and what is said of the others."""

from __future__ import annotations

import pytest

from stagelang_compiler.cron import cron_problem


@pytest.mark.parametrize(
    "schedule",
    [
        "0 6 * * 1", "*/15 * * * *", "0 0 1 1 *", "59 23 31 12 7", "0,30 8-18 * * 1-5", "0 0-23/2 * * *", "5 4 * * sun",
        "0 9 * JAN-MAR MON,WED,FRI",         "30 5 1,15 * *", "  0   6 * * 1  ", "0 0 * * 0", "0 22 * * 1-5",
    ],
)  # fmt: skip
def test_schedules_that_cron_knows_are_taken(schedule: str) -> None:
    assert cron_problem(schedule) == ""


@pytest.mark.parametrize(
    ("schedule", "problem"),
    [
        ("@daily", "expected 5 fields, found 1"),
        ("0 6 * *", "expected 5 fields, found 4"),
        ("0 0 6 * * 1", "expected 5 fields, found 6"),
        ("60 * * * *", "minute '60' isn't between 0 and 59"),
        ("0 24 * * *", "hour '24' isn't between 0 and 23"),
        ("0 0 0 * *", "day of month '0' isn't between 1 and 31"),
        ("0 0 * 13 *", "month '13' isn't between 1 and 12"),
        ("0 0 * * 8", "day of week '8' isn't between 0 and 7"),
        ("0 0 * MON *", "month 'MON' isn't between 1 and 12"),
        ("0 0 * * FUNDAY", "day of week 'FUNDAY' isn't between 0 and 7"),
        ("-1 * * * *", "minute '-1' isn't a number, a range, '*' or a step"),
        ("1.5 * * * *", "minute '1.5' isn't a number, a range, '*' or a step"),
        ("*/0 * * * *", "minute '*/0' has a step of 0"),
        ("30-10 * * * *", "minute '30-10' runs backwards"),
        ("0 0 * * FRI-MON", "day of week 'FRI-MON' runs backwards"),
        ("1,,2 * * * *", "minute '' isn't a number, a range, '*' or a step"),
        ("? * * * *", "minute '?' isn't a number, a range, '*' or a step"),
        ("1-2-3 * * * *", "minute '1-2-3' isn't a number, a range, '*' or a step"),
        ("٣ * * * *", "minute '٣' isn't a number, a range, '*' or a step"),
        ("0 6 * * 1; rm", "expected 5 fields, found 6"),
    ],
)
def test_what_is_wrong_with_a_schedule_is_said_of_its_field(schedule: str, problem: str) -> None:
    assert cron_problem(schedule) == problem
