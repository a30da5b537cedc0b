"""Stages: lazy while wiring, plain functions with loaded data."""

from __future__ import annotations

import inspect
import pickle
from collections.abc import Callable
from typing import Any, NamedTuple

import pandas as pd
import pytest

from stagelang import (
    Budget,
    Column,
    Contract,
    DeclarationError,
    Model,
    Resources,
    S,
    Table,
    Train,
    Value,
    column,
    command,
    scope,
    seed,
    source,
    stage,
)
from stagelang.origin import Origin
from stagelang.recording import record
from stagelang.running import is_running, running
from stagelang.stage import Command, Options
from tests.stagelang.conftest import Load


class Rows(Contract):
    """Rows."""

    row: Column[int] = column(key=True)


class Fitted(NamedTuple):
    """Two outputs."""

    model: Model[float]
    rows: Table[Rows]


@stage
def double(rows: Table[Rows, S], *, times: int = 2) -> Table[Rows, S]:
    """Multiply every row."""
    return rows.derive(Rows, rows.pandas * times)


@stage
def keep(rows: Table[Rows, S]) -> Table[Rows, S]:
    """Give what came."""
    return rows


@stage(owner="vision", budget=Budget(wall="20s"), env=["TOKEN"], tags=["slow"])
def fit(rows: Table[Rows]) -> Fitted:
    """Fit."""
    return Fitted(Model.of(float(rows.pandas[Rows.row].sum())), double(rows))


@stage
def draw() -> Value[int]:
    """Take nothing."""
    return Value.of(seed())


@stage
def pool(tables: list[Table[Rows]], *more: Table[Rows]) -> Table[Rows]:
    """Put tables together."""
    return Table.of(Rows, pd.concat([table.pandas for table in (*tables, *more)], ignore_index=True))


@command("sort", "{rows:csv}", "-o", "{out:csv}", files=["sort.cfg"], owner="ops", env=["LANG"])
def sort_rows(rows: Table[Rows, S]) -> Table[Rows, S]:
    """Sort."""
    raise NotImplementedError


def _rows(*values: int) -> Table[Rows]:
    return Table.of(Rows, pd.DataFrame({"row": values}))


lazy = source(Rows, "rows.parquet", name="rows")


def test_a_loaded_call_is_the_plain_call() -> None:
    plain: Callable[..., Table[Rows]] = double.function
    assert double(_rows(1, 2), times=3).pandas.equals(plain(_rows(1, 2), times=3).pandas)
    assert double(_rows(1, 2)).pandas["row"].to_list() == [2, 4]


def test_a_loaded_call_gives_the_very_object_that_the_function_gives() -> None:
    given = _rows(1)
    assert keep(given) is given


def test_stages_called_in_a_loaded_stage_run_too() -> None:
    fitted = fit(_rows(1, 2))
    assert fitted.model.value == 3.0
    assert fitted.rows.pandas["row"].to_list() == [2, 4]


def test_a_lazy_call_gives_lazy_handles_and_runs_nothing() -> None:
    fitted = fit(lazy)
    assert isinstance(fitted, Fitted)
    assert (fitted.model.is_lazy, fitted.rows.is_lazy) == (True, True)
    assert (type(fitted.model), type(fitted.rows)) == (Model, Table)


def test_a_lazy_call_is_recorded_as_written() -> None:
    with record() as recording:
        double(lazy, times=5)
        double(rows=lazy)
    first, second = recording.calls
    assert (first.stage, first.args, first.kwargs) == (double, (lazy,), {"times": 5})
    assert (second.stage, second.args, second.kwargs) == (double, (), {"rows": lazy})


def test_lazy_and_loaded_handles_do_not_mix() -> None:
    with pytest.raises(DeclarationError) as refusal:
        pool([lazy], _rows(1))
    assert str(refusal.value) == (
        "stage 'pool' was called with lazy and loaded handles together: expected all of one kind"
    )


def test_handles_in_lists_and_varargs_are_found() -> None:
    assert pool([_rows(1), _rows(2)], _rows(3)).pandas["row"].to_list() == [1, 2, 3]
    assert pool([lazy], lazy).is_lazy


def test_a_stage_without_inputs_is_lazy_outside_and_plain_in_a_running_stage() -> None:
    assert draw().is_lazy
    with running(7):
        assert is_running()
        assert draw().value == 7
    assert not is_running()
    assert seed() == 0


def test_a_lazy_handle_used_while_a_stage_runs_stays_lazy() -> None:
    with running(7):
        assert double(lazy).is_lazy


def test_a_command_is_wired_and_never_called() -> None:
    assert sort_rows(lazy).is_lazy
    assert sort_rows.command == Command(argv=("sort", "{rows:csv}", "-o", "{out:csv}"), files=("sort.cfg",))
    assert sort_rows.settings == Options(owner="ops", env=("LANG",))
    with pytest.raises(DeclarationError) as refusal:
        sort_rows(_rows(1))
    assert str(refusal.value) == (
        "command stage 'sort_rows' runs a program: it can only be carried out by 'stagelang run'"
    )


def test_a_stage_keeps_name_docstring_module_and_signature() -> None:
    assert (double.__name__, double.__qualname__, double.__module__) == ("double", "double", __name__)
    assert double.__doc__ == "Multiply every row."
    assert inspect.signature(double) == inspect.signature(double.function)
    assert list(inspect.signature(double).parameters) == ["rows", "times"]


@pytest.mark.parametrize("declared", [double, fit, draw, sort_rows])
def test_a_stage_is_pickled_by_its_name(declared: Any) -> None:
    assert pickle.loads(pickle.dumps(declared)) is declared


def test_a_renamed_stage_is_not_pickled_as_the_original() -> None:
    with pytest.raises(pickle.PicklingError):
        pickle.dumps(double.named("twice"))


def test_options_are_those_written() -> None:
    assert fit.settings == Options(owner="vision", budget=Budget(wall="20s"), env=("TOKEN",), tags=("slow",))
    assert double.settings == Options()


def test_a_stage_under_another_name_is_another_stage_of_the_same_function() -> None:
    twice = double.named("twice")
    assert (twice.name, double.name) == ("twice", "double")
    assert twice.function is double.function
    assert twice.origin == double.origin
    assert twice(_rows(2)).pandas["row"].to_list() == [4]


def test_options_that_are_not_named_stay() -> None:
    other = fit.options(owner="ops", resources=Resources(cpus=2))
    assert other.settings == Options(
        owner="ops", budget=Budget(wall="20s"), resources=Resources(cpus=2), env=("TOKEN",), tags=("slow",)
    )
    assert fit.options(tags=[]).settings.tags == ()
    assert fit.settings.owner == "vision"


def test_a_renamed_command_stays_a_command() -> None:
    assert sort_rows.named("sort_again").command == sort_rows.command


def test_all_declared_stages_are_recorded_in_order() -> None:
    with record() as recording:
        first = stage(double.function)
        second = first.named("second")
    assert recording.stages == [first, second]


def test_a_call_knows_its_scope_and_label() -> None:
    with record() as recording, scope("eu"), scope("fit"):
        double.named("twice")(lazy)
    (call,) = recording.calls
    assert (call.scope, call.label) == ("eu/fit/", "eu/fit/twice")


def test_a_stage_and_its_calls_know_their_lines(load: Load) -> None:
    spec = load("""
        from stagelang import Column, Contract, Table, source, stage
        class Rows(Contract):
            row: Column[int]

        @stage(
            owner="x",
        )
        def first(rows: Table[Rows]) -> Table[Rows]:
            return rows

        @stage
        def second(rows: Table[Rows]) -> Table[Rows]:
            return rows

        rows = source(Rows, "rows.csv")
        once = first(
            rows,
        )
        twice = second(first(rows))
    """)
    file = spec.__file__
    assert (spec.first.origin, spec.second.origin) == (Origin(file, 6), Origin(file, 12))
    assert (spec.once._bound.by.origin, spec.twice._bound.by.origin) == (Origin(file, 17), Origin(file, 20))
    assert repr(spec.first) == f"<stage 'first' at {file}:6>"


def test_a_stage_works_as_a_plain_function_in_map() -> None:
    assert [table.pandas["row"].to_list() for table in map(double, [_rows(1), _rows(2)])] == [[2], [4]]


def test_populations_do_not_change_a_loaded_call() -> None:
    table = Table.of(Rows, pd.DataFrame({"row": [1]}), Train)
    assert double(table).pandas["row"].to_list() == [2]
