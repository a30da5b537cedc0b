"""The example of a third party's backend, installed for the tests of this folder."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

SH_BACKEND = Path(__file__).parents[2] / "examples" / "sh_backend"


@pytest.fixture(scope="session", autouse=True)
def third_party(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Install the example of a third party's backend where its entry point is found."""
    folder = tmp_path_factory.mktemp("installed")
    pip = [sys.executable, "-m", "pip", "install", "-q", "--no-deps", "--no-build-isolation"]
    subprocess.run(
        [*pip, "--disable-pip-version-check", "--target", str(folder), str(SH_BACKEND)], check=True
    )
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PYTHONPATH", str(folder))
        yield folder
