"""What a stage's signature says, under early and late annotations; problems are recorded, not raised."""

from __future__ import annotations

from typing import Any

import pytest

from stagelang import Population, Train
from stagelang.signature import Shape
from tests.stagelang.conftest import Load

SPEC = """
from collections.abc import Sequence
from typing import Generic, NamedTuple, Optional, Union

from stagelang import (Column, Contract, Files, Halves, Model, Population, S, Table, Test, Train, Validation, Value,
                       column, command, stage)

class Scans(Contract):
    scan_id: Column[int] = column(key=True)

class Fitted(NamedTuple):
    model: Model[float]
    rows: Table[Scans, Train]
    report: Files

class Folds(NamedTuple, Generic[S]):
    left: Table[Scans, S]
    score: Value[int]

@stage
def plain(scans: Table[Scans, S], model: Model[list[int]], limit: Value[float], folder: Files, *, depth: int = 3,
          names: tuple[str, ...] = ()) -> Table[Scans, S]:
    return scans

@stage
def populations(a: Table[Scans], b: Table[Scans, Population], c: Table[Scans, Train],
                d: Table[Scans, S]) -> Table[Scans, Train]:
    return c

@stage
def optional(a: Table[Scans] | None, b: Optional[Table[Scans, Train]] = None,
             c: Union[None, Model[int]] = None) -> Files:
    return Files()

@stage
def many(a: list[Table[Scans]], b: Sequence[Model[int]], c: tuple[Value[int], ...],
         *rest: Table[Scans, Train]) -> Files:
    return Files()

@stage
def several(scans: Table[Scans]) -> Fitted:
    return Fitted(Model.of(1.0), scans, Files())

@stage
def halves(scans: Table[Scans]) -> Halves[Scans]:
    return Halves(scans, scans)

@stage
def folds(scans: Table[Scans, S]) -> Folds[S]:
    return Folds(scans, Value.of(1))

@stage
def train_folds(scans: Table[Scans, Train]) -> "Folds[Train]":
    return Folds(scans, Value.of(1))

@stage
def quoted(scans: "Table[Scans, S]", other: Table["Scans", Train], some: list["Table[Scans]"]) -> "Table[Scans, S]":
    return scans

@command("true")
def program(folder: Files) -> Files:
    raise NotImplementedError

def local():
    class Local(Contract):
        a: Column[int]
    class Pair(NamedTuple):
        local: Table[Local]
        outer: Table[Scans, Test]
    @stage
    def use(rows: Table[Local, S]) -> Pair:
        return Pair(rows, rows)
    return Local, use

def closed(contract):
    @stage
    def use(rows: Table[contract, S]) -> Table[contract, S]:
        return rows
    return use
"""


def _arguments(stage: Any) -> dict[str, tuple[str, object, object, bool, bool]]:
    signature = stage.signature
    return {
        name: (each.shape.kind, each.shape.contract, each.shape.population, each.many, each.required)
        for name, each in signature.arguments.items()
        if each.shape
    }


def test_kinds_contracts_and_parameters_are_read(load: Load) -> None:
    spec = load(SPEC)
    arguments = spec.plain.signature.arguments
    assert arguments["scans"].shape == Shape(kind="table", contract=spec.Scans, population="S")
    assert arguments["model"].shape == Shape(kind="model", inner=list[int])
    assert arguments["limit"].shape == Shape(kind="value", inner=float)
    assert arguments["folder"].shape == Shape(kind="files")
    assert (arguments["depth"].shape, arguments["depth"].default, arguments["depth"].annotation) == (
        None,
        3,
        int,
    )
    assert (arguments["names"].required, arguments["names"].many) == (False, False)
    assert spec.plain.signature.outputs == {"out": Shape(kind="table", contract=spec.Scans, population="S")}
    assert spec.plain.signature.problems == ()


def test_populations_are_read(load: Load) -> None:
    signature = load(SPEC).populations.signature
    found = [each.shape.population for each in signature.arguments.values()]
    assert found == [Population, Population, Train, "S"]


def test_a_union_with_none_is_the_other_member(load: Load) -> None:
    spec = load(SPEC)
    assert _arguments(spec.optional) == {
        "a": ("table", spec.Scans, Population, False, True),
        "b": ("table", spec.Scans, Train, False, False),
        "c": ("model", None, Population, False, False),
    }


def test_sequences_and_varargs_take_many(load: Load) -> None:
    spec = load(SPEC)
    assert _arguments(spec.many) == {
        "a": ("table", spec.Scans, Population, True, True),
        "b": ("model", None, Population, True, True),
        "c": ("value", None, Population, True, True),
        "rest": ("table", spec.Scans, Train, True, False),
    }


def test_several_outputs_are_read(load: Load) -> None:
    spec = load(SPEC)
    assert spec.several.signature.outputs == {
        "model": Shape(kind="model", inner=float),
        "rows": Shape(kind="table", contract=spec.Scans, population=Train),
        "report": Shape(kind="files"),
    }


def test_outputs_of_a_generic_named_tuple_are_filled_in(load: Load) -> None:
    spec = load(SPEC)
    halves = spec.halves.signature.outputs
    assert [(name, each.contract, each.population.__name__) for name, each in halves.items()] == [
        ("train", spec.Scans, "Train"),
        ("test", spec.Scans, "Test"),
    ]
    assert spec.folds.signature.outputs["left"] == Shape(kind="table", contract=spec.Scans, population="S")
    assert spec.train_folds.signature.outputs["left"] == Shape(
        kind="table", contract=spec.Scans, population=Train
    )


def test_generic_outputs_are_lazy_handles(load: Load) -> None:
    spec = load(SPEC + "\nfrom stagelang import source\nrows = source(Scans, 'a.csv')\n")
    halves, folds = spec.halves(spec.rows), spec.folds(spec.rows)
    assert [type(each).__name__ for each in (*halves, *folds)] == ["Table", "Table", "Table", "Value"]
    assert (halves.test._bound.port, folds.score._bound.port) == ("test", "score")


def test_quoted_annotations_are_read(load: Load) -> None:
    spec = load(SPEC)
    assert _arguments(spec.quoted) == {
        "scans": ("table", spec.Scans, "S", False, True),
        "other": ("table", spec.Scans, Train, False, True),
        "some": ("table", spec.Scans, Population, True, True),
    }


def test_a_commands_signature_is_read(load: Load) -> None:
    assert load(SPEC).program.signature.outputs == {"out": Shape(kind="files")}


def test_local_contracts_and_outputs_are_read(load: Load) -> None:
    spec = load(SPEC)
    contract, use = spec.local()
    assert use.signature.problems == ()
    assert use.signature.arguments["rows"].shape == Shape(kind="table", contract=contract, population="S")
    assert use.signature.outputs == {
        "local": Shape(kind="table", contract=contract),
        "outer": Shape(kind="table", contract=spec.Scans, population=spec.Test),
    }


def test_a_contract_from_a_closure_is_read(load: Load) -> None:
    spec = load(SPEC)
    assert spec.closed(spec.Scans).signature.outputs["out"].contract is spec.Scans


def test_the_signature_is_read_once(load: Load) -> None:
    plain = load(SPEC).plain
    assert plain.signature is plain.signature


EXPECTED = ": expected Table, Model, Value, Files or a NamedTuple of them"

HEAD = "from stagelang import Column, Contract, Model, Table, stage\nclass Rows(Contract):\n    row: Column[int]\n"

PROBLEMS = [
    ("rows", "Table[Rows]", (("rows", "has no type annotation"),)),
    ("rows: Table[Rows]", "float", (("return", "gives float" + EXPECTED),)),
    ("rows: Table[Rows]", "None", (("return", "gives nothing" + EXPECTED),)),
    ("rows: Table[Rows]", "list[Table[Rows]]", (("return", "gives list" + EXPECTED),)),
    (
        "rows: Table[Rows], **more: int",
        "Table[Rows]",
        (("more", "a stage can't take **keywords: each argument needs a name and a type"),),
    ),
    (
        "rows: 'Table[Missing]'",
        "Table[Rows]",
        (("rows", "annotation {!r} can't be resolved: NameError: name 'Missing' is not defined"),),
    ),
]  # fmt: skip


@pytest.mark.parametrize(("parameters", "result", "problems"), PROBLEMS)
def test_a_problem_is_recorded_and_not_raised(
    load: Load, parameters: str, result: str, problems: tuple[tuple[str, str], ...]
) -> None:
    spec = load(f"{HEAD}@stage\ndef wrong({parameters}) -> {result}: ...\n")
    raw = spec.wrong.function.__annotations__
    expected = tuple((where, text.format(raw.get(where))) for where, text in problems)
    assert spec.wrong.signature.problems == expected


def test_a_stage_that_says_nothing_of_its_result_has_a_problem(load: Load) -> None:
    spec = load(f"{HEAD}@stage\ndef wrong(rows: Table[Rows]): ...\n")
    assert spec.wrong.signature.problems == (("return", "gives nothing" + EXPECTED),)


def test_an_output_that_is_no_handle_is_a_problem_and_the_others_stay(load: Load) -> None:
    spec = load(
        HEAD + "from typing import NamedTuple\n"
        "class Out(NamedTuple):\n    rows: Table[Rows]\n    count: int\n    gone: 'Table[Gone]'\n"
        "@stage\ndef wrong(rows: Table[Rows]) -> Out: ...\n"
    )
    assert list(spec.wrong.signature.outputs) == ["rows"]
    assert spec.wrong.signature.problems == (
        ("return", "field 'count' is no handle: expected Table, Model, Value or Files"),
        ("return", "field 'gone': NameError: name 'Gone' is not defined"),
    )


def test_a_stage_with_problems_can_still_be_wired(load: Load) -> None:
    spec = load(
        HEAD + "from stagelang import source\n@stage\ndef wrong(rows: 'Table[Gone]') -> 'Gone': ...\n"
        "out = wrong(source(Rows, 'a.csv'))\n"
    )
    assert spec.out.is_lazy


def test_a_name_imported_for_the_type_checkers_alone_is_a_problem(load: Load) -> None:
    spec = load(
        "from typing import TYPE_CHECKING\n" + HEAD + "if TYPE_CHECKING:\n    from decimal import Decimal\n"
        "@stage\ndef wrong(rows: Table[Rows], *, limit: 'Decimal') -> Table[Rows]: ...\n"
    )
    ((where, text),) = spec.wrong.signature.problems
    assert where == "limit"
    assert text.endswith("can't be resolved: NameError: name 'Decimal' is not defined")
