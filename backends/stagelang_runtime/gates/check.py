"""The contract gate: a table against all that its contract promises, every violation counted, nothing raised."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import final

import pyarrow as pa
from attrs import frozen

from stagelang_compiler.plan import Column, Contract
from stagelang_runtime.gates.age import age_result
from stagelang_runtime.gates.conform import Conformed, Problem, conform, nearest
from stagelang_runtime.gates.order import order_result
from stagelang_runtime.gates.promises import not_evaluated, promises
from stagelang_runtime.gates.report import EXAMPLES, GateReport, GateResult
from stagelang_runtime.gates.types import is_known
from stagelang_runtime.gates.values import Values

_MANY_ROWS = 100_000


@final
@frozen
class Checked:
    """A table as `conform` gives it, and the gate's report on it."""

    table: pa.Table
    report: GateReport


def check_table(table: pa.Table, contract: Contract) -> GateReport:
    """Judge a table by its contract: one result per promise, in the contract's order.

    Types are judged as `conform` casts them, so a table may come as any library wrote it.
    Values are unique if no value that is there occurs twice, missing ones aside.
    """
    return conform_and_check(table, contract).report


def conform_and_check(table: pa.Table, contract: Contract, *, age: bool = True) -> Checked:
    """Judge a table by its contract and give it in the contract's types, doing the work of both once.

    Args:
        table: the rows.
        contract: what they must satisfy.
        age: whether to judge how old they are; a part of a table, or one that was judged before, isn't asked.
    """
    conformed = conform(table, contract)
    results = [*_table_results(table, contract), *_order_and_age(conformed, contract, age)]
    problems = {problem.column: problem for problem in conformed.problems}
    for found in _map(
        lambda column: _column_results(conformed, column, table, problems.get(column.name)),
        contract.columns,
        table.num_rows,
    ):
        results += found
    report = GateReport(
        contract=contract.name,
        version=contract.version,
        rows=table.num_rows,
        empty_allowed=not contract.min_rows,
        results=tuple(results),
    )
    return Checked(conformed.table, report)


def _map(
    judge: Callable[[Column], list[GateResult]], columns: Sequence[Column], rows: int
) -> Iterable[list[GateResult]]:
    """Judge columns side by side where that pays: Arrow lets other threads run while it computes."""
    if rows < _MANY_ROWS or pa.cpu_count() == 1:
        return map(judge, columns)
    with ThreadPoolExecutor(max_workers=pa.cpu_count()) as pool:
        return list(pool.map(judge, columns))


def _table_results(table: pa.Table, contract: Contract) -> Iterator[GateResult]:
    rows = table.num_rows
    if contract.min_rows is not None:
        yield _row_result(
            "min_rows", f"at least {contract.min_rows} rows", rows, max(contract.min_rows - rows, 0)
        )
    if contract.max_rows is not None:
        yield _row_result(
            "max_rows", f"at most {contract.max_rows} rows", rows, max(rows - contract.max_rows, 0)
        )
    names = table.column_names
    repeated = (
        sorted({name for name in names if names.count(name) > 1}) if len(set(names)) < len(names) else []
    )
    yield _name_result("distinct_names", "no two columns of one name", names, repeated)
    if contract.closed:
        declared = {column.name for column in contract.columns}
        others = [name for name in names if name not in declared]
        yield _name_result("closed", "no columns but the contract's", names, others)


def _order_and_age(conformed: Conformed, contract: Contract, age: bool) -> Iterator[GateResult]:
    if contract.sorted_by:
        yield order_result(conformed.table, contract)
    if age and contract.max_age_seconds is not None:
        yield age_result(conformed.table, contract, dt.datetime.now(dt.UTC))


def _row_result(name: str, expected: str, rows: int, violations: int) -> GateResult:
    return GateResult(
        name=name, verdict="fail" if violations else "pass", expected=expected,
        found=f"{rows} rows", violations=violations, examined=rows,
    )  # fmt: skip


def _name_result(name: str, expected: str, names: list[str], wrong: list[str]) -> GateResult:
    return GateResult(
        name=name,
        verdict="fail" if wrong else "pass",
        expected=expected,
        found=", ".join(repr(each) for each in wrong[:EXAMPLES])
        + (" and more" if len(wrong) > EXAMPLES else ""),
        violations=len(wrong),
        examined=len(names),
        examples=tuple({"column": each} for each in wrong[:EXAMPLES]),
    )


def _column_results(
    conformed: Conformed, column: Column, table: pa.Table, problem: Problem | None
) -> list[GateResult]:
    names = table.column_names
    present = _present(column, names)
    if problem is None:
        values = Values(conformed.table.column(column.name), column.type)
        passed = _type(column, "pass", len(values.column))
        return [present, passed, *(promise.result(column.name, values) for promise in promises(column))]
    why = "the column is not there" if present.verdict == "fail" else f"the column is {problem.found}"
    if names.count(column.name) > 1:
        why = "two columns have this name"
    if names.count(column.name) == 1:
        judged = _failed_type(column, problem, table.num_rows)
    else:
        judged = _type(column, "not_evaluated", 0, why)
    return [present, judged, *(not_evaluated(promise, column.name, why) for promise in promises(column))]


def _present(column: Column, names: list[str]) -> GateResult:
    there = column.name in names
    near = None if there else nearest(column.name, names)
    return GateResult(
        name="present",
        column=column.name,
        verdict="pass" if there else "fail",
        expected="a column of this name",
        found="" if there else f"none; did you mean {near!r}?" if near else "none",
        violations=0 if there else 1,
        examined=1,
    )


def _type(column: Column, verdict: str, examined: int, found: str = "") -> GateResult:
    return GateResult(
        name="type",
        column=column.name,
        verdict="pass" if verdict == "pass" else "not_evaluated",
        expected=column.type,
        found=found,
        examined=examined,
    )


def _failed_type(column: Column, problem: Problem, rows: int) -> GateResult:
    return GateResult(
        name="type",
        column=column.name,
        verdict="fail" if is_known(column.type) else "error",
        expected=column.type,
        found=problem.found,
        violations=problem.rows,
        examined=rows,
        examples=problem.examples,
    )
