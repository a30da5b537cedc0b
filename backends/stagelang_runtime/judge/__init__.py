"""Judges a finished run: each metric's value with its interval, each gate's verdict, and the verdict over all."""

from stagelang_runtime.judge.compare import compare_runs
from stagelang_runtime.judge.judging import judge
from stagelang_runtime.judge.measured import MeasuredRun
from stagelang_runtime.judge.metric_difference import MetricDifference
from stagelang_runtime.judge.outcomes import GateOutcome, MetricOutcome, Outcomes

__all__ = [
    "GateOutcome",
    "MeasuredRun",
    "MetricDifference",
    "MetricOutcome",
    "Outcomes",
    "compare_runs",
    "judge",
]
