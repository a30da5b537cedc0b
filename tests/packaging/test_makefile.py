"""`make` says what it can do, and in one line what is missing for an environment."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

import pytest

pytestmark = pytest.mark.skipif(shutil.which("make") is None, reason="needs make")


def _make(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        ["make", "--no-print-directory", *arguments], cwd=folder, capture_output=True, text=True, check=False
    )


def _first_complaint(top: Path, folder: Path, answers: str) -> str:
    """Ask for an environment from an interpreter that answers as told, and give the first line of what is said."""
    shutil.copy(top / "Makefile", folder)
    python = folder / "python"
    python.write_text(f"#!/bin/sh\n{answers}\n", encoding="utf-8")
    python.chmod(0o755)
    done = _make(folder, f"PYTHON={python}", ".venv/pyvenv.cfg")
    assert done.returncode == 2
    assert not (folder / ".venv").exists()
    return done.stderr.splitlines()[0].replace(str(python), "PYTHON")


def test_make_alone_lists_every_target_that_people_type(top: Path) -> None:
    listed = re.findall(r"^  ([a-z]+) ", _make(top).stdout, re.MULTILINE)
    assert listed == ["help", "demo", "test", "check", "format", "bench", "lock", "clean", "distclean"]


def test_a_missing_python_is_named(top: Path, tmp_path: Path) -> None:
    shutil.copy(top / "Makefile", tmp_path)
    done = _make(tmp_path, "PYTHON=no-such-python", ".venv/pyvenv.cfg")
    assert done.stderr.splitlines()[0] == (
        "stagelang needs Python 3.11 or newer: install python3, or name one with make PYTHON=..."
    )


def test_an_old_python_is_refused_with_its_version(top: Path, tmp_path: Path) -> None:
    said = _first_complaint(top, tmp_path, 'case "$1" in --version) echo Python 3.9.2;; *) exit 1;; esac')
    assert said == (
        "stagelang needs Python 3.11 or newer, but PYTHON is Python 3.9.2: name another with make PYTHON=..."
    )


def test_a_python_that_can_make_no_environment_names_the_debian_package(top: Path, tmp_path: Path) -> None:
    said = _first_complaint(top, tmp_path, 'case "$2" in *version_info*) exit 0;; *) exit 1;; esac')
    assert said == "PYTHON can make no environment: as root, apt-get install python3-venv, then make again"
