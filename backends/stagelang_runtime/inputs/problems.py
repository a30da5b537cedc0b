"""The problems that all formats share: columns that are missing, of another type, or not wanted."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from stagelang_compiler.plan import Column, Contract
from stagelang_runtime.gates.conform import Problem, nearest
from stagelang_runtime.inputs.errors import InputProblem

_MOST_NAMED = 8


def quoted(names: Sequence[str]) -> str:
    """Name a few, and say how many more there are."""
    shown = ", ".join(repr(name) for name in names[:_MOST_NAMED])
    return shown if len(names) <= _MOST_NAMED else f"{shown} and {len(names) - _MOST_NAMED} more"


def header_problems(
    file: str, names: Sequence[str], contract: Contract, line: int = 0
) -> Iterator[InputProblem]:
    """Find what is wrong with the names of a file's columns: those missing, repeated, and too many."""
    missing = [column.name for column in contract.columns if column.name not in names]
    if missing:
        yield InputProblem(
            file=file,
            line=line,
            message=f"{_columns(missing)} missing",
            help=_rename(missing, names, contract),
        )
    repeated = sorted({name for name in names if names.count(name) > 1})
    if repeated:
        message = f"{_columns(repeated)} there more than once"
        yield InputProblem(file=file, line=line, message=message, help="keep one column of each name")
    declared = {column.name for column in contract.columns}
    others = [name for name in names if name not in declared]
    if contract.closed and others:
        message = f"{_columns(others)} not in the closed contract {contract.name!r}"
        yield InputProblem(
            file=file, line=line, message=message, help="remove them, or name them in the contract"
        )


def _columns(names: Sequence[str]) -> str:
    return f"column {names[0]!r} is" if len(names) == 1 else f"columns {quoted(names)} are"


def _rename(missing: Sequence[str], names: Sequence[str], contract: Contract) -> str:
    if len(names) == 1:
        for separator, word in ((";", "semicolons"), ("\t", "tabs"), ("|", "bars")):
            if separator in names[0]:
                return f"separate the fields with commas, not with {word}"
    near = {name: nearest(name, names) for name in missing}
    hints = [f"{found!r} for {name!r}" for name, found in near.items() if found is not None]
    if hints:
        return f"did you mean {', '.join(hints[:_MOST_NAMED])}?"
    return f"the file has {quoted(names)}; rename them there or in the contract {contract.name!r}"


def value_problem(
    file: str,
    column: Column,
    value: object,
    rows: int,
    line: int = 0,
    others: Sequence[int] = (),
    why: str = "",
) -> InputProblem:
    """Say that a column holds a value that isn't of its type, on which lines, and how often."""
    more = f", {rows} such rows" if rows > 1 else ""
    lines = f" (also on line {', '.join(str(each) for each in others)})" if others else ""
    remedy = "correct the value" + (
        ", or leave the field empty where it is missing" if column.nullable else ""
    )
    message = (
        f"column {column.name!r}: expected {column.type}, found {value!r}{more}{lines}{'; ' * bool(why)}{why}"
    )
    return InputProblem(file=file, line=line, column=column.name, message=message, help=remedy)


def type_problems(file: str, problems: Iterable[Problem], contract: Contract) -> Iterator[InputProblem]:
    """Say which columns of a typed file can't be had in the contract's type."""
    for problem in problems:
        shown = (
            f", such as {problem.examples[0]['value']!r} in row {problem.examples[0]['row']}"
            if problem.examples
            else ""
        )
        message = f"column {problem.column!r}: expected {problem.expected}, found {problem.found}{shown}"
        remedy = f"write the column as {problem.expected}, or change the contract {contract.name!r}"
        yield InputProblem(file=file, column=problem.column, message=message, help=remedy)
