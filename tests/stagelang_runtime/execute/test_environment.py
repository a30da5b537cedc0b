"""Versions are those that are installed, closed over requirements; workers start in a repeatable environment."""

from __future__ import annotations

import importlib.metadata
import json
import re
from typing import TYPE_CHECKING

import pytest
from packaging.requirements import Requirement

from stagelang_runtime.execute import environment

if TYPE_CHECKING:
    from tests.stagelang_runtime.execute.conftest import Project

CODE = """
import os, sys, time, locale
@stage
def surroundings() -> Value[dict[str, str]]:
    names = ["PYTHONHASHSEED", "TZ", "LC_ALL", "OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "POLARS_MAX_THREADS"]
    return Value.of({
        **{name: os.environ[name] for name in names},
        "hash": str(hash("stagelang")), "zone": time.tzname[0], "utf8": str(sys.flags.utf8_mode),
        "stdin": sys.stdin.read(), "folder": os.getcwd(), "argv": sys.argv[0], "path": sys.path[0],
    })
"""


def closure(name: str) -> dict[str, str]:
    """Follow requirements as packaging reads them, markers and all."""
    found: dict[str, str] = {}
    waiting = [name]
    while waiting:
        current = re.sub(r"[-_.]+", "-", waiting.pop()).lower()
        if current in found:
            continue
        found[current] = importlib.metadata.version(current)
        for line in importlib.metadata.requires(current) or []:
            requirement = Requirement(line)
            if requirement.marker is None or requirement.marker.evaluate({"extra": ""}):
                waiting.append(requirement.name)
    return dict(sorted(found.items()))


@pytest.mark.parametrize("name", ["pandas", "scikit-learn", "jsonschema", "attrs"])
def test_versions_are_closed_over_requirements(name: str) -> None:
    ours = environment.versions([name])
    assert closure(name).items() <= ours.items()
    assert all(importlib.metadata.version(each) == version for each, version in ours.items())


def test_names_are_normalised_and_absent_ones_are_missing() -> None:
    assert environment.versions(["No_Such.Thing"]) == {"no-such-thing": "missing"}
    assert environment.versions(["Attrs", "attrs"]) == {"attrs": importlib.metadata.version("attrs")}


def test_a_worker_starts_in_a_repeatable_environment(project: Project) -> None:
    project.code(CODE)
    project.node("surroundings")
    first = surroundings(project)
    assert surroundings(project) == first
    assert first.pop("hash").lstrip("-").isdigit()
    assert first == {
        "PYTHONHASHSEED": "0",
        "TZ": "UTC",
        "LC_ALL": "C.UTF-8",
        "OMP_NUM_THREADS": "1",
        "OPENBLAS_NUM_THREADS": "1",
        "POLARS_MAX_THREADS": "1",
        "zone": "UTC",
        "utf8": "1",
        "stdin": "",
        "folder": str(project.root),
        "argv": str(project.root / "pipeline.py"),
        "path": str(project.root),
    }


def surroundings(project: Project) -> dict[str, str]:
    result = project.run(force=True)
    found: dict[str, str] = json.loads(
        project.store.get_bytes(result.nodes["surroundings"].outputs[0].object)
    )
    return found


def test_the_receipt_records_what_is_not_keyed(project: Project) -> None:
    project.code(CODE)
    project.node("surroundings")
    receipt = project.run().nodes["surroundings"].receipt
    assert receipt is not None
    recorded = receipt["environment"]
    assert (recorded["threads"], recorded["hash_seed"], recorded["time_zone"]) == ("1", "0", "UTC")
    assert sorted(recorded) == [
        "hash_seed",
        "implementation",
        "locale",
        "machine",
        "processor",
        "processor_features",
        "python",
        "system",
        "threads",
        "time_zone",
    ]
