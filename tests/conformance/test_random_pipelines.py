"""Pipelines that nobody thought of: random graphs come out the same on every engine, whatever failed before."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import final

import pytest
from attrs import frozen
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from tests.conformance.engines import ENGINES, Ran, by_run

_HEAD = """\
from stagelang import Column, Contract, PerRow, Pipeline, Table, Value, column, mean, metric, stage
from stagelang import units as u


class Levels(Contract):
    key: Column[int] = column(key=True)
    level: Column[int] = column()


@stage
def mixed(*xs: Value[int], k: int) -> Value[int]:
    if k == {broken}:
        raise ValueError("this one is broken")
    return Value.of((sum(i * x.value for i, x in enumerate(xs, 1)) * 7 + k) % 1009)


@stage
def coarse(x: Value[int]) -> Value[int]:
    return Value.of(x.value % 2)


@stage
def levels(x: Value[int]) -> Table[Levels]:
    import pandas as pd

    return Table.of(Levels, pd.DataFrame({{"key": range(9), "level": [x.value + each % 4 for each in range(9)]}}))


@metric(unit=u.RATIO, better="none", range=(0, None), aggregate=mean(), undefined="error", version="1")
def level(levels: Table[Levels]) -> PerRow[u.RATIO]:
    return PerRow(levels.pandas[Levels.level])


"""


@final
@frozen
class Graph:
    """Node i reads the nodes of `reads[i]`, all before it; the one numbered `broken` raises. The last is measured: at most `most`."""

    reads: tuple[tuple[int, ...], ...]
    coarse: frozenset[int]
    broken: int
    most: int

    def spec(self, *, broken: bool) -> str:
        """Write the pipeline."""
        lines = [_HEAD.format(broken=self.broken if broken else -1)]
        for node, reads in enumerate(self.reads):
            if node in self.coarse and reads:
                lines.append(f'n{node} = coarse.named("n{node}")(n{reads[0]})')
            else:
                read = "".join(f"n{each}, " for each in reads)
                lines.append(f'n{node} = mixed.named("n{node}")({read}k={node})')
        ends = ", ".join(f"n{node}" for node in range(len(self.reads)))
        measured = f"mean_level = level(levels(n{len(self.reads) - 1}))"
        gate = f'mean_level.at_most({self.most}, judged_on="estimate")'
        made = (
            f'pipeline = Pipeline("random", seed=1, metrics=[mean_level], gates=[{gate}], outputs=[{ends}])'
        )
        return "\n".join([*lines, measured, made, ""])


@st.composite
def graphs(draw: st.DrawFn) -> Graph:
    """Draw a graph of four to eight nodes, all of which but the first ones read others."""
    count = draw(st.integers(4, 8))
    reads = tuple(
        tuple(
            draw(st.lists(st.integers(0, node - 1), min_size=node > 1, max_size=3, unique=True))
            if node
            else ()
        )
        for node in range(count)
    )
    coarse = draw(st.frozensets(st.integers(0, count - 1)))
    return Graph(reads, coarse, draw(st.integers(0, count - 1)), draw(st.integers(0, 1000)))


def _seen(ran: Ran) -> tuple[object, ...]:
    """Give what must be equal; what an edit doesn't reach keeps the receipt of when it was made, whose id is of the code then."""
    receipts = {
        name: {part: value for part, value in receipt.items() if part != "id"}
        for name, receipt in ran.receipts.items()
    }
    return ran.nodes, receipts, ran.metrics, ran.gates, bool(ran.code)


def _comes_out_the_same(graph: Graph, engine: str, folders: Iterator[Path]) -> None:
    wanted, found = next(folders), next(folders)
    (found / "pipeline.py").write_text(graph.spec(broken=True))
    first = ENGINES[engine](found)
    assert (first.code != 0) == ("failed" in first.nodes.values() or any(_failed(first))), first.said
    for folder in (wanted, found):
        (folder / "pipeline.py").write_text(graph.spec(broken=False))
    expected, healed = by_run(wanted), ENGINES[engine](found)
    assert set(healed.nodes.values()) == {"done"}, healed.said
    assert _seen(healed) == _seen(expected)


def _failed(ran: Ran) -> Iterator[bool]:
    return (gate["verdict"] != "pass" for gate in ran.gates)


@pytest.fixture
def folders(tmp_path_factory: pytest.TempPathFactory, third_party: Path) -> Iterator[Path]:
    """Give as many empty folders as are asked for."""
    return iter(lambda: tmp_path_factory.mktemp("random"), None)


RICH = Graph(
    reads=((), (0,), (1,), (0, 2, 1), (0,), (3, 4), (5, 2)), coarse=frozenset({1, 4}), broken=3, most=9
)
"""What every test run tries: forks, joins, a failure in the middle with work beside it, and a gate that fails."""


@pytest.mark.parametrize("engine", ["make", "dask"])
def test_a_pipeline_that_failed_heals_and_comes_out_the_same(engine: str, folders: Iterator[Path]) -> None:
    _comes_out_the_same(RICH, engine, folders)


@pytest.mark.long
@pytest.mark.parametrize("engine", ENGINES)
@settings(
    max_examples=8,
    deadline=None,
    derandomize=True,
    database=None,
    phases=[Phase.generate],
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(graph=graphs())
def test_random_pipelines_come_out_the_same(graph: Graph, engine: str, folders: Iterator[Path]) -> None:
    _comes_out_the_same(graph, engine, folders)
