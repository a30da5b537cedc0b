"""Small pictures of numbers as SVG: an interval on its range, with the gate's bound."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

_WIDTH, _HEIGHT, _PAD = 260, 34, 8


def interval_svg(metric: Any, bounds: Sequence[float], low: float | None, high: float | None) -> str:
    """Draw a metric's value and 95 % interval as a dot on a bar, and each gate's bound as a line.

    Args:
        metric: its outcome (value, low, high, name).
        bounds: the gates' bounds, in the metric's unit.
        low, high: the metric's range; an open end is drawn up to what must be seen.
    """
    if metric.value is None:
        return ""
    ends = [end for end in (metric.low, metric.high) if end is not None]
    seen = [metric.value, *ends, *bounds]
    spread = (max(seen) - min(seen)) or abs(metric.value) or 1.0
    left = max(min(seen) - 0.3 * spread, low if low is not None else min(seen) - 0.3 * spread)
    right = min(max(seen) + 0.3 * spread, high if high is not None else max(seen) + 0.3 * spread)

    def at(value: float) -> str:
        share = (value - left) / ((right - left) or 1.0)
        return f"{_PAD + share * (_WIDTH - 2 * _PAD):.1f}"

    said = f"{metric.name}: {metric.value:.4g}" + (
        f", 95 % interval {ends[0]:.4g} to {ends[1]:.4g}" if len(ends) == 2 else ""
    )
    parts = [f'<line class="axis" x1="{_PAD}" x2="{_WIDTH - _PAD}" y1="17" y2="17"/>']
    if len(ends) == 2:
        parts.append(f'<line class="interval" x1="{at(ends[0])}" x2="{at(ends[1])}" y1="17" y2="17"/>')
    parts += [f'<line class="bound" x1="{at(bound)}" x2="{at(bound)}" y1="5" y2="29"/>' for bound in bounds]
    parts.append(f'<circle class="value" cx="{at(metric.value)}" cy="17" r="4"/>')
    words = said + "".join(f"; bound {bound:g}" for bound in bounds)
    size = f'viewBox="0 0 {_WIDTH} {_HEIGHT}" width="{_WIDTH}" height="{_HEIGHT}"'
    return f'<svg {size} role="img"><title>{_escaped(words)}</title>{"".join(parts)}</svg>'


def _escaped(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
