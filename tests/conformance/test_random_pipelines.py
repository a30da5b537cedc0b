"""Pipelines that nobody thought of: random graphs come out the same on every engine, whatever failed before."""

from __future__ import annotations

from pathlib import Path
from typing import final

import pytest
from attrs import frozen
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.conformance.engines import ENGINES, by_run

_HEAD = """\
from stagelang import Pipeline, Value, stage


@stage
def mixed(*xs: Value[int], k: int) -> Value[int]:
    if k == {broken}:
        raise ValueError("this one is broken")
    return Value.of((sum(i * x.value for i, x in enumerate(xs, 1)) * 7 + k) % 1009)


@stage
def coarse(x: Value[int]) -> Value[int]:
    return Value.of(x.value % 2)


"""


@final
@frozen
class Graph:
    """Node i reads the nodes of `reads[i]`, all before it; the one numbered `broken` raises."""

    reads: tuple[tuple[int, ...], ...]
    coarse: frozenset[int]
    broken: int

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
        return "\n".join([*lines, f'pipeline = Pipeline("random", seed=1, outputs=[{ends}])', ""])


@st.composite
def graphs(draw: st.DrawFn) -> Graph:
    """Draw a graph of two to seven nodes."""
    count = draw(st.integers(2, 7))
    reads = tuple(
        tuple(draw(st.lists(st.integers(0, node - 1), max_size=3, unique=True)) if node else ())
        for node in range(count)
    )
    coarse = draw(st.frozensets(st.integers(0, count - 1)))
    return Graph(reads, coarse, draw(st.integers(0, count - 1)))


@pytest.mark.parametrize("engine", ["make", "sh"])
@settings(
    max_examples=1,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(graph=graphs())
def test_a_random_pipeline_comes_out_the_same(
    graph: Graph, engine: str, tmp_path_factory: pytest.TempPathFactory, third_party: Path
) -> None:
    wanted, found = (tmp_path_factory.mktemp(name) for name in ("wanted", "found"))
    (found / "pipeline.py").write_text(graph.spec(broken=True))
    first = ENGINES[engine](found)
    assert (first.code != 0) == ("failed" in first.nodes.values())
    for folder in (wanted, found):
        (folder / "pipeline.py").write_text(graph.spec(broken=False))
    expected, healed = by_run(wanted), ENGINES[engine](found)
    assert set(healed.nodes.values()) == {"done"}, healed.said
    assert healed.receipts == expected.receipts
    assert (healed.code, expected.code) == (0, 0)
