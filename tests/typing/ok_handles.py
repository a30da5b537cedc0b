"""Right handles: optional, many, files, values and models, several outputs."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple, assert_type

from stagelang import Files, Handle, Model, S, Table, Test, Value, files, seed, stage
from tests.typing.ok_digit_reader import (
    Decisions,
    Scans,
    Thresholds,
    Tuned,
    Vectors,
    Weights,
    archive,
    best_components,
    decide_above,
    embed,
    halves,
    scans,
    thresholds,
    tune,
    tuned,
    unpack,
)


@stage
def enrich(
    rows: Table[Scans, S], extra: Table[Vectors] | None = None, *, note: str | None = None
) -> Table[Scans, S]:
    """Take a second table if there is one."""
    return rows if extra is None else rows.derive(Scans, extra.pandas)


@stage
def newest(*tables: Table[Scans]) -> Table[Scans]:
    """Take any number of tables."""
    return tables[-1]


@stage
def blend(models: Sequence[Model[Weights]], weights: list[float]) -> Model[Weights]:
    """Take a list of models."""
    return models[0]


@stage
def draw() -> Value[int]:
    """Take nothing."""
    return Value.of(seed())


@stage
def report(rows: Table[Decisions, Test], folder: Files) -> Files:
    """Take files and give files."""
    names = [path.name for path in folder.paths]
    print(len(names), folder.folder / "x")
    return Files.of(Path("out"))


@stage
def use_any(model: Model[object], number: Value[float]) -> Value[dict[str, float]]:
    """Take a model of any type."""
    return Value.of({"number": number.value})


def an_optional_handle_may_be_given_or_not() -> None:  # right: optional-handle
    assert_type(enrich(scans), Table[Scans])
    print(enrich(scans, embed(scans)), enrich(scans, None, note="x"), enrich(scans, extra=embed(scans)))


def any_number_of_handles() -> None:  # right: variadic-handles
    print(newest(scans), newest(scans, halves.train, enrich(scans)))


def a_list_of_handles() -> None:  # right: sequence-of-handles
    assert_type(blend([tuned.model, tuned.model], [0.5, 0.5]), Model[Weights])
    print(blend((tuned.model,), weights=[1.0]))


def a_stage_without_inputs() -> None:  # right: zero-inputs
    assert_type(draw(), Value[int])


def files_in_and_out(decisions: Table[Decisions, Test]) -> None:  # right: files-in-and-out
    assert_type(archive, Files)
    assert_type(unpack(archive), Table[Scans])
    assert_type(report(decisions, files("static/")), Files)


def a_model_is_a_model_of_its_base() -> None:  # right: covariant-model
    assert_type(use_any(thresholds(embed(halves.train)), draw()), Value[dict[str, float]])


def several_outputs_are_a_named_tuple() -> None:  # right: named-outputs
    assert_type(tune(embed(halves.train)), Tuned)
    assert_type(tuned.model, Model[Weights])
    assert_type(tuned.threshold, Value[float])


def outputs_unpack() -> None:  # right: unpacked-outputs
    model, threshold = tune(embed(halves.train))
    assert_type(decide_above(model, threshold, embed(halves.test)), Table[Decisions, Test])


def arguments_by_name_in_any_order() -> None:  # right: arguments-by-name
    print(decide_above(vectors=embed(halves.test), threshold=tuned.threshold, model=tuned.model))


def outputs_declared_locally() -> None:  # right: local-named-tuple
    class Both(NamedTuple):
        rows: Table[Scans]
        edges: Model[Thresholds]

    @stage
    def both(rows: Table[Scans]) -> Both:
        return Both(rows, Model.of(Thresholds(0.0, 1.0)))

    assert_type(both(scans).edges, Model[Thresholds])


def what_a_handle_holds(number: int) -> None:  # right: data-of-a-loaded-handle
    assert_type(Value.of(number).value, int)
    assert_type(Model.of(Weights(())).value.values, tuple[float, ...])
    assert_type(Files.of(Path("out")).folder, Path)


def handles_of_every_kind_in_one_list() -> None:  # right: list-of-handles-of-every-kind
    handles: list[Handle] = [scans, tuned.model, tuned.threshold, archive, best_components(halves.train)]
    print([handle.is_lazy for handle in handles], f"{scans!r} {scans}")
