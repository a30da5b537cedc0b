"""How long it takes to compare two plans of which every hundredth stage was edited, and to write that; compiling is not counted."""

from __future__ import annotations

import re
import tempfile
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

from stagelang_backends.review.gathered import Review
from stagelang_backends.review.markdown import assembled, review_sections
from stagelang_compiler.compiler import check_file
from stagelang_compiler.diff import diff, diff_text, nothing
from stagelang_compiler.plan import Plan
from stagelang_compiler.plan_codec import dumps, loads
from tests.benchmarks.generate import make_dag, write
from tests.benchmarks.measure import Timing, in_turns
from tests.benchmarks.results import OURS, Table, Target, rows_of, targets_of

SIZES = (1000, 5000, 10_000)
LIMITS = {1000: 0.5, 10_000: 5.0}
GROWTH = 2.5
EDITED = re.compile(r"(def s\d+00\(.*step: int = )1")


def bench(rounds: int) -> list[Table]:
    """Measure in this process: comparing, writing text and Markdown; beside it, reading both plans as JSON."""
    once: dict[tuple[str, int], Callable[[], Timing]] = {}
    for size in SIZES:
        base, head = _compiled(size, edited=False), _compiled(size, edited=True)
        texts = dumps(base), dumps(head)
        once[OURS, size] = partial(_timed, partial(_told, base, head))
        once["all is new", size] = partial(_timed, partial(_told, nothing(head), head))
        once["reading both plans", size] = partial(_timed, partial(_read, texts))
    rows = rows_of(in_turns(once, rounds))
    least = {row.size: row.cpu for row in rows if row.tool == OURS}
    growth = Target(
        what="t(10,000) / t(5,000), processor time,",
        limit=GROWTH,
        found=least[10_000] / least[5000],
        unit="times",
    )
    title = "compare two plans, and write what differs as text and Markdown"
    targets = [*targets_of(rows, LIMITS, "diff of two plans of {} stages"), growth]
    return [Table(title=title, unit="ms", size="stages", rows=rows, targets=targets)]


def _compiled(stages: int, *, edited: bool) -> Plan:
    with tempfile.TemporaryDirectory(prefix="bench-") as made:
        write(make_dag(stages), "stagelang", Path(made))
        path = Path(made) / "pipeline.py"
        if edited:
            text, count = EDITED.subn(r"\g<1>2", path.read_text(encoding="utf-8"))
            assert count >= stages // 100 - 1, count
            path.write_text(text, encoding="utf-8")
        plan = check_file(path).plan
    assert plan is not None
    return plan


def _told(base: Plan, head: Plan) -> None:
    found = diff(base, head)
    assert not found.is_empty
    diff_text(found)
    assembled(review_sections(Review(diff=found)))


def _read(texts: tuple[str, str]) -> None:
    for text in texts:
        loads(text)


def _timed(work: Callable[[], None]) -> Timing:
    wall, cpu = time.perf_counter(), time.process_time()
    work()
    return Timing(time.perf_counter() - wall, time.process_time() - cpu)
