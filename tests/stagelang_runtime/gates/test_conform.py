from __future__ import annotations

from typing import Any

import pyarrow as pa

from stagelang.origin import Origin
from stagelang_compiler.plan import Column, Contract
from stagelang_runtime.gates.conform import conform

HERE = Origin("pipeline.py", 1)


def column(name: str, type: str, **limits: Any) -> Column:
    return Column(name=name, type=type, origin=HERE, **limits)


def contract(*columns: Column, closed: bool = False) -> Contract:
    return Contract(
        name="T", version="1", owner="", description="", closed=closed, min_rows=1, max_rows=None,
        columns=columns, digest="", origin=HERE,
    )  # fmt: skip


def test_the_contracts_columns_come_first_in_its_order_and_types_then_the_others() -> None:
    table = pa.table({"z": [1], "b": pa.array([2.0]), "y": ["k"], "a": pa.array([1], pa.int8())})

    done = conform(table, contract(column("a", "int"), column("b", "int")))

    assert done.problems == ()
    assert str(done.table.schema) == "a: int64\nb: int64\nz: int64\ny: string"


def test_every_problem_is_found_at_once_and_the_column_stays_as_it_came() -> None:
    table = pa.table({"a": ["x", None, "y"], "Colour ": [1, 2, 3], "c": [0.5, 1.0, 2.5]})

    done = conform(
        table, contract(column("a", "int"), column("colour", "str"), column("c", "int"), closed=True)
    )

    assert [str(problem) for problem in done.problems] == [
        "column 'a': expected int, found str",
        "column 'colour': expected a column of str, found none; did you mean 'Colour '?",
        "column 'c': expected int, found floats that are not whole",
        "column 'Colour ': expected only the columns that the closed contract names, found one more",
    ]
    assert [problem.rows for problem in done.problems] == [2, 0, 2, 0]
    assert done.problems[2].examples == ({"row": 0, "value": 0.5}, {"row": 2, "value": 2.5})
    assert done.table.column("a").to_pylist() == ["x", None, "y"]


def test_a_table_without_columns_keeps_its_rows() -> None:
    assert conform(pa.table({"a": [1, 2]}).select([]), contract()).table.num_rows == 2


def test_two_columns_of_one_name_are_one_problem_and_both_stay() -> None:
    table = pa.Table.from_arrays([pa.array([1]), pa.array([2])], names=["a", "a"])

    done = conform(table, contract(column("a", "int")))

    assert [str(problem) for problem in done.problems] == [
        "column 'a': expected one column of this name, found 2"
    ]
    assert done.table.column_names == ["a", "a"]


def test_a_column_already_canonical_is_not_copied() -> None:
    values = pa.array([1, 2, 3])

    done = conform(pa.table({"a": values}), contract(column("a", "int")))

    kept = done.table.column("a").chunk(0).buffers()[1]
    assert kept is not None and kept.address == values.buffers()[1].address


def test_a_type_of_a_later_plan_is_a_problem_not_a_crash() -> None:
    done = conform(pa.table({"a": [1]}), contract(column("a", "tensor")))

    assert [str(problem) for problem in done.problems] == [
        "column 'a': expected tensor, found a type that this version of stagelang doesn't know: 'tensor'"
    ]
