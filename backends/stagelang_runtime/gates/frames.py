"""Any data frame as an Arrow table, with a problem instead of an exception for each column that Arrow can't hold."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import pyarrow as pa

from stagelang.data import Frame
from stagelang_runtime.gates.conform import Conformed, Problem


def read_frame(frame: Frame | pa.Table) -> Conformed:
    """Convert a pandas, polars or any Arrow-capable frame; a pandas index is dropped, and names become text.

    A column that Arrow can't hold, such as one that mixes numbers and texts, is left out and is a problem.
    """
    if isinstance(frame, pa.Table):
        return Conformed(table=frame)
    if type(frame).__module__.partition(".")[0] == "pandas":
        return _read_pandas(frame)
    return Conformed(table=pa.table(frame))


def _read_pandas(frame: Any) -> Conformed:
    names: list[str] = []
    arrays: list[pa.Array] = []
    problems: list[Problem] = []
    for index, label in enumerate(frame.columns):
        name = _name(label)
        try:
            array: pa.Array = pa.array(frame.iloc[:, index], from_pandas=True)
        except (pa.ArrowException, OverflowError) as error:
            problems.append(_unfit(name, frame.iloc[:, index], error))
        else:
            names.append(name)
            arrays.append(array)
    return Conformed(table=pa.Table.from_arrays(arrays, names=names), problems=tuple(problems))


def _name(label: object) -> str:
    return label if isinstance(label, str) else str(label)


def _unfit(name: str, values: Sequence[object], error: Exception) -> Problem:
    kinds = sorted(set(_kinds(values)))
    if len(kinds) > 1:
        found = f"a mix of {' and '.join(kinds)}"
    else:
        found = "an int beyond 64 bits" if isinstance(error, OverflowError) else str(error).lower()
    return Problem(column=name, expected="values of one type", found=found)


def _kinds(values: Sequence[object]) -> Iterator[str]:
    return (type(value).__name__ for value in values if value is not None and value == value)
