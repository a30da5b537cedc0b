"""Contracts: columns, limits, inheritance, references, and their types under early and late annotations."""

from __future__ import annotations

import copy
import datetime as dt
import inspect
import pickle
from typing import Any

import pandas as pd
import polars as pl
import pytest

from stagelang import Column, ColumnRef, Contract, DeclarationError, column, vector
from stagelang import units as u
from stagelang.contract import Limits, column_types, columns_of, logical_type
from stagelang.origin import Origin
from tests.stagelang.conftest import Load


class Scans(Contract, version="1.1", owner="vision"):
    """One scan a row."""

    scan_id: Column[int] = column(key=True)
    ink: Column[float] = column(ge=0, le=1, unit=u.RATIO)
    pixels: Column[list[float]] = vector(length=64, ge=0.0, le=16.0)
    office: Column[str]


class CleanScans(Scans, version="2", rows=(10, None)):
    """A refinement."""

    ink: Column[float] = column(ge=0.1, le=1, unit=u.RATIO)
    sharpness: Column[float] = column()


def test_columns_are_in_the_order_written_with_bare_ones_last() -> None:
    assert list(columns_of(Scans)) == ["scan_id", "ink", "pixels", "office"]


def test_a_bare_annotation_is_a_column_without_limits() -> None:
    office = columns_of(Scans)["office"]
    assert office.limits == Limits()
    assert office.name == "office"
    assert office.origin == Scans.__origin__


def test_limits_are_kept_as_written() -> None:
    assert columns_of(Scans)["ink"].limits == Limits(ge=0, le=1, unit=u.RATIO)
    assert columns_of(Scans)["pixels"].limits == Limits(ge=0.0, le=16.0, length=64)


def test_what_values_allow_is_kept_as_written() -> None:
    assert column(scale="ordinal", adds="never").limits == Limits(scale="ordinal", adds="never")


def test_a_key_is_unique() -> None:
    assert columns_of(Scans)["scan_id"].limits == Limits(key=True, unique=True)


def test_categories_become_a_tuple() -> None:
    assert column(isin=["b", "a"]).limits.isin == ("b", "a")


def test_a_refined_contract_has_the_inherited_columns_first() -> None:
    assert list(columns_of(CleanScans)) == ["scan_id", "ink", "pixels", "office", "sharpness"]


def test_a_refined_contract_replaces_a_column() -> None:
    assert columns_of(CleanScans)["ink"].limits.ge == 0.1
    assert columns_of(Scans)["ink"].limits.ge == 0


def test_version_is_each_contracts_own_and_owner_is_inherited() -> None:
    assert (Scans.__version__, CleanScans.__version__) == ("1.1", "2")
    assert (Scans.__owner__, CleanScans.__owner__) == ("vision", "vision")


def test_row_limits_are_at_least_one_unless_said_and_inherited() -> None:
    class More(CleanScans):
        pass

    assert (Scans.__rows__, CleanScans.__rows__, More.__rows__) == ((1, None), (10, None), (10, None))


def test_two_bases_give_the_columns_of_both() -> None:
    class Left(Contract):
        left: Column[int]

    class Right(Contract):
        right: Column[int]

    class Both(Left, Right):
        both: Column[int]

    assert set(columns_of(Both)) == {"left", "right", "both"}
    assert column_types(Both) == {"left": int, "right": int, "both": int}


def test_a_contract_has_no_instances() -> None:
    with pytest.raises(DeclarationError) as refusal:
        Scans()
    assert str(refusal.value) == (
        "a contract describes tables and has no instances: expected Table.of(Scans, frame), got Scans()"
    )


def test_an_unknown_class_keyword_is_refused() -> None:
    with pytest.raises(TypeError, match="vesion"):
        type("Wrong", (Contract,), {}, vesion="1")


def test_a_reference_knows_its_contract_and_declaration() -> None:
    reference = CleanScans.scan_id
    assert reference == "scan_id"
    assert reference.contract is CleanScans
    assert reference.declared is columns_of(Scans)["scan_id"]


def test_a_reference_is_a_key_of_pandas_and_polars() -> None:
    frame = pd.DataFrame({Scans.ink: [0.5], "office": ["eu"]})
    assert frame[Scans.ink].to_list() == [0.5]
    assert frame[[Scans.office, Scans.ink]].columns.to_list() == ["office", "ink"]
    assert pl.from_pandas(frame).select(Scans.ink, pl.col(Scans.office)).columns == ["ink", "office"]


def test_a_pickled_or_copied_reference_is_the_plain_name() -> None:
    for copied in (pickle.loads(pickle.dumps(Scans.ink)), copy.deepcopy(Scans.ink)):
        assert copied == "ink"
        assert type(copied) is str


def test_a_reference_hashes_as_its_name() -> None:
    assert {"ink": 1}[Scans.ink] == 1


def test_types_of_columns_are_read() -> None:
    assert column_types(CleanScans) == {
        "scan_id": int, "ink": float, "pixels": list[float], "office": str, "sharpness": float,
    }  # fmt: skip


@pytest.mark.parametrize(
    ("python_type", "name"),
    [
        (int, "int"), (float, "float"), (str, "str"), (bool, "bool"), (bytes, "bytes"), (dt.date, "date"),
        (dt.datetime, "datetime"), (dt.time, "time"), (list[float], "list<float>"), (list[str], "list<str>"),
        (list[list[int]], None), (dict[str, int], None), (complex, None), (list[complex], None), (object, None),
    ],
)  # fmt: skip
def test_logical_types(python_type: Any, name: str | None) -> None:
    assert logical_type(python_type) == name


SPEC = """
import datetime as dt
import typing as t
from stagelang import Column, Contract, column

Minutes = float

class Flights(Contract):
    at: Column[dt.datetime]
    delay: Column[Minutes] = column(ge=0)
    tags: Column[list[str]]
    carrier: "Column[str]"
    note: t.ClassVar[int] = 3

def local():
    Seconds = int
    class Local(Contract):
        seconds: Column[Seconds]
        flights: Column[Minutes]
    class Refined(Local):
        more: Column[dt.date]
    return Local, Refined

def closure(inner):
    class Closed(Contract):
        value: Column[inner]
    return Closed
"""


def test_types_are_read_under_early_and_late_annotations(load: Load) -> None:
    spec = load(SPEC)
    assert column_types(spec.Flights) == {
        "at": dt.datetime,
        "delay": float,
        "tags": list[str],
        "carrier": str,
    }


def test_types_of_local_contracts_are_read(load: Load) -> None:
    local, refined = load(SPEC).local()
    assert column_types(local) == {"seconds": int, "flights": float}
    assert column_types(refined) == {"seconds": int, "flights": float, "more": dt.date}


def test_types_from_a_closure_are_read(load: Load) -> None:
    assert column_types(load(SPEC).closure(bytes)) == {"value": bytes}


def test_a_type_that_cannot_be_resolved_is_given_as_its_error(load: Load) -> None:
    spec = load("""
        from stagelang import Column, Contract
        class Wrong(Contract):
            a: "Column[Missing]"
            b: "Column"
            c: "Column[int]"
    """)
    found = column_types(spec.Wrong)
    assert repr(found["a"]) == """NameError("name 'Missing' is not defined")"""
    assert repr(found["b"]) == "Exception('a column without a type')"
    assert found["c"] is int


def test_a_contract_and_its_columns_know_their_lines(load: Load) -> None:
    spec = load("""
        from stagelang import Column, Contract, column, vector

        class Scans(Contract):
            a: Column[int] = column(
                ge=0,
            )
            b: Column[list[float]] = vector()
            c: Column[int]
    """)
    assert spec.Scans.__origin__ == Origin(spec.__file__, 4)
    lines = {name: declared.origin for name, declared in columns_of(spec.Scans).items()}
    assert lines == {
        "a": Origin(spec.__file__, 5),
        "b": Origin(spec.__file__, 8),
        "c": Origin(spec.__file__, 4),
    }


def test_a_reference_is_what_the_class_gives_and_not_what_it_holds() -> None:
    assert isinstance(Scans.ink, ColumnRef)
    assert isinstance(inspect.getattr_static(Scans, "ink"), Column)
