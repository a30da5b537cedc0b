"""Writes a plan as one HTML page to explore: the picture, and beside it what is known of the node that was chosen."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from stagelang_backends.lineage import palette
from stagelang_backends.lineage.boxes import drawing_of
from stagelang_backends.lineage.collapse import folded
from stagelang_backends.lineage.drawing import Box, Drawing
from stagelang_backends.lineage.picture import svg_text
from stagelang_backends.lineage.telling import told, told_contracts
from stagelang_backends.lineage.words import gate_words
from stagelang_backends.render import render_html
from stagelang_compiler.plan import Contract, Plan

MOST = 600
"""With more nodes than this a page shows the overview only: laying out and moving all of them takes too long."""


def html_of(
    plan: Plan,
    *,
    contracts: bool = False,
    outcome: Mapping[str, Any] | None = None,
    whole: Drawing | None = None,
    overview: Drawing | None = None,
) -> str:
    """Draw a plan as one self-contained page.

    Args:
        plan: what to draw.
        contracts: list each table's columns in the box that makes it.
        outcome: the record of the plan's last run.
        whole: what to show of the plan; all of it unless said.
        overview: what to show first; the whole, with scopes collapsed where there are too many nodes, unless said.

    Raises:
        NoRenderer: there is no graphviz.
    """
    whole = whole or drawing_of(plan, outcome)
    overview = overview or folded(whole)
    listed: Mapping[str, Contract] = plan.contracts if contracts else {}
    views = [_view("overview", "Overview", overview, listed)]
    if overview != whole and len(whole.boxes) <= MOST:
        views.append(_view("all", "All nodes", whole, listed))
    data = {
        "views": [{part: view[part] for part in ("name", "boxes", "arrows")} for view in views],
        "nodes": told(plan, outcome),
        "contracts": told_contracts(plan),
    }
    return render_html(
        "lineage/page.html.j2",
        plan=plan,
        note=whole.note,
        views=views,
        data=data,
        run=outcome and _run(outcome),
        gates=[(gate.metric, gate_words(gate)) for gate in plan.gates],
        dark=palette.DARK,
        strokes=_strokes(whole),
    )


def _strokes(drawing: Drawing) -> list[tuple[str, palette.Stroke]]:
    """Give the legend: the populations that are there, and how their arrows look."""
    there = dict.fromkeys([*palette.POPULATIONS, *(arrow.population for arrow in drawing.arrows)])
    used = {arrow.population for arrow in drawing.arrows}
    return [(name, stroke) for name in there if name in used and (stroke := palette.stroke_of(name))]


def _view(name: str, title: str, drawing: Drawing, listed: Mapping[str, Contract]) -> dict[str, Any]:
    numbers = {box.key: number for number, box in enumerate(drawing.boxes)}
    return {
        "name": name,
        "title": title,
        "svg": svg_text(drawing, listed, headed=False, prefix=f"{name}-"),
        "boxes": [_entry(box) for box in drawing.boxes],
        "arrows": [[numbers[arrow.tail], numbers[arrow.head]] for arrow in drawing.arrows],
    }


def _entry(box: Box) -> dict[str, Any]:
    group = {"members": list(box.members), "title": box.title, "details": list(box.details)}
    return {"key": box.key, "label": f"{box.heading} {box.title}"} | (group if box.members else {})


def _run(outcome: Mapping[str, Any]) -> dict[str, Any]:
    verdict = str(outcome["outcomes"]["verdict"])
    return {"verdict": verdict, "sign": palette.SIGNS[verdict], "seconds": outcome["seconds"]}
