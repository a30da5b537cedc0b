"""Reading JSON lines with a contract's types: an object a line, all problems at once.

`null` and an absent key are missing values. Dates, times and bytes are texts as in CSV; nothing else is read from text.
"""

from __future__ import annotations

import itertools
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple, NoReturn, final

import pyarrow as pa
import pyarrow.compute as pc
from attrs import field, frozen

from stagelang_compiler.plan import Column, Contract
from stagelang_runtime.gates.casting import cast_column
from stagelang_runtime.gates.types import arrow_type, item_type
from stagelang_runtime.inputs.errors import InputProblem
from stagelang_runtime.inputs.opening import open_input
from stagelang_runtime.inputs.problems import header_problems, value_problem
from stagelang_runtime.inputs.texts import parse_texts

_BLOCK_ROWS = 1 << 16
_SHOWN = 5
_TEXTUAL = ("date", "datetime", "time", "bytes")
_PYTHON: Mapping[str, tuple[type, ...]] = {
    "int": (int, float),
    "float": (int, float),
    "str": (str,),
    "bool": (bool,),
}


class Row(NamedTuple):
    """One object and its line."""

    line: int
    values: dict[str, Any]


@final
@frozen
class _Column:
    """What was read of one column: its pieces, and the lines and first value of what doesn't fit."""

    pieces: list[pa.ChunkedArray] = field(factory=list[pa.ChunkedArray])
    bad_lines: list[int] = field(factory=list[int])
    bad_values: list[Any] = field(factory=list[Any])


def read_jsonl(name: str, root: Path, contract: Contract) -> tuple[pa.Table, list[InputProblem]]:
    """Read a file and say what is wrong with it; the table is complete only if nothing is. Raises UNREADABLE."""
    with open_input(name, root) as stream:
        return _read(name, stream, contract)


def peek_jsonl(name: str, root: Path, contract: Contract, rows: int) -> list[InputProblem]:
    """Say what is wrong with the first rows. Raises UNREADABLE."""
    with open_input(name, root) as stream:
        return _read(name, itertools.islice(stream, rows), contract)[1]


def _read(name: str, lines: Iterable[bytes], contract: Contract) -> tuple[pa.Table, list[InputProblem]]:
    problems: list[InputProblem] = []
    blocks: list[pa.Table] = []
    columns = {column.name: _Column() for column in contract.columns}
    seen: dict[str, None] = {}
    rows = _rows(name, lines, problems)
    while block := list(itertools.islice(rows, _BLOCK_ROWS)):
        seen.update(dict.fromkeys(key for row in block for key in row.values))
        for column in contract.columns:
            _collect(columns[column.name], block, column)
        blocks.append(_others(name, block, columns, problems))
    names = list(seen) if blocks else list(columns)
    problems += header_problems(name, names, contract)
    problems += _bad_values(name, columns, contract)
    if problems:
        return pa.table({}), sorted(problems, key=lambda problem: problem.line)
    return _together(name, columns, contract, blocks)


def _rows(name: str, lines: Iterable[bytes], problems: list[InputProblem]) -> Iterator[Row]:
    for number, line in enumerate(lines, 1):
        text = line.removeprefix(b"\xef\xbb\xbf") if number == 1 else line
        if not text.strip():
            continue
        try:
            values: Any = json.loads(text.decode(), object_pairs_hook=_object, parse_constant=_no_constant)
        except (ValueError, RecursionError) as error:
            problems.append(_not_json(name, number, error))
            continue
        if isinstance(values, dict):
            yield Row(number, values)
        else:
            message = f"expected an object, found {type(values).__name__}"
            remedy = 'write each row as an object, such as {"id": 1}'
            problems.append(InputProblem(file=name, line=number, message=message, help=remedy))


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        names = [name for name, _ in pairs]
        twice = next(name for name in names if names.count(name) > 1)
        raise ValueError(f"the key {twice!r} is there more than once")
    return found


def _no_constant(text: str) -> NoReturn:
    raise ValueError(f"{text} is not JSON")


def _not_json(name: str, line: int, error: Exception) -> InputProblem:
    if isinstance(error, UnicodeDecodeError):
        return InputProblem(file=name, line=line, message="not UTF-8", help="save the file as UTF-8")
    if isinstance(error, json.JSONDecodeError):
        message = f"not JSON: {error.msg[:1].lower()}{error.msg[1:]} at column {error.colno}"
        return InputProblem(file=name, line=line, message=message, help="write one JSON object on each line")
    message = "nested too deeply" if isinstance(error, RecursionError) else str(error)
    return InputProblem(file=name, line=line, message=message, help="correct the line")


def _collect(into: _Column, block: Sequence[Row], column: Column) -> None:
    """Convert a block of one column, or keep what doesn't fit."""
    values = [row.values.get(column.name) for row in block]
    fits = [value is None or _is_kind(value, column.type) for value in values]
    if all(fits):
        found, bad = _convert(values, column.type)
        if found is not None:
            into.pieces.append(found)
            return
        fits = [not is_bad for is_bad in bad]
    for row, value, fit in zip(block, values, fits, strict=True):
        if not fit:
            into.bad_lines.append(row.line)
            into.bad_values.append(value)


def _is_kind(value: object, type: str) -> bool:
    item = item_type(type)
    if item is not None:
        return isinstance(value, list)
    if type in _TEXTUAL:
        return isinstance(value, str)
    return isinstance(value, _PYTHON[type]) and (type == "bool" or not isinstance(value, bool))


def _convert(values: list[Any], type: str) -> tuple[pa.ChunkedArray | None, Iterable[bool]]:
    """Give the column, or which values don't fit."""
    if type in _TEXTUAL:
        parsed = parse_texts(pa.chunked_array([pa.array(values, pa.string())]), type)
        return parsed.column, [] if parsed.column is not None else pc.fill_null(parsed.bad, False).to_pylist()
    try:
        cast = cast_column(pa.chunked_array([_array(values, type)]), type)
    except (pa.ArrowException, OverflowError):
        return None, [not _alone(value, type) for value in values]
    return cast.column, [] if cast.bad is None else pc.fill_null(cast.bad, False).to_pylist()


def _array(values: list[Any], type: str) -> pa.Array:
    array: pa.Array = (
        pa.array(values) if any(value is not None for value in values) else pa.array(values, arrow_type(type))
    )
    return array


def _alone(value: Any, type: str) -> bool:
    try:
        return cast_column(pa.chunked_array([pa.array([value])]), type).column is not None
    except (pa.ArrowException, OverflowError):
        return False


def _others(
    name: str, block: Sequence[Row], columns: Mapping[str, _Column], problems: list[InputProblem]
) -> pa.Table:
    """Give the columns beyond the contract's, in the types that their values have."""
    labels = dict.fromkeys(key for row in block for key in row.values if key not in columns)
    arrays: list[pa.Array] = []
    for label in labels:
        values = [row.values.get(label) for row in block]
        try:
            arrays.append(pa.array(values))
        except (pa.ArrowException, OverflowError):
            kinds = sorted({type(value).__name__ for value in values if value is not None})
            message = f"column {label!r}, which the contract doesn't name, mixes {' and '.join(kinds)}"
            remedy = "give its values one type, or name the column in the contract"
            problems.append(InputProblem(file=name, column=label, message=message, help=remedy))
            arrays.append(pa.nulls(len(values)))
    return pa.Table.from_arrays(arrays, names=list(labels))


def _bad_values(name: str, columns: Mapping[str, _Column], contract: Contract) -> Iterator[InputProblem]:
    for column in contract.columns:
        lines, values = columns[column.name].bad_lines, columns[column.name].bad_values
        if lines:
            yield value_problem(name, column, values[0], len(lines), lines[0], lines[1:_SHOWN])


def _together(
    name: str, columns: Mapping[str, _Column], contract: Contract, blocks: Sequence[pa.Table]
) -> tuple[pa.Table, list[InputProblem]]:
    try:
        others = pa.concat_tables(blocks, promote_options="permissive") if blocks else pa.table({})
        typed = {
            column.name: _joined(columns[column.name].pieces, column.type) for column in contract.columns
        }
    except pa.ArrowException as error:
        remedy = "give the column one type throughout the file"
        return pa.table({}), [InputProblem(file=name, message=str(error).lower(), help=remedy)]
    arrays = [*typed.values(), *others.columns]
    return pa.Table.from_arrays(arrays, names=[*typed, *others.column_names]), []


def _joined(pieces: Sequence[pa.ChunkedArray], type: str) -> pa.ChunkedArray:
    chunks = [chunk for piece in pieces for chunk in piece.chunks]
    kinds = {chunk.type for chunk in chunks if chunk.null_count < len(chunk)} or {arrow_type(type)}
    if len(kinds) > 1:
        raise pa.ArrowInvalid("some of its times have a zone and some have none")
    (kind,) = kinds
    return pa.chunked_array(
        [chunk if chunk.type == kind else pa.nulls(len(chunk), kind) for chunk in chunks], type=kind
    )
