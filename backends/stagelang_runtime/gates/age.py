"""The gate of an age: how long ago the newest row of a table was known."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from stagelang_compiler.plan import Contract
from stagelang_runtime.gates.report import GateResult

_DAY = dt.timedelta(days=1)


def age_result(table: pa.Table, contract: Contract, now: dt.datetime) -> GateResult:
    """Judge whether the newest row of a table in its contract's types is new enough.

    A moment without a zone counts as UTC, and a date as its end. Rows from the future show nothing and are left out, so that one wrong
    date makes no table new; a table without a row that shows its age fails.

    Args:
        table: the rows.
        contract: says how old the newest may be.
        now: the moment at which it is judged, with a zone.
    """
    allowed = dt.timedelta(seconds=contract.max_age_seconds or 0)
    expected = f"a newest row that is at most {_words(allowed)} old"
    times = [column for column in contract.columns if column.time]
    name = times[0].name if len(times) == 1 else ""
    if table.column_names.count(name) != 1 or times[0].type not in ("date", "datetime"):
        found = "no column that tells when a row was known"
        return GateResult(name="max_age", verdict="error", expected=expected, found=found)
    try:
        newest = _newest(table.column(name), now)
    except pa.ArrowException as error:
        return GateResult(name="max_age", column=name, verdict="error", expected=expected, found=str(error))
    if newest is None:
        found = "no row that shows it" if table.num_rows else "no rows"
        return GateResult(
            name="max_age", column=name, verdict="fail", expected=expected, found=found, violations=1
        )
    age = max(now - _end(newest), dt.timedelta(0))
    is_new = age <= allowed
    return GateResult(
        name="max_age",
        column=name,
        verdict="pass" if is_new else "fail",
        expected=expected,
        found=f"{newest.isoformat()}, which is {_words(age)} old",
        violations=0 if is_new else 1,
        examined=table.num_rows,
    )


def _newest(column: pa.ChunkedArray, now: dt.datetime) -> Any:
    """Give the latest value that isn't in the future; None where there is none."""
    if pa.types.is_date(column.type):
        limit = pa.scalar(now.astimezone(dt.UTC).date(), column.type)
    else:
        is_aware = column.type.tz is not None
        moment = now.astimezone(dt.UTC)
        limit = pa.scalar(moment if is_aware else moment.replace(tzinfo=None), column.type)
    return pc.max(column.filter(pc.less_equal(column, limit))).as_py()


def _end(newest: dt.date) -> dt.datetime:
    if isinstance(newest, dt.datetime):
        return newest if newest.tzinfo else newest.replace(tzinfo=dt.UTC)
    return dt.datetime(newest.year, newest.month, newest.day, tzinfo=dt.UTC) + _DAY


def _words(span: dt.timedelta) -> str:
    """Write a span of time, to the second below a minute and in the two largest units above it."""
    seconds = int(span.total_seconds())
    parts = [
        (seconds // 86400, "d"),
        (seconds // 3600 % 24, "h"),
        (seconds // 60 % 60, "min"),
        (seconds % 60, "s"),
    ]
    first = next((place for place, (count, _) in enumerate(parts) if count), 3)
    return " ".join(f"{count} {unit}" for count, unit in parts[first : first + 2] if count) or "0 s"
