"""One side of a comparison: a plan, what is known of its nodes, and what its metrics come to, read when it is asked for."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import final

from attrs import field, frozen

from stagelang_compiler.plan import Metric, Plan
from stagelang_runtime.execute.key import Artifact
from stagelang_runtime.execute.results import Receipt, artifacts_of
from stagelang_runtime.judge.expressions import estimate_expression
from stagelang_runtime.judge.scores import Scores, estimate_scores, read_scores
from stagelang_runtime.stats.interval import Estimate
from stagelang_runtime.store import Store


@final
@frozen(kw_only=True, eq=False)
class MeasuredRun:
    """A plan and what a run of it left.

    Args:
        plan: the plan.
        receipt: gives the receipt of a node by name, None where there is none.
        store: where the artifacts are.
        root: the pipeline's folder, for metrics with a finaliser of their own; None where it isn't at hand.
        missing: why nodes have no receipt, as far as that is known.
    """

    plan: Plan
    receipt: Callable[[str], Receipt | None]
    store: Store
    root: Path | None = None
    missing: Mapping[str, str] = field(factory=dict[str, str])
    _scores: dict[str, Scores | str] = field(factory=dict[str, Scores | str], init=False)
    _estimates: dict[str, Estimate | str] = field(factory=dict[str, Estimate | str], init=False)

    def metric(self, name: str) -> Metric | None:
        """Give a metric by name."""
        return next((metric for metric in self.plan.metrics if metric.name == name), None)

    def leaves(self, metric: Metric) -> Iterator[Metric]:
        """Give the measured metrics that one is made of; a measured one is made of itself."""
        if metric.expression is None:
            yield metric
            return
        for operand in metric.expression.operands:
            part = self.metric(operand) if isinstance(operand, str) else None
            if part is not None:
                yield from self.leaves(part)

    def artifact(self, metric: Metric) -> Artifact | None:
        """Give what a measured metric's node left."""
        receipt = self.receipt(metric.node)
        return artifacts_of(metric.node, receipt)[0] if receipt and receipt["outputs"] else None

    def scores(self, metric: Metric) -> Scores | str:
        """Read a measured metric's scores, or say why that can't be done."""
        if metric.name not in self._scores:
            self._scores[metric.name] = self._read(metric)
        return self._scores[metric.name]

    def estimate(self, metric: Metric) -> Estimate | str:
        """Estimate a metric, or say why that can't be done."""
        if metric.name not in self._estimates:
            self._estimates[metric.name] = self._estimate(metric)
        return self._estimates[metric.name]

    def estimated(self, metric: Metric) -> Estimate:
        """Give the estimate of a metric that is known to have one."""
        found = self.estimate(metric)
        assert isinstance(found, Estimate), found
        return found

    def scored(self, metric: Metric) -> Scores:
        """Give the scores of a measured metric that is known to have an estimate."""
        found = self.scores(metric)
        assert isinstance(found, Scores), found
        return found

    def _read(self, metric: Metric) -> Scores | str:
        artifact = self.artifact(metric)
        if artifact is None or metric.aggregate is None:
            return self.missing.get(metric.node, f"there is no result of {metric.node!r}")
        return read_scores(metric, artifact, store=self.store, root=self.root, spec=self.plan.spec)

    def _estimate(self, metric: Metric) -> Estimate | str:
        if metric.expression is not None:
            by_name = {each.name: each for each in self.plan.metrics}
            parts = [each for each in metric.expression.operands if isinstance(each, str)]
            return estimate_expression(
                metric, by_name, {name: self.estimate(by_name[name]) for name in parts}
            )
        scores = self.scores(metric)
        return scores if isinstance(scores, str) else estimate_scores(scores)
