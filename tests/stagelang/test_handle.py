"""Handles: lazy ones teach, loaded ones give their data."""

from __future__ import annotations

import inspect
import operator
import pickle
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pandas as pd
import polars as pl
import pyarrow as pa
import pytest

from stagelang import (
    Column,
    Contract,
    DeclarationError,
    Files,
    Handle,
    LazyHandleError,
    Model,
    Population,
    S,
    Table,
    Test,
    Train,
    Value,
    column,
    files,
    source,
    stage,
)


class Scans(Contract):
    """Rows."""

    scan_id: Column[int] = column(key=True)


class Other(Contract):
    """Other rows."""

    scan_id: Column[int] = column(key=True)


@stage
def read(scans: Table[Scans, S]) -> Value[float]:
    """Give a number."""
    return Value.of(1.0)


lazy: Any = source(Scans, "scans.parquet", name="scans")
number: Any = read(source(Scans, "scans.parquet"))
loaded: Any = Table.of(Scans, pd.DataFrame({"scan_id": [1]}))


def _index(handle: Any) -> int:
    return operator.index(handle)


TOUCHES: list[tuple[str, Callable[[Any], object]]] = [
    ("the truth value", bool),
    ("the data (iter)", list),
    ("the data (len)", len),
    ("the data (getitem)", lambda handle: handle["scan_id"]),
    ("the data (contains)", lambda handle: 3 in handle),
    ("the data (float)", float),
    ("the data (int)", int),
    ("the data (index)", _index),
    ("arithmetic or comparison (add)", lambda handle: handle + 1),
    ("arithmetic or comparison (add)", lambda handle: 1 + handle),
    ("arithmetic or comparison (sub)", lambda handle: handle - handle),
    ("arithmetic or comparison (mul)", lambda handle: handle * 2),
    ("arithmetic or comparison (truediv)", lambda handle: 1 / handle),
    ("arithmetic or comparison (floordiv)", lambda handle: handle // 2),
    ("arithmetic or comparison (mod)", lambda handle: handle % 2),
    ("arithmetic or comparison (pow)", lambda handle: handle**2),
    ("arithmetic or comparison (matmul)", lambda handle: handle @ handle),
    ("arithmetic or comparison (neg)", lambda handle: -handle),
    ("arithmetic or comparison (lt)", lambda handle: handle < 1),
    ("arithmetic or comparison (gt)", lambda handle: handle > 1),
    ("arithmetic or comparison (le)", lambda handle: handle <= 1),
    ("arithmetic or comparison (ge)", lambda handle: handle >= 1),
    ("a comparison (eq)", lambda handle: handle == 1),
    ("a comparison (eq)", lambda handle: handle != 1),
    ("a comparison (eq)", lambda handle: handle in [1, 2]),
]


@pytest.mark.parametrize(("what", "touch"), TOUCHES)
def test_touching_a_lazy_handle_teaches(what: str, touch: Callable[[Any], object]) -> None:
    with pytest.raises(LazyHandleError, match="there is no data yet") as refusal:
        touch(lazy)
    assert str(refusal.value).startswith(f"{what} of 'scans', wired at ")


@pytest.mark.parametrize("what", [".pandas", ".polars", ".arrow", "derive"])
def test_asking_a_lazy_table_for_its_rows_teaches(what: str) -> None:
    with pytest.raises(LazyHandleError) as refusal:
        lazy.derive(Scans, None) if what == "derive" else getattr(lazy, what[1:])
    assert str(refusal.value).startswith(f"{what} of 'scans', wired at ")


def test_the_whole_text_names_both_places_and_one_action() -> None:
    frame = inspect.currentframe()
    assert frame is not None
    table = source(Scans, "scans.csv", name="mail")
    wired = frame.f_lineno - 1
    with pytest.raises(LazyHandleError) as refusal:
        print(table.pandas)
    assert str(refusal.value) == (
        f".pandas of 'mail', wired at {__file__}:{wired}, was asked for at {__file__}:{wired + 3}, "
        "but while a pipeline is being wired there is no data yet\n"
        "  help: do this inside a stage, which is called with loaded data: move the line into a function under @stage"
    )


def test_asking_a_lazy_value_model_or_folder_teaches() -> None:
    handles: list[tuple[Any, str]] = [
        (number, ".value"),
        (Model[int](number._bound), ".value"),
        (files("x/*.png", name="x"), ".folder"),
    ]
    for handle, what in handles:
        with pytest.raises(LazyHandleError) as refusal:
            getattr(handle, what[1:])
        assert str(refusal.value).startswith(f"{what} of ")


def test_a_lazy_handle_may_be_printed_and_hashed() -> None:
    assert f"{lazy}" == repr(lazy) == "<Table: lazy, from 'scans'>"
    assert repr(number) == "<Value: lazy, from 'read'>"
    assert {lazy: 1}[lazy] == 1


def test_handles_are_equal_only_to_themselves() -> None:
    assert lazy == lazy
    assert lazy != number
    assert lazy in [number, lazy]
    assert loaded == loaded
    assert loaded != Table.of(Scans, pd.DataFrame({"scan_id": [1]}))
    assert loaded != 1


def test_a_loaded_handle_is_true_and_has_no_arithmetic() -> None:
    assert bool(loaded)
    with pytest.raises(TypeError) as refusal:
        print(loaded + 1)
    assert str(refusal.value) == (
        "a Table handle has no __add__: take its data first, for example with .pandas or .value"
    )


def test_a_handle_is_not_pickled() -> None:
    with pytest.raises(TypeError) as refusal:
        pickle.dumps(loaded)
    assert str(refusal.value) == "a Table handle can't be pickled: pass its data instead"


@pytest.mark.parametrize(
    "frame",
    [
        pd.DataFrame({"scan_id": [1, 2]}, index=[7, 8]),
        pl.DataFrame({"scan_id": [1, 2]}),
        pa.table({"scan_id": [1, 2]}),
    ],
    ids=["pandas", "polars", "arrow"],
)
def test_any_frame_is_read_in_any_library(frame: Any) -> None:
    table = Table.of(Scans, frame, Train)
    assert not table.is_lazy
    assert table.pandas.to_dict("list") == {"scan_id": [1, 2]}
    assert table.polars.equals(pl.DataFrame({"scan_id": [1, 2]}))
    assert table.arrow.equals(pa.table({"scan_id": [1, 2]}))
    assert table.arrow.column_names == ["scan_id"]


def test_a_frame_is_given_back_as_it_is_in_its_own_library() -> None:
    pandas, polars, arrow = pd.DataFrame({"a": [1]}), pl.DataFrame({"a": [1]}), pa.table({"a": [1]})
    assert Table.of(Scans, pandas).pandas is pandas
    assert Table.of(Scans, polars).polars is polars
    assert Table.of(Scans, arrow).arrow is arrow


def test_what_is_no_frame_is_refused_when_it_is_read() -> None:
    wrong: Any = {"scan_id": [1]}
    with pytest.raises(DeclarationError) as refusal:
        print(Table.of(Scans, wrong).arrow)
    assert str(refusal.value) == "expected a pandas, polars or Arrow table, got dict"


def test_deriving_keeps_nothing_but_the_frame() -> None:
    frame = pd.DataFrame({"scan_id": [3]})
    derived = Table.of(Scans, pd.DataFrame({"scan_id": [1]}), Test).derive(Other, frame)
    assert derived.pandas is frame


def test_a_lazy_view_remembers_its_contract_and_line() -> None:
    frame = inspect.currentframe()
    assert frame is not None
    viewed = lazy.as_contract(Other).as_contract(Scans)
    line = frame.f_lineno - 1
    assert [(contract, origin.line) for contract, origin in viewed._bound.views] == [
        (Other, line),
        (Scans, line),
    ]
    assert viewed._bound.by is lazy._bound.by
    assert lazy._bound.views == ()


def test_a_loaded_view_has_the_same_rows() -> None:
    assert loaded.as_contract(Other).pandas is loaded.pandas


def test_values_and_models_give_what_they_wrap() -> None:
    wrapped = object()
    assert Value.of(3).value == 3
    assert Model.of(wrapped).value is wrapped


def test_files_are_listed_by_their_posix_paths(tmp_path: Path) -> None:
    for name in ("b.txt", "a/z.txt", "a/b/c.txt", "A.txt"):
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(name)
    folder = Files.of(tmp_path)
    assert folder.folder == tmp_path
    assert [path.relative_to(tmp_path).as_posix() for path in folder.paths] == [
        "A.txt",
        "a/b/c.txt",
        "a/z.txt",
        "b.txt",
    ]


def test_every_handle_is_one() -> None:
    assert all(isinstance(handle, Handle) for handle in (lazy, number, files("x"), Model.of(1)))
    assert Population.__doc__ is not None
