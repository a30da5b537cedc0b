"""The right specs of the typing suite, loaded and wired with and without `from __future__ import annotations`."""

from __future__ import annotations

import importlib
import inspect
from collections.abc import Mapping
from pathlib import Path
from types import FunctionType, ModuleType
from typing import Any

import pytest

from stagelang.contract import Contract, column_types
from stagelang.recording import Recording, record
from stagelang.signature import Shape
from tests.stagelang.conftest import LoadAs

importlib.import_module("tests.typing.ok_digit_reader")  # the others import it: outside of their recordings
SPECS = sorted((Path(__file__).parent.parent / "typing").glob("ok_*.py"))


def _load(load_as: LoadAs, path: Path, is_late: bool) -> Recording:
    """Load a spec and call each of its functions that takes nothing: they wire the module's stages."""
    with record() as recording:
        spec: ModuleType = load_as(path.read_text(), is_late)
        functions: list[FunctionType] = [
            each for each in spec.__dict__.values() if isinstance(each, FunctionType)
        ]
        for function in functions:
            if function.__module__ == spec.__name__ and not inspect.signature(function).parameters:
                function()
    return recording


def _written(shape: Shape) -> tuple[str, str, str]:
    population = shape.population if isinstance(shape.population, str) else shape.population.__name__
    return (shape.kind, shape.contract.__name__ if shape.contract else "", population)


def _summary(stage: Any) -> Mapping[str, object]:
    signature = stage.signature
    arguments = {
        name: (_written(each.shape) if each.shape else str(each.annotation), each.many, each.required)
        for name, each in signature.arguments.items()
    }
    return {**arguments, "->": {name: _written(shape) for name, shape in signature.outputs.items()}}


def _understood(recording: Recording) -> tuple[list[object], list[object]]:
    contracts: list[type[Contract]] = recording.contracts
    columns = [
        (each.__name__, {name: str(found) for name, found in column_types(each).items()})
        for each in contracts
    ]
    return [*columns], [(stage.name, _summary(stage)) for stage in recording.stages]


@pytest.mark.parametrize("path", SPECS, ids=lambda path: path.stem)
def test_a_right_spec_is_understood_alike_with_and_without_the_future_import(
    load_as: LoadAs, path: Path
) -> None:
    late, early = _load(load_as, path, is_late=True), _load(load_as, path, is_late=False)
    assert [(stage.name, stage.signature.problems) for stage in late.stages if stage.signature.problems] == []
    assert [
        found
        for each in late.contracts
        for found in column_types(each).values()
        if isinstance(found, Exception)
    ] == []
    assert _understood(late) == _understood(early)


def test_the_specs_declare_much(load_as: LoadAs) -> None:
    recordings = [_load(load_as, path, is_late=True) for path in SPECS]
    counts = [sum(map(len, (each.stages, each.contracts, each.calls))) for each in recordings]
    assert len(counts) == 9
    assert sum(counts) >= 180


def test_the_whole_spec_is_a_pipeline(load_as: LoadAs) -> None:
    recording = _load(load_as, next(path for path in SPECS if path.stem == "ok_digit_reader"), is_late=False)
    (pipeline,) = recording.pipelines
    assert pipeline.name == "digit-reader"
    assert [metric._bound.by.label for metric in pipeline.metrics] == ["handling_cost", "accuracy", "latency"]
    experiments = [type(experiment).__name__ for experiment in pipeline.experiments]
    assert experiments == ["Swap", "Ablate", "Perturb", "Seeds", "Sweep"]
