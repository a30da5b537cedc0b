"""Whatever carries out a pipeline, its receipts, metrics and verdicts are the same."""

from __future__ import annotations

import shutil
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import final

import pytest
from attrs import define, field

from tests.conformance.engines import ENGINES, EXACT, Ran, by_run

PIPELINES = Path(__file__).parent / "pipelines"
NAMES = sorted(path.name for path in PIPELINES.iterdir() if (path / "pipeline.py").is_file())

QUICK: Mapping[str, Sequence[str]] = {
    "script": ("models", "three_hundred", "undefined_metric"),
    "make": ("broken_promise", "composite_metric", "folders", "raising_stage", "unusual_names"),
    "sh": ("diamond", "failing_gate"),
    "dask": ("helpers", "inconclusive_gate", "program", "resources", "secrets"),
    "gha": ("failing_gate", "secrets"),
    "snakemake": ("broken_promise", "unusual_names"),
}
"""The pipelines that every test run gives to an engine; `make test-long` gives it the others."""

CODES = {
    "broken_promise": 1,
    "broken_source": 1,
    "failing_gate": 1,
    "inconclusive_gate": 1,
    "undefined_metric": 1,
    "failing_program": 3,
    "raising_stage": 3,
}
"""What a run of a pipeline ends with, where that isn't 0."""


def copied(name: str, folder: Path) -> Path:
    """Copy a pipeline to a folder of its own."""
    ignored = shutil.ignore_patterns(".stagelang", "build", "__pycache__")
    return Path(shutil.copytree(PIPELINES / name, folder / name, ignore=ignored))


@final
@define
class Wanted:
    """What pipelines come to when they are run by the command line, each run once."""

    folder: Path
    found: dict[str, Ran] = field(factory=dict[str, Ran])

    def of(self, name: str) -> Ran:
        """Give what a pipeline comes to."""
        if name not in self.found:
            self.found[name] = by_run(copied(name, self.folder))
        return self.found[name]


@pytest.fixture(scope="session")
def wanted(tmp_path_factory: pytest.TempPathFactory) -> Wanted:
    return Wanted(tmp_path_factory.mktemp("wanted"))


def test_the_suite_has_thirty_pipelines_and_more() -> None:
    assert len(NAMES) >= 30
    assert set(CODES) <= set(NAMES)


def _pairs() -> Iterator[object]:
    """Give every pair of engine and pipeline; most are left to `make test-long`."""
    for engine in ENGINES:
        for name in NAMES:
            is_quick = name in QUICK[engine]
            yield pytest.param(engine, name, marks=() if is_quick else pytest.mark.long)


@pytest.mark.parametrize(("engine", "name"), list(_pairs()))
def test_an_engine_gives_what_a_run_gives(engine: str, name: str, tmp_path: Path, wanted: Wanted) -> None:
    expected, found = wanted.of(name), ENGINES[engine](copied(name, tmp_path))
    assert expected.code == CODES.get(name, 0), expected.said
    assert found.nodes == expected.nodes, found.said
    assert found.receipts == expected.receipts
    assert (found.metrics, found.gates) == (expected.metrics, expected.gates)
    if engine in EXACT:
        assert found.code == expected.code, found.said
    assert bool(found.code) == bool(expected.code), found.said
