"""How long a command line takes to say what it does, and a library to be imported."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from functools import partial
from pathlib import Path

from tests.benchmarks.measure import BIN, Timing, in_turns, run
from tests.benchmarks.results import OURS, Table, rows_of, targets_of

BARE = "bare Python"
HELP: dict[str, Sequence[str | Path]] = {
    OURS: (BIN / "stagelang", "--help"),
    "make": ("make", "--help"),
    "doit": (BIN / "doit", "help"),
    "Snakemake": (BIN / "snakemake", "--help"),
    "DVC": (BIN / "dvc", "--help"),
    "Kedro": (BIN / "kedro", "--help"),
    "Dagster": (BIN / "dagster", "--help"),
}
IMPORTS = {
    BARE: "pass",
    OURS: "import stagelang",
    "doit": "import doit",
    "Hamilton": "import hamilton.driver",
    "Kedro": "import kedro.pipeline",
    "Dagster": "import dagster",
    "Snakemake": "import snakemake.api",
}


def bench(rounds: int) -> list[Table]:
    """Measure both, whole processes; below the imports stands what is left without bare Python."""
    once = {(tool, 0): partial(_whole, command) for tool, command in HELP.items()}
    helped = rows_of(in_turns(once, rounds))
    once = {(tool, 0): partial(_whole, (sys.executable, "-c", code)) for tool, code in IMPORTS.items()}
    found = in_turns(once, rounds)
    bare = min(found[BARE, 0], key=lambda each: each.wall)
    beyond = rows_of({key: [each - bare for each in timings] for key, timings in found.items()})
    return [
        Table(
            title="help of the command line, whole process",
            unit="ms",
            size="",
            rows=helped,
            targets=targets_of(helped, {0: 0.150}, "stagelang --help", "ms"),
        ),
        Table(
            title=f"import of the library, beyond bare Python ({bare.wall * 1000:.0f} ms)",
            unit="ms",
            size="",
            rows=[row for row in beyond if row.tool != BARE],
            targets=targets_of(beyond, {0: 0.100}, "import stagelang", "ms"),
        ),
    ]


def _whole(command: Sequence[str | Path]) -> Timing:
    return run(command, Path.cwd(), within=60)[0]
