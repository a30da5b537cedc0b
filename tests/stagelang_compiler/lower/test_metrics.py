"""What a metric of metrics takes over from its parts."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from stagelang_compiler.plan import Plan

_SPEC = """
    @metric(unit=u.RATIO, better="lower", range=(0, 1), aggregate=mean(), undefined="error", version="1", cluster={cluster})
    def missed(scans: Table[Scans, Test]) -> PerRow[u.RATIO]:
        return PerRow(scans.pandas["ink"])

    measured = accuracy(halves.test)
    both = (measured - missed(halves.test)).named("both")
    pipeline = Pipeline("p", seed=1, metrics=[both, (both * 2).named("twice")])
"""


@pytest.mark.parametrize(("cluster", "found"), [("None", "writer"), ("Scans.ink", "")])
def test_an_expression_is_counted_by_what_all_its_parts_are_counted_by(
    plan_of: Callable[[str], Plan], cluster: str, found: str
) -> None:
    metrics = {each.name: each for each in plan_of(_SPEC.format(cluster=cluster)).metrics}
    assert metrics["accuracy"].cluster == "writer"
    assert (metrics["both"].cluster, metrics["twice"].cluster) == (found, found)
