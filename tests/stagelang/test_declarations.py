"""Sources, splits, experiments, pipelines, scopes and recordings hold what was written."""

from __future__ import annotations

import datetime as dt
from typing import Any, cast

import pytest

from stagelang import (
    Ablate,
    Column,
    Contract,
    DeclarationError,
    Halves,
    Perturb,
    Pipeline,
    Population,
    S,
    Seeds,
    Swap,
    Sweep,
    Table,
    Thirds,
    Validation,
    column,
    files,
    folds,
    missing,
    noisy,
    scope,
    shifted,
    shuffled,
    source,
    split,
    split_by_time,
    stage,
)
from stagelang.names import current_scope
from stagelang.recording import record
from stagelang.running import is_running, running, seed
from stagelang.source import Source
from stagelang.split import Split


class Rows(Contract):
    """Rows."""

    row: Column[int] = column(key=True)
    at: Column[dt.datetime] = column(time=True)
    size: Column[float] = column()


@stage
def keep(rows: Table[Rows, S], *, times: int = 1) -> Table[Rows, S]:
    """Give what came."""
    return rows


rows = source(Rows, "rows.csv")


def _by(handle: Any) -> Any:
    """Give what declared a lazy handle."""
    return handle._bound.by


def test_a_source_holds_its_place_contract_and_names() -> None:
    declared = _by(source(Rows, "data/rows", format="csv", name="mail", owner="ops"))
    assert isinstance(declared, Source)
    assert (declared.location, declared.contract, declared.format) == ("data/rows", Rows, "csv")
    assert (declared.name, declared.owner, declared.label) == ("mail", "ops", "mail")


def test_a_source_without_a_name_is_called_by_its_location() -> None:
    assert _by(rows).label == "rows.csv"
    assert _by(rows).format == ""


def test_files_have_no_contract() -> None:
    declared = _by(files("scans/*.png", name="scans"))
    assert (declared.location, declared.contract, declared.format) == ("scans/*.png", None, "files")


def test_a_split_in_two() -> None:
    halves = split(rows, by=Rows.row, test=0.25, name="mail")
    declared = _by(halves.test)
    assert isinstance(halves, Halves)
    assert isinstance(declared, Split)
    assert [_by(part) is declared for part in halves] == [True, True]
    assert (declared.table, declared.method, declared.by) == (rows, "hash", "row")
    assert (declared.test, declared.validation, declared.label) == (0.25, None, "mail")


def test_a_split_in_three() -> None:
    thirds = split(rows, by=Rows.row, test=0.25, validation=0.5)
    assert isinstance(thirds, Thirds)
    ports: list[Any] = [part._bound.port for part in thirds if part._bound]  # pyright: ignore[reportPrivateUsage]
    assert ports == ["train", "validation", "test"]
    assert (_by(thirds.train).validation, _by(thirds.train).label) == (0.5, "split by row")


def test_folds_leave_each_part_out_once() -> None:
    parts = folds(rows, by=Rows.row, n=3, name="cv")
    declared = [_by(part.held_out) for part in parts]

    assert [(each.method, each.fold, each.folds, each.name) for each in declared] == [
        ("fold", 1, 3, "cv_1"),
        ("fold", 2, 3, "cv_2"),
        ("fold", 3, 3, "cv_3"),
    ]
    assert [each.parts for each in declared] == [("train", "test")] * 3
    assert _by(folds(rows, by=Rows.row, held_out=Validation)[4].held_out).parts == ("train", "validation")
    assert _by(folds(rows, by=Rows.row)[1].train).label == "fold 2 of 5 by row"


def test_folds_that_mean_nothing_are_refused() -> None:
    with pytest.raises(DeclarationError, match=r"^folds needs a whole number of folds, 2 or more: got n=1$"):
        folds(rows, by=Rows.row, n=1)
    with pytest.raises(DeclarationError, match=r"^folds can hold out Test or Validation rows: got "):
        folds(rows, by=Rows.row, held_out=cast(Any, Population))


def test_a_source_says_what_it_was_fitted_to() -> None:
    assert _by(files("weights", learnt_from="a corpus")).learnt_from == "a corpus"
    assert _by(source(Rows, "rows.csv", learnt_from=[rows])).learnt_from == (rows,)


def test_a_split_by_time() -> None:
    halves = split_by_time(rows, by=Rows.at, test_from=dt.date(2026, 1, 1))
    thirds = split_by_time(
        rows, by=Rows.at, test_from=dt.date(2026, 2, 1), validation_from=dt.date(2026, 1, 1)
    )
    assert (_by(halves.train).method, _by(halves.train).test) == ("time", dt.date(2026, 1, 1))
    assert (_by(thirds.train).validation, _by(thirds.train).test) == (
        dt.date(2026, 1, 1),
        dt.date(2026, 2, 1),
    )


def test_halves_unpack_as_train_and_test() -> None:
    train, test = split(rows, by=Rows.row, test=0.25)
    assert [part._bound.port for part in (train, test) if part._bound] == ["train", "test"]  # pyright: ignore[reportPrivateUsage]


def test_scopes_nest_and_end() -> None:
    assert current_scope() == ""
    with scope("eu"):
        with scope("fit"):
            assert current_scope() == "eu/fit/"
        assert current_scope() == "eu/"
    assert current_scope() == ""


def test_a_scope_ends_when_its_block_fails() -> None:
    with pytest.raises(ZeroDivisionError), scope("eu"):
        raise ZeroDivisionError
    assert current_scope() == ""


def test_sources_and_splits_take_the_scope() -> None:
    with scope("eu"):
        mail = source(Rows, "rows.csv", name="mail")
        halves = split(mail, by=Rows.row, test=0.5, name="halves")
    assert (_by(mail).label, _by(halves.train).label) == ("eu/mail", "eu/halves")


def test_a_recording_holds_declarations_in_order_by_kind() -> None:
    with record() as recording:

        class Local(Contract):
            a: Column[int] = column(key=True)

        mail = source(Local, "a.csv")
        halves = split(mail, by=Local.a, test=0.5)
        pipeline = Pipeline("x", seed=1, outputs=[halves.test])
    assert recording.contracts == [Local]
    assert recording.calls == [_by(mail), _by(halves.test)]
    assert recording.pipelines == [pipeline]
    assert recording.stages == []


def test_the_innermost_recording_takes_all() -> None:
    with record() as outer:
        first = source(Rows, "1.csv")
        with record() as inner:
            second = source(Rows, "2.csv")
        third = source(Rows, "3.csv")
    assert (outer.calls, inner.calls) == ([_by(first), _by(third)], [_by(second)])


def test_nothing_is_recorded_outside() -> None:
    with record() as recording:
        pass
    source(Rows, "x.csv")
    assert recording.calls == []


def test_a_recording_ends_when_its_block_fails() -> None:
    with record() as outer:
        with pytest.raises(ZeroDivisionError), record():
            raise ZeroDivisionError
        declared = source(Rows, "x.csv")
    assert outer.calls == [_by(declared)]


def test_the_seed_is_the_running_stages() -> None:
    assert (seed(), is_running()) == (0, False)
    with running(3):
        assert (seed(), is_running()) == (3, True)
        with running(0):
            assert (seed(), is_running()) == (0, True)
        assert seed() == 3
    assert (seed(), is_running()) == (0, False)


def test_experiments_hold_what_was_written() -> None:
    other = keep.named("other")
    swap, sweep = Swap(keep, other), Sweep(keep, times=[1, 2], more=(3,))
    assert (swap.stage, swap.other) == (keep, other)
    assert Ablate(keep).stage is keep
    assert Seeds(5).count == 5
    assert (sweep.stage, sweep.values) == (keep, {"times": (1, 2), "more": (3,)})


@pytest.mark.parametrize(
    ("perturbation", "kind", "column_name", "strengths"),
    [
        (missing(Rows.size, rates=[0.1, 0.2]), "missing", "size", (0.1, 0.2)),
        (shuffled(Rows.row, rates=[1]), "shuffled", "row", (1,)),
        (shifted(Rows.row, by=[-1, 2]), "shifted", "row", (-1, 2)),
        (noisy(Rows.size, scales=(0.5,)), "noisy", "size", (0.5,)),
    ],
)
def test_perturbations_hold_their_column_and_strengths(
    perturbation: Any, kind: str, column_name: str, strengths: tuple[float, ...]
) -> None:
    assert (perturbation.kind, perturbation.column, perturbation.strengths) == (kind, column_name, strengths)
    perturb = Perturb(rows, perturbation)
    assert (perturb.table, perturb.perturbation) == (rows, perturbation)


def test_a_pipeline_holds_tuples() -> None:
    pipeline = Pipeline(
        "x", seed=7, outputs=[rows], experiments=[Seeds(5)], schedule="0 6 * * 1", owner="ops"
    )
    assert (pipeline.name, pipeline.seed, pipeline.outputs) == ("x", 7, (rows,))
    assert (pipeline.metrics, pipeline.gates, pipeline.waivers, pipeline.budget) == ((), (), (), None)
    assert (len(pipeline.experiments), pipeline.schedule, pipeline.owner) == (1, "0 6 * * 1", "ops")
