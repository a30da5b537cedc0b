"""Judges a finished run: each metric's value with its interval, each gate's verdict, and the verdict over all."""

from stagelang_runtime.judge.judging import judge
from stagelang_runtime.judge.outcomes import GateOutcome, MetricOutcome, Outcomes

__all__ = ["GateOutcome", "MetricOutcome", "Outcomes", "judge"]
