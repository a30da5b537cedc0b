"""How long all checks take of a pipeline as a company has it, by family, beyond the import of the spec; lowering stands beside them.

Each is measured in a fresh process that has loaded the spec and built its graph. The spec is as one that was just edited: nothing
compiled of it is kept, so its import parses it, and checks and fingerprints read that tree. Where Python kept compiled code, the import
takes less, and the first check that reads a body parses the spec instead.
"""

from __future__ import annotations

import contextlib
import gc
import json
import os
import sys
import tempfile
import time
from collections.abc import Callable, Generator, Iterable
from functools import partial
from pathlib import Path
from typing import Any

from stagelang_compiler import compiler
from stagelang_compiler.checks import CHECKS, CODE_CHECKS, PLAN_CHECKS
from stagelang_compiler.checks.settings import check_settings
from stagelang_compiler.fingerprint import Fingerprinter
from stagelang_compiler.graph import build
from stagelang_compiler.spec import load
from tests.benchmarks.measure import Failed, Timing, in_turns
from tests.benchmarks.results import OURS, Row, Table, Target, rows_of, targets_of
from tests.benchmarks.teams import write_teams

SIZES = (500, 1000, 10_000)
LIMITS = {500: 0.150}
GROWTH = 1.15
"""How much more a stage may take among 10,000 than among 1,000."""
Took = dict[str, Timing]


def bench(rounds: int) -> list[Table]:
    """Measure the graph, every family of checks, and the lowering."""
    seen: dict[tuple[str, int], list[Timing]] = {}
    with tempfile.TemporaryDirectory(prefix="bench-") as made:
        once: dict[tuple[str, int], Callable[[], Timing]] = {}
        for size in SIZES:
            folder = Path(made) / str(size)
            folder.mkdir()
            write_teams(size, folder)
            once[OURS, size] = partial(_measured, folder / "pipeline.py", size, seen)
        rows = rows_of(in_turns(once, rounds))
    parts = rows_of(seen)
    least = {row.size: row.cpu for row in rows}
    growth = Target(
        what="a stage among 10,000 / a stage among 1,000, processor time,",
        limit=GROWTH,
        found=least[10_000] / 10 / least[1000],
        unit="times",
    )
    return [
        Table(
            title="graph and all checks of all families, beyond the import of the spec",
            unit="ms",
            size="stages",
            rows=rows,
            targets=[
                *targets_of(_by_processor(rows), LIMITS, "all checks of {} stages, processor time,", "ms"),
                growth,
            ],
        ),
        Table(title="what that is made of, and lowering", unit="ms", size="stages", rows=parts),
    ]


def _by_processor(rows: Iterable[Row]) -> list[Row]:
    """Judge processor time: neighbours disturb it least."""
    return [Row(tool=row.tool, size=row.size, timings=[Timing(row.cpu, row.cpu)]) for row in rows]


def _measured(path: Path, size: int, seen: dict[tuple[str, int], list[Timing]]) -> Timing:
    took = _in_a_child(path)
    for part, timing in took.items():
        seen.setdefault((part, size), []).append(timing)
    judged = [timing for part, timing in took.items() if part not in ("spec", "lowering")]
    return Timing(sum(each.wall for each in judged), sum(each.cpu for each in judged))


def _in_a_child(path: Path) -> Took:
    """Measure in a child of this process: it finds everything imported and nothing known of the spec."""
    reading, writing = os.pipe()
    child = os.fork()
    if not child:
        with contextlib.suppress(BaseException):
            os.write(
                writing,
                json.dumps({part: (each.wall, each.cpu) for part, each in _parts(path).items()}).encode(),
            )
        os._exit(0)
    os.close(writing)
    with os.fdopen(reading, encoding="utf-8") as opened:
        text = opened.read()
    os.waitpid(child, 0)
    if not text:
        raise Failed(f"{path} can't be checked")
    return {part: Timing(*seconds) for part, seconds in json.loads(text).items()}


def _parts(path: Path) -> Took:
    gc.disable()  # as the compiler does while it checks
    sys.dont_write_bytecode = True
    took: Took = {}
    with _timed(took, "spec"):
        spec, _ = load(path)
    assert spec is not None
    with _timed(took, "SL1 settings"):
        found: list[Any] = [*check_settings(spec.pipeline, spec.recording)]
    with _timed(took, "SL1 graph"):
        graph = build(spec.pipeline, spec.recording, compiler._encoded)  # pyright: ignore[reportPrivateUsage]
    for check in CHECKS:
        with _timed(took, _family(check)):
            found += check(graph)
    code = Fingerprinter(spec.root, spec.entries)
    for code_check in CODE_CHECKS:
        with _timed(took, _family(code_check)):
            found += code_check(graph, code)
    with _timed(took, "lowering"):
        plan, _ = compiler._lowered(spec, graph, code)  # pyright: ignore[reportPrivateUsage]
    for plan_check in PLAN_CHECKS:
        with _timed(took, _family(plan_check)):
            found += plan_check(plan)
    assert [each.message for each in found if each.rule.code != "SL700"] == []
    return took


@contextlib.contextmanager
def _timed(took: Took, part: str) -> Generator[None]:
    wall, cpu = time.perf_counter(), time.process_time()
    yield
    before = took.get(part, Timing(0, 0))
    took[part] = Timing(before.wall + time.perf_counter() - wall, before.cpu + time.process_time() - cpu)


def _family(check: Callable[..., object]) -> str:
    """Name a check's family after the module of the checks that it is in."""
    return check.__module__.removeprefix("stagelang_compiler.checks.").partition(".")[0].replace("_", " ")
