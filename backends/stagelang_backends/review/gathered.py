"""All that is known of a change, before it is written in any form."""

from __future__ import annotations

from collections.abc import Sequence
from typing import final

from attrs import frozen

from stagelang_backends.review.forecast import Forecast
from stagelang_compiler.diff import PlanDiff
from stagelang_runtime.judge import MetricDifference


@final
@frozen(kw_only=True)
class Review:
    """What differs between two plans, what that did to the metrics (None: nobody looked), and what a run of the head would do."""

    diff: PlanDiff
    differences: Sequence[MetricDifference] | None = None
    forecast: Forecast | None = None
