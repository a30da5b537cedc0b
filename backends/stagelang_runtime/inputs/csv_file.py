"""Reading a CSV file with a contract's types: UTF-8, commas, a header, all problems at once.

An empty field is a missing value; in a column of texts only if it isn't quoted: `""` is an empty text there.
Blank lines are skipped. Columns beyond the contract's are read as text, so that their type depends on no value.
"""

from __future__ import annotations

import csv
import itertools
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv as pacsv

from stagelang_compiler.plan import Column, Contract
from stagelang_runtime.inputs.errors import InputProblem
from stagelang_runtime.inputs.opening import open_input, open_text
from stagelang_runtime.inputs.problems import header_problems, value_problem
from stagelang_runtime.inputs.texts import parse_texts

_SHOWN = 5


class Record(NamedTuple):
    """The fields of one row and the line on which it begins."""

    line: int
    fields: list[str]


def read_csv(name: str, root: Path, contract: Contract) -> tuple[pa.Table, list[InputProblem]]:
    """Read a file and say what is wrong with it; the table is complete only if nothing is. Raises UNREADABLE."""
    header, problems = _header(name, root, contract)
    if header is None or problems:
        return pa.table({}), problems
    try:
        with open_input(name, root) as stream:
            texts = _texts(stream, header)
    except pa.ArrowException as error:
        return pa.table({}), list(_broken_rows(name, root, header, error))
    return _typed(name, root, texts, contract)


def peek_csv(name: str, root: Path, contract: Contract, rows: int) -> list[InputProblem]:
    """Say what is wrong with the header and the first rows. Raises UNREADABLE."""
    header, problems = _header(name, root, contract)
    if header is None or problems:
        return problems
    try:
        with open_text(name, root) as stream:
            first = list(itertools.islice(records(stream), 1, rows + 1))
    except (UnicodeDecodeError, csv.Error):
        return list(_broken_rows(name, root, header, None))
    ragged = [_ragged(name, record, header) for record in first if len(record.fields) != len(header)]
    if ragged:
        return ragged[:_SHOWN]
    columns = {
        label: pa.chunked_array([pa.array([record.fields[index] or None for record in first], pa.string())])
        for index, label in enumerate(header)
    }
    lines = [record.line for record in first]
    return list(_value_problems(name, columns, contract, lambda: lines)[1])


def records(stream: Iterable[str]) -> Iterator[Record]:
    """Give all rows but blank ones, the header first. Raises UnicodeDecodeError, csv.Error."""
    reader = csv.reader(stream)
    line = 1
    for fields in reader:
        if fields:
            yield Record(line, fields)
        line = reader.line_num + 1


def _header(name: str, root: Path, contract: Contract) -> tuple[list[str] | None, list[InputProblem]]:
    with open_input(name, root) as stream:
        start = stream.read(2)
    if start in (b"\xff\xfe", b"\xfe\xff"):
        return None, [InputProblem(file=name, message="the text is UTF-16", help="save the file as UTF-8")]
    try:
        with open_text(name, root) as stream:
            first = next(records(stream), None)
    except (UnicodeDecodeError, csv.Error):
        return None, list(_broken_rows(name, root, [], None))
    if first is None:
        wanted = ",".join(column.name for column in contract.columns)
        return None, [
            InputProblem(file=name, message="the file is empty", help=f"begin it with a header: {wanted}")
        ]
    return first.fields, list(header_problems(name, first.fields, contract, first.line))


def _texts(stream: Any, header: Sequence[str]) -> pa.Table:
    table: pa.Table = pacsv.read_csv(
        stream,
        parse_options=pacsv.ParseOptions(newlines_in_values=True),
        convert_options=pacsv.ConvertOptions(
            column_types=dict.fromkeys(header, pa.string()),
            null_values=[""],
            strings_can_be_null=True,
            quoted_strings_can_be_null=False,
        ),
    )
    return table


def _typed(name: str, root: Path, texts: pa.Table, contract: Contract) -> tuple[pa.Table, list[InputProblem]]:
    columns = {label: texts.column(label) for label in texts.column_names}
    typed, problems = _value_problems(name, columns, contract, lambda: _lines(name, root))
    return pa.Table.from_arrays(list(typed.values()), names=list(typed)), problems


def _lines(name: str, root: Path) -> list[int]:
    """Give the line of each row; none where Python's reader finds the file odder than Arrow does."""
    try:
        with open_text(name, root) as stream:
            return [record.line for record in itertools.islice(records(stream), 1, None)]
    except (UnicodeDecodeError, csv.Error):
        return []


def _value_problems(
    name: str, columns: Mapping[str, pa.ChunkedArray], contract: Contract, lines: Any
) -> tuple[dict[str, pa.ChunkedArray], list[InputProblem]]:
    declared: Mapping[str, Column] = {column.name: column for column in contract.columns}
    typed: dict[str, pa.ChunkedArray] = {}
    problems: list[InputProblem] = []
    for label, texts in columns.items():
        column = declared.get(label)
        if column is None:
            typed[label] = texts
            continue
        parsed = parse_texts(texts, column.type)
        if parsed.column is not None:
            typed[label] = parsed.column
        else:
            problems.append(_bad_values(name, column, texts, parsed.bad, parsed.why, lines()))
    return typed, sorted(problems, key=lambda problem: problem.line)


def _bad_values(
    name: str, column: Column, texts: pa.ChunkedArray, bad: Any, why: str, lines: Sequence[int]
) -> InputProblem:
    count: int = pc.sum(bad).as_py()
    rows: list[int] = pc.indices_nonzero(bad).slice(0, _SHOWN).to_pylist()
    places = [lines[row] for row in rows] if rows[-1] < len(lines) else [0]
    return value_problem(name, column, texts[rows[0]].as_py(), count, places[0], places[1:], why)


def _broken_rows(
    name: str, root: Path, header: Sequence[str], error: Exception | None
) -> Iterator[InputProblem]:
    """Find the lines that aren't UTF-8, or else the rows with another number of fields than the header."""
    with open_input(name, root) as stream:
        undecodable = [number for number, line in enumerate(stream, 1) if not _is_utf8(line)]
    if undecodable:
        others = f" (and {len(undecodable) - 1} more lines)" if len(undecodable) > 1 else ""
        remedy = "save the file as UTF-8; it may be Latin-1 or Windows-1252"
        yield InputProblem(file=name, line=undecodable[0], message=f"not UTF-8{others}", help=remedy)
        return
    found = 0
    try:
        with open_text(name, root) as stream:
            for record in itertools.islice(records(stream), 1, None):
                if len(record.fields) != len(header) and found < _SHOWN:
                    yield _ragged(name, record, header)
                found += len(record.fields) != len(header)
    except csv.Error as broken:
        yield InputProblem(file=name, message=f"not CSV: {broken}", help="write the file again as CSV")
        return
    if found > _SHOWN:
        message = f"{found - _SHOWN} more rows with another number of fields"
        yield InputProblem(file=name, message=message, help="correct them too")
    if not found:
        yield InputProblem(file=name, message=f"not CSV: {error}", help="write the file again as CSV")


def _is_utf8(line: bytes) -> bool:
    try:
        line.decode()
    except UnicodeDecodeError:
        return False
    return True


def _ragged(name: str, record: Record, header: Sequence[str]) -> InputProblem:
    return InputProblem(
        file=name,
        line=record.line,
        message=f"expected {len(header)} fields as in the header, found {len(record.fields)}",
        help="quote a field that holds a comma, a quote or a line end",
    )
