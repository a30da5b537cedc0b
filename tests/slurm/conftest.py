"""One Slurm for all tests that want one."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Generator
from pathlib import Path

import pytest

from tests.slurm.cluster import Cluster, slurm


@pytest.fixture(scope="session")
def cluster() -> Generator[Cluster]:
    """A Slurm that runs, and that is stopped again whatever happens."""
    # munged refuses a socket below a folder that others may write to
    folder = Path(tempfile.mkdtemp(prefix="slurm-", dir="/var/lib"))
    folder.chmod(0o755)
    try:
        with slurm(folder) as started:
            yield started
    finally:
        shutil.rmtree(folder, ignore_errors=True)
