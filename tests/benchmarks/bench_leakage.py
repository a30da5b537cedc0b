"""How long all rules of leakage take on pipelines that mix nothing: half of the stages before a split, each with a body of its own."""

from __future__ import annotations

import gc
import tempfile
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

from stagelang_compiler.checks import leakage, populations
from stagelang_compiler.compiler import check_file
from stagelang_compiler.graph import Graph
from tests.benchmarks.measure import Timing, in_turns
from tests.benchmarks.results import OURS, Table, Target, rows_of, targets_of
from tests.corpus.leakage.language import Program

SIZES = (500, 1000, 2000)
LIMITS = {500: 0.1}
GROWTH = 2.5
_BODY = """
@stage
def s{0}(table: Table[Meals, S]) -> Table[Meals, S]:
    frame = table.pandas
    kept = frame[frame["income"] > {0}]
    return table.derive(Meals, kept.assign(income=(kept["income"] - {0}) / 1000))


"""


def bench(rounds: int) -> list[Table]:
    """Measure in this process; compiling is not counted."""
    with tempfile.TemporaryDirectory(prefix="bench-") as made:
        once: dict[tuple[str, int], Callable[[], Timing]] = {
            (OURS, size): partial(_timed, _graph(size, Path(made) / str(size))) for size in SIZES
        }
        rows = rows_of(in_turns(once, rounds))
    least = {row.size: row.cpu for row in rows if row.tool == OURS}
    growth = Target(
        what="t(2,000) / t(1,000), processor time,",
        limit=GROWTH,
        found=least[2000] / least[1000],
        unit="times",
    )
    targets = [*targets_of(rows, LIMITS, "all rules of leakage on {} stages"), growth]
    return [Table(title="all rules SL601 to SL618", unit="ms", size="stages", rows=rows, targets=targets)]


def _graph(stages: int, folder: Path) -> Graph:
    """Make a chain of half of the stages, a split, and models with a metric each for the rest."""
    chain, models = stages // 2, stages // 6
    bodies = "".join(_BODY.format(number) for number in range(chain))
    wiring = "t0 = s0(meals)\n" + "".join(f"t{n} = s{n}(t{n - 1})\n" for n in range(1, chain))
    wiring += f"halves = split(t{chain - 1}, by=Meals.household, test=0.25)\n"
    for n in range(models):
        wiring += (
            f'm{n} = error_{n}(guess.named("guess{n}")(fit.named("fit{n}")(halves.train), halves.test))\n'
        )
        bodies += (
            '@metric(unit=u.USD, better="lower", range=(0, None), aggregate=mean(), undefined="error", version="1")\n'
            f"def error_{n}(guesses: Table[Guesses]) -> PerRow[u.USD]:\n    return PerRow(guesses.pandas['off'])\n\n\n"
        )
    metrics = ", ".join(f"m{n}" for n in range(models))
    wiring += f'pipeline = Pipeline("food", seed=1, metrics=[{metrics}])\n'
    folder.mkdir()
    program = Program(kind="", name="", codes=(), stages=bodies, wiring=wiring)
    (folder / "pipeline.py").write_text(program.text, encoding="utf-8")
    graph = check_file(folder / "pipeline.py").graph
    assert graph is not None
    return graph


def _timed(graph: Graph) -> Timing:
    gc.disable()  # as the compiler does while it checks
    begun, cpu = time.perf_counter(), time.process_time()
    found = [each for check in (*leakage.CHECKS, *populations.CHECKS) for each in check(graph)]
    took = Timing(wall=time.perf_counter() - begun, cpu=time.process_time() - cpu)
    gc.enable()
    assert found == []
    return took
