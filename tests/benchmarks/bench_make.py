"""How long an emitted Makefile takes that has nothing to do, beside one written by hand that knows nothing of code, data or results."""

from __future__ import annotations

import re
import tempfile
from collections.abc import Callable
from contextlib import ExitStack
from functools import partial
from pathlib import Path

from tests.benchmarks.generate import make_dag, write
from tests.benchmarks.measure import BIN, Timing, in_turns, run
from tests.benchmarks.results import OURS, Table, Target, rows_of

SIZES = (200, 1000)
MOST = 3.0
"""How many times a hand-written Makefile's time may be taken."""
_WITHIN = 300.0


def bench(rounds: int) -> list[Table]:
    """Make all once, then measure makes that find all up to date."""
    with ExitStack() as folders:
        once: dict[tuple[str, int], Callable[[], Timing]] = {}
        for size in SIZES:
            for tool, prepare in (("make", _by_hand), (OURS, _emitted)):
                folder = prepare(
                    size, Path(folders.enter_context(tempfile.TemporaryDirectory(prefix="bench-")))
                )
                once[tool, size] = partial(_make, folder)
        in_turns(once, 1)
        rows = rows_of(in_turns(once, max(rounds, 9)))
    least = {(row.tool, row.size): row.least for row in rows}
    targets = [
        Target(
            what=f"a hand-written Makefile's time, {size:,} nodes",
            limit=MOST,
            found=least[OURS, size] / least["make", size],
            unit="times",
        )
        for size in SIZES
    ]
    title = "make with nothing to do: written by hand, and emitted"
    return [Table(title=title, unit="ms", size="nodes", rows=rows, targets=targets)]


def _make(folder: Path) -> Timing:
    return run(("make", f"STAGELANG={BIN / 'stagelang'}"), folder, within=_WITHIN)[0]


def _by_hand(size: int, folder: Path) -> Path:
    write(make_dag(size), "make", folder)
    _make(folder)
    return folder


def _emitted(size: int, folder: Path) -> Path:
    """Emit the same graph, with a result of its own for each node, all of which a run has made."""
    write(make_dag(size), OURS, folder)
    spec = folder / "pipeline.py"
    text = re.sub(r"(def s(\d+)\(.*step: int = )1\b", r"\g<1>1\g<2>00001", spec.read_text(encoding="utf-8"))
    spec.write_text(text, encoding="utf-8")
    for words in (("run",), ("compile", "--target", "make")):
        run((BIN / "stagelang", *words), folder, within=_WITHIN)
    made = folder / "build" / "make"
    _make(made)
    return made
