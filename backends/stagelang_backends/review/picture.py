"""Draws what a change touches: what differs, all that this can reach, and what that reads; the rest of the pipeline is left out."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import final

from attrs import evolve, frozen

from stagelang_backends.lineage import palette
from stagelang_backends.lineage.boxes import drawing_of
from stagelang_backends.lineage.collapse import Group, folded
from stagelang_backends.lineage.drawing import Arrow, Badge, Box, ChangeState, Drawing, counted, neighbours
from stagelang_backends.lineage.mermaid import mermaid_text
from stagelang_backends.lineage.picture import svg_text
from stagelang_backends.lineage.words import gate_words
from stagelang_backends.review.differences import row, verdict_of
from stagelang_compiler.diff import MARKS, Change, PlanDiff, Reason, plain, words_of
from stagelang_compiler.plan import Gate
from stagelang_runtime.judge import MetricDifference

HOPS = 1
"""So many steps up from what differs, what it reads is shown."""
_MOST_REASONS = 2
_MANY = 12
"""With more boxes than this, what doesn't differ is named and not described."""


@final
@frozen(kw_only=True)
class DiffDrawing:
    """A drawing of a difference, and how to group it where it is too large: what differs by itself last of all."""

    drawing: Drawing
    groupings: tuple[Mapping[str, Group], ...]


def diff_mermaid(found: PlanDiff, differences: Sequence[MetricDifference] = ()) -> str:
    """Draw a difference as a Mermaid flowchart, grouped until any host draws it; nothing where nothing is to be seen."""
    made = diff_drawing(found, differences)
    return mermaid_text(made.drawing, made.groupings) if made.drawing.boxes else ""


def diff_svg(found: PlanDiff, differences: Sequence[MetricDifference] = (), *, headed: bool = True) -> str:
    """Draw a difference as SVG; `headed` writes what it is of above it. Raises NoRenderer: there is no graphviz."""
    made = diff_drawing(found, differences)
    return svg_text(folded(made.drawing, first=made.groupings), headed=headed)


def diff_drawing(
    found: PlanDiff, differences: Sequence[MetricDifference] = (), *, hops: int = HOPS
) -> DiffDrawing:
    """Draw the part of a pipeline that a change touches, with ghosts of what was removed.

    Args:
        found: what differs.
        differences: what that did to the metrics, as far as it was measured.
        hops: how many steps up from what differs to follow what it reads.
    """
    whole = drawing_of(found.head)
    before, still = drawing_of(found.base), _kept(found)
    ghosts = [box for box in before.boxes if box.key not in still]
    states = _states(found, ghosts)
    gates = _gates(found)
    facts = _Facts.of(found, differences)
    boxes = [_marked(box, states[box.key], facts, gates.get(box.key, ())) for box in (*whole.boxes, *ghosts)]
    arrows = [*_arrows(found, whole, before, states)]
    own = [box.key for box in boxes if box.change not in ("upstream", "unchanged")]
    about = {*own, *(key for key, badges in gates.items() if any(each.change for each in badges))}
    kept = _near(boxes, arrows, about, hops)
    far = sum(box.change == "unchanged" for box in boxes if box.key not in kept)
    shown = tuple(box for box in boxes if box.key in kept)
    drawing = Drawing(
        name=found.head.name,
        note=_note(shown, far),
        boxes=tuple(_brief(box) for box in shown) if len(shown) > _MANY else shown,
        arrows=tuple(each for each in arrows if each.tail in kept and each.head in kept),
    )
    return DiffDrawing(drawing=drawing, groupings=tuple(_groupings(drawing)))


def _groupings(drawing: Drawing) -> Iterator[Mapping[str, Group]]:
    """Group what doesn't differ by itself: many metrics by their verdict, then what is only read, then what the changes reach.

    What lies after equally many changes goes together, so that no arrow leads from a group to a change and back again.
    """
    affected = [box for box in drawing.boxes if box.change == "upstream"]
    measured = [box for box in affected if box.kind in ("metric", "expression")]
    by_verdict = {box.key: Group("metrics", _verdict(box)) for box in measured}
    metrics = by_verdict if len(measured) > _MANY_METRICS else {}
    yield metrics
    read = {box.key: Group("nodes", "unchanged") for box in drawing.boxes if box.change == "unchanged"}
    yield metrics | read
    levels = _levels(drawing)
    places = {box.key: str(levels[box.key]) for box in affected if box.key not in by_verdict}
    scopes = {box.key: box.scope.partition("/")[0] for box in affected if box.key in places}
    loose = {key: Group("nodes", "downstream", place) for key, place in places.items()}
    in_scopes = {key: Group("nodes in", scope, places[key]) for key, scope in scopes.items() if scope}
    yield metrics | read | loose | in_scopes
    yield metrics | read | loose
    yield by_verdict | read | loose


_MANY_METRICS = 6


def _verdict(box: Box) -> str:
    words = [palette.SIGNS[badge.verdict].word for badge in box.badges if badge.verdict]
    return words[0] if words else "affected"


def _levels(drawing: Drawing) -> Mapping[str, int]:
    """Count for each box the most changes that a way to it passes; boxes stand after what they read."""
    reads, _ = neighbours(each for each in drawing.arrows if each.change != "removed")
    levels: dict[str, int] = {}
    for box in drawing.boxes:
        above = max((levels.get(each, 0) for each in reads.get(box.key, ())), default=0)
        levels[box.key] = above + (box.change not in ("upstream", "unchanged"))
    return levels


def _kept(found: PlanDiff) -> set[str]:
    """Give the keys of the base's boxes that have a box in the head, under whatever name."""
    gone = {change.old for change in found.nodes if change.kind == "removed"}
    lost = {change.old for change in found.metrics if change.kind == "removed"}
    nodes = {node.name for node in found.base.nodes} - gone
    return nodes | {metric.name for metric in found.base.metrics if metric.expression} - lost


def _states(found: PlanDiff, ghosts: Iterable[Box]) -> Mapping[str, ChangeState]:
    states: dict[str, ChangeState] = dict(found.states)
    nodes = {metric.name: metric.node or metric.name for metric in found.head.metrics}
    for name in found.metrics_reached:
        if states.get(nodes[name], "unchanged") == "unchanged":
            states[nodes[name]] = "upstream"
    for change in found.metrics:
        if change.new and states.get(nodes[change.new], "unchanged") in ("upstream", "unchanged"):
            states[nodes[change.new]] = change.kind
    for metric in found.head.metrics:
        states.setdefault(nodes[metric.name], "unchanged")
    for box in ghosts:
        states[box.key] = "removed"
    return states


def _marked(box: Box, state: ChangeState, facts: _Facts, badges: Sequence[Badge]) -> Box:
    """Say in a box what differs in it, and of a metric, what became of it."""
    details = tuple(_reasons(box, facts))
    if not details and state in ("added", "removed"):
        details = tuple(each.replace("→ ", "makes ", 1) for each in box.details)
    return evolve(box, change=state, details=details, badges=(*_results(box, facts), *badges), contracts=())


def _brief(box: Box) -> Box:
    return evolve(box, owner="", population="") if box.change in ("upstream", "unchanged") else box


@final
@frozen
class _Facts:
    """What is known of boxes, by key: the changes that they show, and the metrics that they measure."""

    changes: Mapping[str, Sequence[Change]]
    metrics: Mapping[str, Sequence[str]]
    results: Mapping[str, MetricDifference]

    @classmethod
    def of(cls, found: PlanDiff, differences: Sequence[MetricDifference]) -> _Facts:
        changes: dict[str, list[Change]] = {}
        metrics: dict[str, list[str]] = {}
        homes = {metric.name: metric.node or metric.name for metric in found.head.metrics}
        for name, home in homes.items():
            metrics.setdefault(home, []).append(name)
        for change in found.metrics:
            if change.new:
                changes.setdefault(homes[change.new], []).append(change)
        for change in found.nodes:
            if change.new:
                changes.setdefault(change.new, []).append(change)
        reached = set(found.metrics_reached)
        return cls(changes, metrics, {each.name: each for each in differences if each.name in reached})


def _reasons(box: Box, facts: _Facts) -> Iterator[str]:
    reasons: dict[Reason, None] = {}
    names: dict[str, None] = {}
    for change in facts.changes.get(box.key, ()):
        names |= {change.old: None} if change.kind == "renamed" else {}
        reasons |= dict.fromkeys(change.reasons)
    yield from (f"was {name}" for name in names)
    listed = sorted(_worth_a_line(reasons), key=lambda each: not each.counts)
    yield from (plain(words_of(each)) for each in listed[:_MOST_REASONS])
    if len(listed) > _MOST_REASONS:
        yield f"and {len(listed) - _MOST_REASONS} more"


def _worth_a_line(reasons: Iterable[Reason]) -> Iterator[Reason]:
    """Leave out what arrows show, seeds, which follow something else that is told, and what one contract says twice."""
    by_contract = False
    for each in reasons:
        if each.cause in ("wiring", "seed") or (each.cause == "contract" and by_contract):
            continue
        by_contract = by_contract or each.cause == "contract"
        yield each


def _results(box: Box, facts: _Facts) -> Iterator[Badge]:
    for name in facts.metrics.get(box.key, ()):
        if name in facts.results:
            told = row(facts.results[name])
            unit = f" {told.unit}" if told.unit else ""
            both = told.base if told.base == told.head else f"{told.base} → {told.head}"
            values = f"{both}{unit}" if told.base and told.head else ""
            yield Badge(text=values, verdict=verdict_of(facts.results[name]))


def _gates(found: PlanDiff) -> Mapping[str, Sequence[Badge]]:
    """Give the gates of each metric's box, those that differ with their mark, and those that were removed."""
    nodes = {metric.name: metric.node or metric.name for metric in found.head.metrics}
    renamed = {change.old: change.new for change in found.metrics if change.kind == "renamed"}
    told = {change.new or change.old: change for change in found.gates}
    badges: dict[str, list[Badge]] = {}
    before = {gate.name: gate for gate in found.base.gates}
    for gate in found.head.gates:
        change = told.get(gate.name)
        old = before.get(change.old) if change else None
        badges.setdefault(nodes[gate.metric], []).append(_gate(gate, change, old))
    for gate in found.base.gates:
        change = told.get(gate.name)
        metric = nodes.get(renamed.get(gate.metric, gate.metric))
        if metric and change is not None and change.kind == "removed":
            badges.setdefault(metric, []).append(_gate(gate, change, None))
    return badges


def _gate(gate: Gate, change: Change | None, old: Gate | None) -> Badge:
    if change is None or (change.kind == "renamed" and not change.reasons):
        return Badge(text=gate_words(gate))
    was = f", was {gate_words(old)}" if old is not None and gate_words(old) != gate_words(gate) else ""
    return Badge(text=f"{MARKS[change.kind]} {gate_words(gate)}{was}", change=change.kind)


def _arrows(
    found: PlanDiff, whole: Drawing, before: Drawing, states: Mapping[str, ChangeState]
) -> Iterator[Arrow]:
    """Give the head's arrows, those that are new marked, and then the base's that are gone."""
    new = {(each.new.producer, each.new.reader) for each in found.edges if each.new is not None}
    gone = {(each.old.producer, each.old.reader) for each in found.edges if each.old is not None}
    between = {(arrow.tail, arrow.head) for arrow in whole.arrows}
    for arrow in whole.arrows:
        pair = (arrow.tail, arrow.head)
        with_box = "added" in (states[arrow.tail], states[arrow.head])
        change: ChangeState = "added" if with_box or pair in new else ""
        yield Arrow(
            tail=arrow.tail, head=arrow.head, label="+" if pair in new and not with_box else "", change=change
        )
    metrics = {change.old: change.new for change in found.metrics if change.kind == "renamed"}
    now = {**metrics, **found.renamed}
    for arrow in before.arrows:
        tail, head = (now.get(end, end) for end in (arrow.tail, arrow.head))
        ghost = "removed" in (states[tail], states[head])
        if (ghost or (arrow.tail, arrow.head) in gone) and (tail, head) not in between:
            yield Arrow(tail=tail, head=head, label="" if ghost else "−", change="removed")


def _near(boxes: Sequence[Box], arrows: Sequence[Arrow], own: set[str], hops: int) -> set[str]:
    """Choose what differs, all that it reaches, and what these few read."""
    kept = own | {box.key for box in boxes if box.change == "upstream"}
    edge = set(own)
    for _ in range(hops):
        edge = {arrow.tail for arrow in arrows if arrow.head in edge} - kept
        kept |= edge
    ends = {arrow.head for arrow in arrows if arrow.tail in own and arrow.change}
    return kept | ends


def _note(shown: Sequence[Box], far: int) -> str:
    rest = f"; {counted(far, 'unchanged node')} left out" if far else ""
    return f"what changed, and what that reaches{rest}" if shown else "nothing changed"
