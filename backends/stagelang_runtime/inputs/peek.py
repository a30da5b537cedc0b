"""What is wrong with a source, seen from headers, footers and first rows only, before anything runs."""

from __future__ import annotations

from pathlib import Path

from stagelang_compiler.plan import Contract, Source
from stagelang_runtime.inputs.csv_file import peek_csv
from stagelang_runtime.inputs.errors import InputError, InputProblem
from stagelang_runtime.inputs.files import find
from stagelang_runtime.inputs.json_file import peek_jsonl
from stagelang_runtime.inputs.opening import UNREADABLE, unreadable
from stagelang_runtime.inputs.parquet_file import peek_parquet

_ROWS = 100


def peek(source: Source, contract: Contract | None, root: Path) -> tuple[InputProblem, ...]:
    """Find what is wrong with a source's files: missing, broken, with other columns or types, with too few rows.

    Of Parquet the footer is read, of CSV and JSON lines the header and the first rows. Nothing is raised.
    """
    try:
        names = find(source, root)
    except InputError as error:
        return error.problems
    if contract is None or source.format == "files":
        return ()
    problems: list[InputProblem] = []
    total = 0
    for name in names:
        try:
            rows, found = _peek(source.format, name, root, contract)
        except UNREADABLE as error:
            rows, found = 0, [unreadable(name, error)]
        except InputError as error:
            rows, found = 0, list(error.problems)
        problems += found
        total += rows
    if source.format == "parquet" and not problems:
        problems += _row_problems(source, contract, total)
    return tuple(problems)


def _peek(format: str, name: str, root: Path, contract: Contract) -> tuple[int, list[InputProblem]]:
    if format == "parquet":
        return peek_parquet(name, root, contract)
    if format == "csv":
        return 0, peek_csv(name, root, contract, _ROWS)
    return 0, peek_jsonl(name, root, contract, _ROWS)


def _row_problems(source: Source, contract: Contract, total: int) -> list[InputProblem]:
    least, most = contract.min_rows or 0, contract.max_rows
    if total >= least and (most is None or total <= most):
        return []
    expected = f"at least {least}" if total < least else f"at most {most}"
    message = f"expected {expected} rows, found {total}"
    remedy = f"check where the data comes from, or change the rows of the contract {contract.name!r}"
    return [InputProblem(file=source.location, message=message, help=remedy)]
