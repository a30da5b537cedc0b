"""One wheel, four import packages, and nothing that could collide with a user's own modules."""

from __future__ import annotations

import subprocess
import sys
import tomllib
import zipfile
from email.parser import Parser
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from packaging.requirements import Requirement

if TYPE_CHECKING:
    from tests.packaging.conftest import Release

SOURCES = {
    "stagelang": "stagelang",
    "stagelang_compiler": "compiler/stagelang_compiler",
    "stagelang_runtime": "backends/stagelang_runtime",
    "stagelang_backends": "backends/stagelang_backends",
}


def _settings(top: Path) -> dict[str, Any]:
    return tomllib.loads((top / "pyproject.toml").read_text(encoding="utf-8"))


def _files_in(wheel: Path) -> set[str]:
    with zipfile.ZipFile(wheel) as archive:
        return set(archive.namelist())


def _metadata(wheel: Path) -> Any:
    with zipfile.ZipFile(wheel) as archive:
        (name,) = [name for name in archive.namelist() if name.endswith(".dist-info/METADATA")]
        return Parser().parsestr(archive.read(name).decode("utf-8"))


@pytest.mark.parametrize("root", ["compiler", "backends"])
def test_a_source_root_is_no_package(top: Path, root: str) -> None:
    assert not (top / root / "__init__.py").exists()


def test_the_wheels_top_level_is_the_four_packages(release: Release) -> None:
    top_level = {name.partition("/")[0] for name in _files_in(release.wheel)}
    assert top_level == {*SOURCES, "stagelang-0.1.0.dist-info"}


@pytest.mark.parametrize("package", SOURCES)
def test_a_package_arrives_whole_and_typed(top: Path, release: Release, package: str) -> None:
    source = top / SOURCES[package]
    written = {
        f"{package}/{path.relative_to(source).as_posix()}"
        for path in source.rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }
    assert f"{package}/py.typed" in written
    assert {name for name in _files_in(release.wheel) if name.startswith(f"{package}/")} == written


def test_a_stranger_finds_no_fault_with_the_wheel(release: Release) -> None:
    judge = [
        sys.executable,
        "-m",
        "check_wheel_contents",
        "--toplevel",
        ",".join(SOURCES),
        str(release.wheel),
    ]
    done = subprocess.run(judge, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (0, f"{release.wheel}: OK\n")


def test_users_get_ranges_without_upper_pins_and_the_licence(top: Path, release: Release) -> None:
    metadata = _metadata(release.wheel)
    assert metadata["License-Expression"] == "Apache-2.0"
    assert metadata["Requires-Python"] == ">=3.11"
    wanted = [Requirement(text) for text in metadata.get_all("Requires-Dist")]
    assert {part.operator for requirement in wanted for part in requirement.specifier} == {">="}
    with zipfile.ZipFile(release.wheel) as archive:
        licence = archive.read("stagelang-0.1.0.dist-info/licenses/LICENSE")
    assert licence == (top / "LICENSE").read_bytes()


def test_the_import_contracts_cover_exactly_the_packages_of_the_wheel(top: Path) -> None:
    tools = _settings(top)["tool"]
    packages: list[str] = tools["hatch"]["build"]["targets"]["wheel"]["packages"]
    assert set(packages) == set(SOURCES.values())
    assert set(tools["importlinter"]["root_packages"]) == set(SOURCES)
    assert set(tools["importlinter"]["contracts"][0]["layers"]) == set(SOURCES)
