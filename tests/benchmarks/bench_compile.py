"""How long it takes from a spec to a checked and compiled graph."""

from __future__ import annotations

import json
import sys
import tempfile
from collections.abc import Callable
from contextlib import ExitStack
from functools import partial
from pathlib import Path

from tests.benchmarks.generate import make_dag, write
from tests.benchmarks.measure import BIN, Failed, Timing, in_turns, run, say
from tests.benchmarks.results import OURS, Row, Table, Target, rows_of, targets_of

SIZES = (1000, 10_000, 20_000)
PEERS = ("Kedro", "Hamilton", "Dagster", "Snakemake")
PEER_SIZES = (1000, 10_000)
LIMITS = {1000: 0.8, 10_000: 4.0}
GROWTH = 2.2
CAP = 120.0
"""Seconds that a tool may take: one that needs longer at a size is left out there."""


def bench(rounds: int) -> list[Table]:
    """Measure each tool in fresh processes, with and without the import of the spec itself."""
    spec: dict[tuple[str, int], list[Timing]] = {}
    with ExitStack() as folders:
        once: dict[tuple[str, int], Callable[[], Timing]] = {}
        for size in SIZES:
            once[OURS, size] = partial(
                _probed, "stagelang, tables", size, _program(folders, "stagelang, tables", size), spec
            )
            for tool in PEERS if size in PEER_SIZES else ():
                folder = _program(folders, tool, size)
                ask = (
                    partial(_dry_run, folder)
                    if tool == "Snakemake"
                    else partial(_probed, tool, size, folder, spec)
                )
                once[tool, size] = ask
        found = in_turns(once, min(rounds, 3))
    beyond = rows_of(found)
    whole = rows_of(
        {
            (tool, size): [
                Timing(each.wall + own.wall, each.cpu + own.cpu)
                for each, own in zip(
                    timings, spec.get((tool, size), [Timing(0, 0)] * len(timings)), strict=False
                )
            ]
            for (tool, size), timings in found.items()
        }
    )
    return [
        Table(
            title="check and compile for all targets, beyond the import of the spec (Snakemake: a dry run, less one of a single rule)",
            unit="s",
            size="stages",
            rows=beyond,
            targets=[*targets_of(beyond, LIMITS, "check + compile of {} stages"), *_growth(beyond)],
        ),
        Table(
            title="the same with the import of the spec, in which Dagster's decorators do much of its work",
            unit="s",
            size="stages",
            rows=whole,
        ),
    ]


def _program(folders: ExitStack, tool: str, stages: int) -> Path:
    folder = Path(folders.enter_context(tempfile.TemporaryDirectory(prefix="bench-")))
    write(make_dag(stages), tool, folder)
    return folder


def _probed(tool: str, stages: int, folder: Path, spec: dict[tuple[str, int], list[Timing]]) -> Timing:
    probe = Path(__file__).with_name("probe.py")
    _, text = run((sys.executable, probe, tool), folder, within=CAP)
    said = json.loads(text.splitlines()[-1])
    if said["stages"] != stages:
        raise Failed(f"{tool} saw {said['stages']} stages, not {stages}")
    parts = {name: Timing(*seconds) for name, seconds in said["parts"].items()}
    name = OURS if tool.startswith(OURS) else tool
    spec.setdefault((name, stages), []).append(parts["spec"])
    if name == OURS:
        say(
            f"  {name} at {stages:,}: " + ", ".join(f"{part} {each.wall:.2f}" for part, each in parts.items())
        )
    return parts["beyond"]


def _dry_run(folder: Path) -> Timing:
    command = (BIN / "snakemake", "--dry-run", "--quiet", "all", "--cores", "2")
    with tempfile.TemporaryDirectory(prefix="bench-") as single:
        write(make_dag(1), "Snakemake", Path(single))
        start, _ = run(command, Path(single), within=CAP)
    return run(command, folder, within=CAP)[0] - start


def _growth(rows: list[Row]) -> list[Target]:
    """Judge how the time grows from 10,000 to 20,000 stages, in processor time: neighbours disturb it least."""
    least = {row.size: row.cpu for row in rows if row.tool == OURS}
    if not {10_000, 20_000} <= least.keys():
        return []
    ratio = least[20_000] / least[10_000]
    return [Target(what="t(20,000) / t(10,000), processor time,", limit=GROWTH, found=ratio, unit="times")]
