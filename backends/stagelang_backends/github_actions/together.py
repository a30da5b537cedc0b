"""Puts what a run came to and what a pull request changes into one order: that in which a reviewer asks."""

from __future__ import annotations

from collections.abc import Sequence

from attrs import evolve

from stagelang_backends.review.escaping import code
from stagelang_backends.review.markdown import Section

_LONGEST = 400


def together(run: Sequence[Section], change: Sequence[Section]) -> tuple[Section, ...]:
    """Order the sections of a run and of a change.

    The verdict, what changed, what failed, what the metrics came to, gates, what changed and why, and then the rest. One picture is
    enough, that of the change; and where metrics are compared, the table of the run's own is folded.
    """
    if not change:
        return tuple(run)
    verdict, *rest = run
    first, *others = change
    results = [each for each in others if each.title == "results"]
    of_run = {each.title: each for each in rest}
    metrics = of_run.pop("metrics", None)
    if metrics and results:
        metrics = evolve(metrics, title="this run's metrics", text=_folded(metrics.text), shed=14)
    drawn = any(each.title == "picture" for each in others)
    ordered = [
        verdict,
        first,
        of_run.pop("failures", None),
        *results,
        of_run.pop("gates", None),
        metrics if not results else None,
        *(each for each in others if each not in results),
        metrics if results else None,
        *(each for title, each in of_run.items() if not (drawn and title == "picture")),
    ]
    return tuple(each for each in ordered if each is not None)


def _folded(text: str) -> str:
    return f"<details><summary>Metrics of this run</summary>\n\n{text}\n</details>\n"


def without_base(reason: str) -> Section:
    """Say that what a pull request changes isn't known, and why."""
    return Section(
        title="change", text=f"There is no base to compare with: {code(reason, _LONGEST)}\n", shed=0
    )
