"""What a contract gate found: one result per promise, in a form that is safe to write as JSON."""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Mapping
from typing import Any, Literal, TypeAlias, cast, final

import pyarrow as pa
import pyarrow.compute as pc
from attrs import frozen

Verdict: TypeAlias = Literal["pass", "fail", "error", "not_evaluated"]
Json: TypeAlias = Any

EXAMPLES = 5
_LONGEST_TEXT = 200
_LONGEST_LIST = 10
_BLOCK_ROWS = 1 << 16


@final
@frozen(kw_only=True)
class GateResult:
    """The answer to one promise.

    `violations` is the exact number of rows (for a promise about the table, of columns or rows) that break it, of
    `examined`; `examples` are the first few of them, rows counted from 0; `found` says in words what was there instead.
    """

    name: str
    column: str = ""
    verdict: Verdict
    expected: str
    found: str = ""
    violations: int = 0
    examined: int = 0
    examples: tuple[Json, ...] = ()

    def to_json(self) -> dict[str, Json]:
        """Give the result as plain JSON values."""
        return {
            "name": self.name,
            "column": self.column,
            "verdict": self.verdict,
            "expected": self.expected,
            "found": self.found,
            "violations": self.violations,
            "examined": self.examined,
            "examples": list(self.examples),
        }

    def __str__(self) -> str:
        where = f"column {self.column!r}" if self.column else "table"
        return f"{where}: expected {self.expected}, found {self.found or 'just that'}"


@final
@frozen(kw_only=True)
class GateReport:
    """The answers to all promises of a contract.

    It passes only if every promise does. With `empty_allowed` (the contract's `rows` begin at 0) a promise that had no
    value to examine doesn't stand in the way; it is still counted as not evaluated.
    """

    contract: str
    version: str
    rows: int
    empty_allowed: bool
    results: tuple[GateResult, ...]

    @property
    def verdict(self) -> Verdict:
        verdicts = {result.verdict for result in self.results}
        if "fail" in verdicts:
            return "fail"
        if "error" in verdicts:
            return "error"
        if not verdicts or ("not_evaluated" in verdicts and not self.empty_allowed):
            return "not_evaluated"
        return "pass"

    @property
    def evaluated(self) -> str:
        """How many of the promises have an answer, as 'k/N'."""
        done = sum(result.verdict in ("pass", "fail") for result in self.results)
        return f"{done}/{len(self.results)}"

    @property
    def findings(self) -> tuple[GateResult, ...]:
        """The results that are not a pass."""
        return tuple(result for result in self.results if result.verdict != "pass")

    def to_json(self) -> dict[str, Json]:
        """Give the report as plain JSON values."""
        return {
            "contract": self.contract,
            "version": self.version,
            "rows": self.rows,
            "verdict": self.verdict,
            "evaluated": self.evaluated,
            "empty_allowed": self.empty_allowed,
            "results": [result.to_json() for result in self.results],
        }


def examples_at(column: pa.ChunkedArray, bad: Any) -> tuple[Json, ...]:
    """Give the first few rows of a mask with their values."""
    return tuple({"row": row, "value": json_value(column[row])} for row in first_rows(bad))


def first_rows(bad: Any) -> list[int]:
    """Give the numbers of the first few rows of a boolean Arrow array, looking no further than needed."""
    found: list[int] = []
    for start in range(0, len(bad), _BLOCK_ROWS):
        hits = pc.indices_nonzero(bad.slice(start, _BLOCK_ROWS)).slice(0, EXAMPLES - len(found))
        found += [start + hit for hit in hits.to_pylist()]
        if len(found) == EXAMPLES:
            break
    return found


def json_value(scalar: pa.Scalar) -> Json:
    """Give an Arrow value as plain JSON; what JSON lacks becomes text, and what is long is cut."""
    try:
        return _plain(scalar.as_py())
    except (ValueError, OverflowError, ImportError):  # a time that Python's datetime can't hold
        return _short(str(scalar.cast(pa.int64()).as_py()) + f" as {scalar.type}")


def _plain(value: object) -> Json:
    if value is None or isinstance(value, bool | int):
        return value
    if isinstance(value, float):
        return value if math.isfinite(value) else str(value)
    if isinstance(value, dt.date | dt.datetime | dt.time):
        return value.isoformat()
    if isinstance(value, bytes):
        return _short(value.hex())
    if isinstance(value, list):
        items = cast("list[object]", value)
        return [_plain(item) for item in items[:_LONGEST_LIST]] + ["…"] * (len(items) > _LONGEST_LIST)
    if isinstance(value, Mapping):
        fields = list(cast("Mapping[object, object]", value).items())[:_LONGEST_LIST]
        return {_short(str(name)): _plain(field) for name, field in fields}
    return _short(str(value))


def _short(text: str) -> str:
    return text if len(text) <= _LONGEST_TEXT else text[: _LONGEST_TEXT - 1] + "…"
