"""The pipeline: which metrics it is for, what must hold, and what else is asked of it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, final

from stagelang.experiment import Experiment
from stagelang.gate import Gate
from stagelang.governance import Budget, Waiver
from stagelang.handle import Handle
from stagelang.metric import Metric
from stagelang.origin import caller_origin
from stagelang.recording import recorded


@final
class Pipeline:
    """A whole pipeline.

    Args:
        name: its name.
        seed: where all randomness starts, 0 ≤ seed < 2**63.
        metrics: the numbers that it is for.
        gates: what must hold.
        outputs: artifacts to make besides those that the metrics need.
        experiments: what to swap, ablate, perturb.
        schedule: when to validate it again, as five cron fields in UTC.
        budget: what the whole may use.
        waivers: findings that are accepted for now.
        owner: the team that answers for it.
    """

    def __init__(
        self,
        name: str,
        *,
        seed: int,
        metrics: Sequence[Metric[Any]] = (),
        gates: Sequence[Gate] = (),
        outputs: Sequence[Handle] = (),
        experiments: Sequence[Experiment] = (),
        schedule: str = "",
        budget: Budget | None = None,
        waivers: Sequence[Waiver] = (),
        owner: str = "",
    ) -> None:
        self.name = name
        self.seed = seed
        self.metrics = tuple(metrics)
        self.gates = tuple(gates)
        self.outputs = tuple(outputs)
        self.experiments = tuple(experiments)
        self.schedule = schedule
        self.budget = budget
        self.waivers = tuple(waivers)
        self.owner = owner
        self.origin = caller_origin()
        recorded("pipelines", self)
