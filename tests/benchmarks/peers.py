"""Knows how each tool is asked to bring everything up to date."""

from __future__ import annotations

import sys
import tempfile
import time
from collections.abc import Generator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

from tests.benchmarks.generate import make_dag, write
from tests.benchmarks.measure import BIN, Failed, Timing, TooLong, run, say

RUNS: Mapping[str, Sequence[str | Path]] = {
    "stagelang": (BIN / "stagelang", "run"),
    "stagelang, tables": (BIN / "stagelang", "run"),
    "make": ("make", "--silent", "--jobs=2"),
    "doit": (BIN / "doit", "--verbosity", "0"),
    "Hamilton": (sys.executable, "run.py"),
    "Snakemake": (BIN / "snakemake", "--cores", "2", "--quiet", "all"),
    "DVC": (BIN / "dvc", "repro", "--quiet"),
}
FIRST_RUN = 150.0
"""Seconds that a first run may take: a tool that needs longer at a size is left out there."""


@contextmanager
def generated(tool: str, stages: int) -> Generator[Path]:
    """Give a folder with a tool's program."""
    with tempfile.TemporaryDirectory(prefix="bench-") as name:
        folder = Path(name)
        write(make_dag(stages), tool, folder)
        if tool == "DVC":
            run((BIN / "dvc", "init", "--no-scm", "--quiet"), folder, within=60)
        time.sleep(1.1)  # files that have just changed are read again, by us and by others
        yield folder


def bring_up_to_date(tool: str, folder: Path) -> Timing:
    """Run a tool's program. Raises Failed, TooLong, FileNotFoundError."""
    return run(RUNS[tool], folder, within=FIRST_RUN)[0]


def first_run(tool: str, stages: int, folder: Path) -> Timing | None:
    """Run everything for the first time; None, which is said, where that can't be done."""
    try:
        return bring_up_to_date(tool, folder)
    except (Failed, TooLong, FileNotFoundError) as error:
        say(f"  {tool} at {stages:,}, first run: {error}")
        return None
