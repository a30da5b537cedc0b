"""The wheel, built the way a release is: an sdist from the tree, then the wheel from that sdist alone."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import attrs
import pytest


@attrs.frozen
class Release:
    """What a release consists of."""

    sdist: Path
    wheel: Path


@pytest.fixture(scope="session")
def top() -> Path:
    return Path(__file__).parents[2]


@pytest.fixture(scope="session")
def release(top: Path, tmp_path_factory: pytest.TempPathFactory) -> Release:
    out = tmp_path_factory.mktemp("dist")
    build = [sys.executable, "-m", "build", "--no-isolation", "--outdir", str(out), str(top)]
    done = subprocess.run(build, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    (sdist,) = out.glob("*.tar.gz")
    (wheel,) = out.glob("*.whl")
    return Release(sdist, wheel)
