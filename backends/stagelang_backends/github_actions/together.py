"""Puts what a run came to and what a pull request changes into one order: that in which a reviewer asks."""

from __future__ import annotations

from collections.abc import Sequence

from attrs import evolve

from stagelang_backends.github_actions.run_words import WHY
from stagelang_backends.review.breaking import TITLE
from stagelang_backends.review.escaping import code
from stagelang_backends.review.markdown import Section

_LONGEST = 400


def together(run: Sequence[Section], change: Sequence[Section]) -> tuple[Section, ...]:
    """Order the sections of a run and of a change.

    The verdict, what changed, what that breaks, what failed, what the metrics came to, gates, what changed and why, and then the rest.
    One picture is enough, that of the change; what the change says shows why nodes ran, so that this is folded; and where metrics are
    compared, so is the table of the run's own, and nothing that can differ is left to be named.
    """
    if not change:
        return tuple(run)
    verdict, *rest = run
    first, *others = change
    broken = [each for each in others if each.title == TITLE]
    results = [each for each in others if each.title == "results"]
    of_run = {each.title: each for each in rest}
    metrics = of_run.pop("metrics", None)
    if metrics and results:
        text = _folded("Metrics of this run", metrics.text)
        metrics = evolve(metrics, title="this run's metrics", text=text, shed=14)
    if others and "why nodes ran" in of_run:
        why = of_run["why nodes ran"]
        of_run["why nodes ran"] = evolve(why, text=_folded("Why nodes ran", why.text.removeprefix(WHY)))
    judged = bool(results) and "gates" in of_run
    drawn = any(each.title == "picture" for each in others)
    ordered = [
        verdict,
        evolve(first, text=f"This change: {first.text}"),
        *broken,
        of_run.pop("failures", None),
        *results,
        of_run.pop("gates", None),
        metrics if not results else None,
        *(
            each
            for each in others
            if each not in (*broken, *results) and not (judged and each.title == "what can differ")
        ),
        metrics if results else None,
        *(each for title, each in of_run.items() if not (drawn and title == "picture")),
    ]
    return tuple(each for each in ordered if each is not None)


def _folded(title: str, text: str) -> str:
    if text.startswith("<details>"):
        return text
    return f"<details><summary>{title}</summary>\n\n{text}\n</details>\n"


def without_base(reason: str) -> Section:
    """Say that what a pull request changes isn't known, and why."""
    return Section(
        title="change", text=f"There is no base to compare with: {code(reason, _LONGEST)}\n", shed=0
    )
