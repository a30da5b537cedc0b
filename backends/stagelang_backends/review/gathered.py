"""All that is known of a change, before it is written in any form."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, final

from attrs import frozen

from stagelang_backends.review.forecast import Forecast
from stagelang_compiler.diff import PlanDiff
from stagelang_runtime.judge import MetricDifference

if TYPE_CHECKING:
    from stagelang_compiler.diagnostics import Diagnostic


@final
@frozen(kw_only=True)
class Review:
    """What differs between two plans, what that did to the metrics (None: nobody looked), and what a run of the head would do.

    `findings` are breaking changes that no version tells of.
    """

    diff: PlanDiff
    differences: Sequence[MetricDifference] | None = None
    forecast: Forecast | None = None
    findings: Sequence[Diagnostic] = ()

    @property
    def has_errors(self) -> bool:
        """Whether an error stands that no waiver covers."""
        return any(each.rule.severity.value == "error" and not each.waived_by for each in self.findings)
