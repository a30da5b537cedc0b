"""Reading a Parquet file, or only its footer, and saying how it differs from a contract."""

from __future__ import annotations

from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from stagelang_compiler.plan import Contract
from stagelang_runtime.gates.conform import conform
from stagelang_runtime.gates.types import is_known, may_conform, word
from stagelang_runtime.inputs.errors import InputProblem
from stagelang_runtime.inputs.opening import open_raw
from stagelang_runtime.inputs.problems import header_problems, type_problems


def read_parquet(name: str, root: Path, contract: Contract) -> tuple[pa.Table, list[InputProblem]]:
    """Read a file in the contract's types and say what is wrong with it. Raises UNREADABLE."""
    try:
        with open_raw(name, root) as stream:
            table = pq.ParquetFile(stream).read()
    except (pa.ArrowException, OSError) as error:
        return pa.table({}), [_not_parquet(name, error)]
    problems = list(header_problems(name, table.column_names, contract))
    if problems:
        return table, problems
    done = conform(table.replace_schema_metadata(None), contract)
    return done.table, list(type_problems(name, done.problems, contract))


def peek_parquet(name: str, root: Path, contract: Contract) -> tuple[int, list[InputProblem]]:
    """Give a file's number of rows and what its footer shows to be wrong with it. Raises UNREADABLE."""
    try:
        with open_raw(name, root) as stream:
            file = pq.ParquetFile(stream)
            schema, rows = file.schema_arrow, file.metadata.num_rows
    except (pa.ArrowException, OSError) as error:
        return 0, [_not_parquet(name, error)]
    problems = list(header_problems(name, schema.names, contract))
    for column in contract.columns:
        if schema.names.count(column.name) == 1 and is_known(column.type):
            found = schema.field(column.name).type
            if not may_conform(found, column.type):
                problems.append(_wrong_type(name, column.name, column.type, word(found), contract))
    return rows, problems


def _wrong_type(name: str, column: str, expected: str, found: str, contract: Contract) -> InputProblem:
    return InputProblem(
        file=name,
        column=column,
        message=f"column {column!r}: expected {expected}, found {found}",
        help=f"write the column as {expected}, or change the contract {contract.name!r}",
    )


def _not_parquet(name: str, error: Exception) -> InputProblem:
    reason = str(error).splitlines()[0].rstrip(".")
    message = f"not a whole Parquet file: {reason[:1].lower()}{reason[1:]}"
    return InputProblem(file=name, message=message, help="write or fetch the file again")
