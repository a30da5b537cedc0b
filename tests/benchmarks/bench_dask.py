"""What 500 variants of a pipeline cost on a Dask cluster of this machine, beside a run without Dask and beside Dask alone."""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

from tests.benchmarks.measure import BIN, Timing, in_turns, run
from tests.benchmarks.results import OURS, Row, Table, Target

VARIANTS = 500
NODES = 3 * VARIANTS + 2
WITHIN = 600.0
SLOTS = 2

_SPEC = f"""\
from stagelang import Pipeline, Value, scope, stage


@stage(owner="bench")
def ingest() -> Value[int]:
    return Value.of(1)


@stage(owner="bench")
def features(x: Value[int]) -> Value[int]:
    return Value.of(x.value + 1)


@stage(owner="bench")
def train(x: Value[int], *, variant: int = 0) -> Value[int]:
    return Value.of(x.value * variant)


@stage(owner="bench")
def predict(model: Value[int]) -> Value[int]:
    return Value.of(model.value + 1)


@stage(owner="bench")
def score(predicted: Value[int]) -> Value[int]:
    return Value.of(predicted.value * 7)


ready = features(ingest())
scores = []
for number in range({VARIANTS}):
    with scope(f"v{{number}}"):
        scores.append(score(predict(train(ready, variant=number))))
pipeline = Pipeline("variants", seed=1, outputs=scores)
"""

_DASK = f"""\
from distributed import Client, LocalCluster


def add(*numbers):
    return sum(numbers) + 1


if __name__ == "__main__":
    cluster = LocalCluster(n_workers=1, threads_per_worker={SLOTS}, host="127.0.0.1", dashboard_address="127.0.0.1:0", silence_logs=50)
    with cluster, Client(cluster) as client:
        ready = client.submit(add, client.submit(add, pure=False), pure=False)
        scores = []
        for number in range({VARIANTS}):
            model = client.submit(add, ready, number, pure=False)
            scores.append(client.submit(add, client.submit(add, model, pure=False), pure=False))
        assert len(client.gather(scores)) == {VARIANTS}
"""


def bench(rounds: int) -> list[Table]:
    """Measure first runs, each from nothing, and runs that find all up to date."""
    with _project() as folder:
        script = folder / "build" / "dask" / "run_dask.py"
        ours = (sys.executable, script, "--local", str(SLOTS))
        here = (BIN / "stagelang", "run", "--jobs", str(SLOTS))

        def fresh(*command: str | Path) -> Timing:
            with tempfile.TemporaryDirectory(prefix="bench-") as store:
                return run((*command, "--store", f"{store}/store"), folder, within=WITHIN)[0]

        found = in_turns(
            {
                (OURS, NODES): lambda: fresh(*ours),
                ("without Dask", NODES): lambda: fresh(*here),
                ("Dask, empty tasks", NODES): lambda: run(
                    (sys.executable, "plain.py"), folder, within=WITHIN
                )[0],
            },
            max(1, rounds // 3),
        )
        run(ours, folder, within=WITHIN)
        again = in_turns({(OURS, NODES): lambda: run(ours, folder, within=WITHIN)[0]}, rounds)
    first, second = _rows(found), _rows(again)
    return [
        _table(
            "500 variants on two slots, from nothing, whole process",
            first,
            "a first run of 500 variants",
            60.0,
        ),
        _table("500 variants, all up to date, whole process", second, "500 variants, all up to date", 1.0),
    ]


def _rows(found: dict[tuple[str, int], list[Timing]]) -> list[Row]:
    return [Row(tool=tool, size=size, timings=timings) for (tool, size), timings in found.items()]


def _table(title: str, rows: list[Row], what: str, limit: float) -> Table:
    targets = [Target(what=what, limit=limit, found=row.least) for row in rows if row.tool == OURS]
    return Table(title=title, unit="s", size="nodes", rows=rows, targets=targets)


@contextmanager
def _project() -> Generator[Path]:
    with tempfile.TemporaryDirectory(prefix="bench-") as name:
        folder = Path(name)
        (folder / "pipeline.py").write_text(_SPEC, encoding="utf-8")
        (folder / "plain.py").write_text(_DASK, encoding="utf-8")
        run((BIN / "stagelang", "compile", "--target", "dask"), folder, within=60)
        yield folder
