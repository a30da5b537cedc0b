"""Keeps a picture readable: scopes become one box each where there are too many nodes to see, and a focus leaves out what is far away."""

from __future__ import annotations

import itertools
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from typing import NamedTuple

from attrs import evolve

from stagelang_backends.lineage import palette
from stagelang_backends.lineage.drawing import (
    Arrow,
    Badge,
    Box,
    ChangeState,
    Drawing,
    counted,
    merged,
    neighbours,
)

READABLE = 60
"""So many boxes fit on a screen and can still be read."""
BANDS = 12
"""Where scopes don't help, the way from the sources to the metrics is divided into at most so many parts."""


class Group(NamedTuple):
    """What its members have in common, and which of it; `place` keeps groups apart that are called alike."""

    heading: str
    title: str
    place: str = ""


def folded(
    drawing: Drawing,
    *,
    boxes: int = READABLE,
    arrows: int | None = None,
    expand: Collection[str] = (),
    first: Sequence[Mapping[str, Group]] = (),
) -> Drawing:
    """Group a drawing's nodes until it has at most so many boxes and arrows, and no more than it takes.

    Scopes are collapsed from the innermost out; where that isn't enough, nodes are grouped by stage, then by how far
    they are from the sources and by owner, and in the end by the distance alone, which fits always. `expand` names
    scopes that stay open; what is in them doesn't count. `first` gives groupings to be tried before these, by
    the boxes' keys, instead of none at all.
    """
    opened = frozenset(expand)
    kept = drawing
    for groups in itertools.chain(first or [{}], _groupings(drawing, boxes, opened)):
        homes, grouped = _grouped(drawing, groups)
        count = sum(not _within(box.scope, opened) for box in grouped) if groups else len(grouped)
        if count > boxes:
            continue
        kept = evolve(drawing, boxes=grouped, arrows=_led(drawing.arrows, homes))
        if arrows is None or len(kept.arrows) <= arrows:
            break
    return kept


def _groupings(drawing: Drawing, limit: int, expand: frozenset[str]) -> Iterator[Mapping[str, Group]]:
    """Give ever coarser groupings: the group of each box that is in one, by the box's key."""
    deepest = max((_depth(box.scope) for box in drawing.boxes), default=0)
    for depth in range(deepest, 0, -1):
        yield _by_scope(drawing, depth, expand)
    scopes = _by_scope(drawing, 1, expand)
    inside = {key: group for key, group in scopes.items() if _within(group.title, expand)}
    closed = [box for box in drawing.boxes if not _within(box.scope, expand)]
    yield inside | {box.key: scopes.get(box.key) or _stage(box) for box in closed}
    ranks = _ranks(drawing)
    height = max(ranks.values(), default=0) + 1
    for bands in range(min(limit, height, BANDS), 0, -1):
        steps = {box.key: _steps(ranks[box.key] * bands // height, bands, height) for box in closed}
        yield inside | {box.key: Group(f"nodes at {steps[box.key]}", box.owner or "all") for box in closed}
        yield inside | {box.key: Group("nodes at", steps[box.key]) for box in closed}


def _stage(box: Box) -> Group:
    return Group("nodes of stage", box.stage) if box.stage else Group("nodes of kind", box.kind)


def _within(scope: str, outer: frozenset[str]) -> bool:
    return any(each in outer for each in _outermost_first(scope)) if outer else False


def _depth(scope: str) -> int:
    return scope.count("/") + 1 if scope else 0


def _by_scope(drawing: Drawing, depth: int, expand: frozenset[str]) -> Mapping[str, Group]:
    """Collapse the scopes at a depth; a scope of a single node and one to be expanded stay open."""
    found: dict[str, Group] = {}
    for box in drawing.boxes:
        for scope in _outermost_first(box.scope):
            if _depth(scope) >= depth and scope not in expand:
                found[box.key] = Group("scope", scope)
                break
    sizes = Counter(found.values())
    return {key: group for key, group in found.items() if sizes[group] > 1}


def _outermost_first(scope: str) -> Iterator[str]:
    parts = scope.split("/") if scope else []
    yield from itertools.accumulate(parts, lambda outer, inner: f"{outer}/{inner}")


def _ranks(drawing: Drawing) -> Mapping[str, int]:
    """Give each box's longest way from a source; boxes stand after those that they read."""
    reads, _ = neighbours(drawing.arrows)
    ranks: dict[str, int] = {}
    for box in drawing.boxes:
        ranks[box.key] = max((ranks.get(each, 0) + 1 for each in reads.get(box.key, ())), default=0)
    return ranks


def _steps(band: int, bands: int, height: int) -> str:
    first, last = -(-band * height // bands), -(-(band + 1) * height // bands) - 1
    return f"steps {first + 1} to {last + 1}" if last > first else f"step {first + 1}"


def _grouped(drawing: Drawing, groups: Mapping[str, Group]) -> tuple[Mapping[str, str], tuple[Box, ...]]:
    """Draw each group as one box where its first member stood, and say which box each is in; a group of one stays that one."""
    if not groups:
        return {}, drawing.boxes
    members: dict[Group, list[Box]] = {}
    for box in drawing.boxes:
        if box.key in groups:
            members.setdefault(groups[box.key], []).append(box)
    homes = {
        box.key: each[0].key if len(each) == 1 else _key(group)
        for group, each in members.items()
        for box in each
    }
    boxes: dict[str, Box] = {}
    for box in drawing.boxes:
        key = homes.get(box.key, box.key)
        if key not in boxes:
            boxes[key] = box if key == box.key else _group_box(groups[box.key], members[groups[box.key]])
    return homes, tuple(boxes.values())


def _led(arrows: Iterable[Arrow], homes: Mapping[str, str]) -> tuple[Arrow, ...]:
    """Lead arrows from box to box, and leave out those within one."""
    ends = ((each, homes.get(each.tail, each.tail), homes.get(each.head, each.head)) for each in arrows)
    return merged(
        Arrow(tail=tail, head=head, label=each.label, population=each.population, change=each.change)
        for each, tail, head in ends
        if tail != head
    )


def _key(group: Group) -> str:
    return f"[{' '.join(filter(None, group))}]"


def _group_box(group: Group, members: list[Box]) -> Box:
    scope, _, title = group.title.rpartition("/") if group.heading == "scope" else ("", "", group.title)
    owners = dict.fromkeys(each.owner for each in members if each.owner)
    populations = {each.population for each in members}
    return Box(
        key=_key(group),
        kind="group",
        heading=group.heading,
        title=title,
        scope=scope,
        owner="" if title in owners else _few(owners),
        details=(*_counts(members), *_changes(members)),
        population=populations.pop() if len(populations) == 1 else "",
        badges=tuple(_badges(members)),
        members=tuple(each.key for each in members),
        change=_change(members),
    )


def _change(members: list[Box]) -> ChangeState:
    """Say of a group what is said of the member that a reader has to know of first."""
    there = {each.change for each in members}
    for state in _FIRST:
        if state in there:
            return state
    return ""


_FIRST: tuple[ChangeState, ...] = ("changed", "added", "removed", "renamed", "upstream", "unchanged")


def _changes(members: list[Box]) -> Iterator[str]:
    counts = Counter(each.change for each in members)
    said = [
        f"{look.mark} {counts[state]:,} {look.word}"
        for state, look in palette.CHANGES.items()
        if look.mark and counts[state]
    ]
    if len(said) > 1 or (said and counts["unchanged"]):
        yield ", ".join(said)


def _few(names: Collection[str]) -> str:
    return ", ".join(itertools.islice(names, 3)) + (", …" if len(names) > 3 else "")


def _counts(members: list[Box]) -> Iterator[str]:
    """Count what a group stands for, which the first line says by itself where all is of one kind, and gates that no run has judged."""
    counts = Counter(each.kind for each in members)
    kinds = ", ".join(counted(count, kind) for kind, count in counts.items())
    yield from (kinds,) if len(counts) == 1 else (counted(len(members), "node"), kinds)
    gates = sum(not badge.verdict for box in members for badge in box.badges)
    if gates:
        yield counted(gates, "gate")


def _badges(members: list[Box]) -> Iterator[Badge]:
    """Sum up gates by what the last run said of them, and what became of metrics by the verdict."""
    for verdict, count in Counter(badge.verdict for box in members for badge in box.badges).items():
        if verdict:
            yield Badge(text=f"× {count:,}", verdict=verdict)


def focused(drawing: Drawing, key: str, *, hops: int) -> Drawing:
    """Leave a box, what it is made from and what is made from it, at most so many arrows away.

    Raises:
        KeyError: there is no such box.
    """
    if not any(box.key == key for box in drawing.boxes):
        raise KeyError(key)
    kept = {key}
    for direction in neighbours(drawing.arrows):
        reached = {key}
        for _ in range(hops):
            reached |= {each for box in reached for each in direction.get(box, ())}
        kept |= reached
    return evolve(
        drawing,
        focus=key,
        note=f"{counted(len(kept), 'node')} within {counted(hops, 'step')} of {key}",
        boxes=tuple(box for box in drawing.boxes if box.key in kept),
        arrows=tuple(each for each in drawing.arrows if each.tail in kept and each.head in kept),
    )
