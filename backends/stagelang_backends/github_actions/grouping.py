"""Puts nodes into jobs: so few that starting machines costs little, so many that what needs nothing doesn't wait.

Before: nodes, each of a kind (the machine and the secrets that it needs; kinds never share a job) and with a time that it takes.
After: groups of nodes, such that no group needs another that needs it.

Chains become one group. The rest is merged step by step as long as the time from start to end stays within 5 % of the best seen,
taking each time what saves most of the minutes that are billed. A plan of thousands is first cut into a few bands from its sources
to its metrics, and each band into what is connected in it.
"""

from __future__ import annotations

import math
from collections.abc import Hashable, Iterable, Iterator, Mapping, Sequence
from graphlib import CycleError, TopologicalSorter
from typing import final

from attrs import define, frozen

START, HANDOVER = 37.0, 3.0
"""Seconds until a job's first node can start, and for each job whose results it reads: measured on GitHub's runners."""
SLACK = 1.05
MOST = 20
"""So many jobs run at once on the smallest plan of GitHub's; more than that are never weighed against each other."""
BANDS = (1, 2, 3, 5)

Groups = list[list[int]]


@final
@frozen(kw_only=True)
class Work:
    """What is to be put into jobs; nodes are numbers, and each stands after those that it reads.

    Args:
        reads: what each node reads.
        kinds: what nodes of one job must have in common.
        seconds: how long each takes.
        cpus: how many of them a machine carries out at once.
    """

    reads: Sequence[Sequence[int]]
    kinds: Sequence[Hashable]
    seconds: Sequence[float]
    cpus: int = 2


def as_few(work: Work) -> Groups:
    """Make as few groups as the kinds allow."""
    return _by(_phases(work))


def as_quick(work: Work) -> Groups:
    """Make the groups that are billed least among those that take about the least time."""
    few = as_few(work)
    if len(few) > MOST:
        return few
    found = [_merged(_quotient(work, groups)) for groups in (*_atoms(work, few), few)]
    best = min(wall for wall, _, _ in found)
    return min((billed, wall, groups) for wall, billed, groups in found if wall <= SLACK * best)[2]


def weigh(work: Work, groups: Groups) -> tuple[float, float]:
    """Give the seconds from start to end that groups take, and the minutes billed."""
    return _weigh(_quotient(work, groups))


def in_order(reads: Sequence[Sequence[int]], groups: Groups) -> Groups | None:
    """Put each group after those that it needs; None where groups need each other."""
    home = {node: number for number, group in enumerate(groups) for node in group}
    needs = [
        {home[each] for node in group for each in reads[node]} - {number}
        for number, group in enumerate(groups)
    ]
    order = _order(dict(enumerate(needs)))
    return None if order is None else [groups[number] for number in order]


def _order(needs: Mapping[int, set[int]]) -> list[int] | None:
    """Put numbers after those that they need, lowest first; None where they need each other."""
    sorter = TopologicalSorter(needs)
    try:
        sorter.prepare()
    except CycleError:
        return None
    order: list[int] = []
    while sorter.is_active():
        ready = sorted(sorter.get_ready())
        order += ready
        sorter.done(*ready)
    return order


def _by(marks: Iterable[Hashable]) -> Groups:
    found: dict[Hashable, list[int]] = {}
    for node, mark in enumerate(marks):
        found.setdefault(mark, []).append(node)
    return list(found.values())


def _phases(work: Work) -> list[tuple[int, Hashable]]:
    """Number the changes of kind on the way to each node: along an edge within a kind it may stay, else it grows."""
    phases: list[int] = []
    for node, reads in enumerate(work.reads):
        kind = work.kinds[node]
        phases.append(max((phases[each] + (work.kinds[each] != kind) for each in reads), default=0))
    return list(zip(phases, work.kinds, strict=True))


def _atoms(work: Work, few: Groups) -> Iterator[Groups]:
    """Give starting points for merging, of at most about `MOST` groups."""
    chains = _chains(work)
    if len(chains) <= MOST:
        yield chains
        return
    marks = _phases(work)
    depths = _depths(work, marks)
    for bands in BANDS:
        yield _banded(work, marks, depths, bands, len(few))


def _chains(work: Work) -> Groups:
    readers = [0] * len(work.reads)
    for reads in work.reads:
        for each in set(reads):
            readers[each] += 1
    home: list[int] = []
    for node, reads in enumerate(work.reads):
        only = next(iter(reads)) if len(set(reads)) == 1 else None
        follows = only is not None and readers[only] == 1 and work.kinds[only] == work.kinds[node]
        home.append(home[only] if follows and only is not None else node)
    return _by(home)


def _depths(work: Work, marks: Sequence[Hashable]) -> list[int]:
    """Number the nodes of each phase on the longest way to them."""
    depths: list[int] = []
    for node, reads in enumerate(work.reads):
        mark = marks[node]
        depths.append(max((depths[each] + 1 for each in reads if marks[each] == mark), default=0))
    return depths


def _banded(work: Work, marks: Sequence[Hashable], depths: Sequence[int], bands: int, phases: int) -> Groups:
    """Cut each phase into bands by depth, and each band into what is connected in it, evened out to a few groups."""
    deepest: dict[Hashable, int] = {}
    for mark, depth in zip(marks, depths, strict=True):
        deepest[mark] = max(depth + 1, deepest.get(mark, 1))
    cut = [(mark, depth * bands // deepest[mark]) for mark, depth in zip(marks, depths, strict=True)]
    parts = _connected(work.reads, cut)
    room = max(1, MOST // max(1, phases * bands))
    return [group for band in _gathered(parts, cut) for group in _evened(work, band, room)]


def _connected(reads: Sequence[Sequence[int]], cut: Sequence[Hashable]) -> Groups:
    home = list(range(len(reads)))

    def root(node: int) -> int:
        while home[node] != node:
            home[node] = home[home[node]]
            node = home[node]
        return node

    for node, read in enumerate(reads):
        for each in read:
            if cut[each] == cut[node]:
                home[root(node)] = root(each)
    return _by(map(root, range(len(reads))))


def _gathered(parts: Groups, cut: Sequence[Hashable]) -> list[Groups]:
    found: dict[Hashable, Groups] = {}
    for part in parts:
        found.setdefault(cut[part[0]], []).append(part)
    return list(found.values())


def _evened(work: Work, parts: Groups, room: int) -> Groups:
    """Put parts that don't need each other into so many groups of about equal work (longest first, Graham 1969)."""
    if len(parts) <= room:
        return parts
    loads = [(0.0, number) for number in range(room)]
    bins: Groups = [[] for _ in range(room)]
    for part in sorted(parts, key=lambda part: -sum(work.seconds[node] for node in part)):
        load, number = min(loads)
        bins[number] += part
        loads[number] = (load + sum(work.seconds[node] for node in part), number)
    return [sorted(group) for group in bins]


@final
@define(kw_only=True)
class _Graph:
    """Groups as a graph: what each needs, what it contains, how much work that is and its longest way through."""

    needs: list[set[int]]
    work: list[float]
    longest: list[float]
    kinds: list[Hashable]
    members: Groups
    cpus: int


def _quotient(work: Work, groups: Groups) -> _Graph:
    ordered = in_order(work.reads, groups)
    assert ordered is not None, "groups are made so that none needs another that needs it"
    home = {node: number for number, group in enumerate(ordered) for node in group}
    needs = [
        {home[each] for node in group for each in work.reads[node]} - {number}
        for number, group in enumerate(ordered)
    ]
    finish = [0.0] * len(work.reads)
    for node, reads in enumerate(work.reads):
        inside = (finish[each] for each in reads if home[each] == home[node])
        finish[node] = work.seconds[node] + max(inside, default=0.0)
    return _Graph(
        needs=needs,
        work=[sum(work.seconds[node] for node in group) for group in ordered],
        longest=[max(finish[node] for node in group) for group in ordered],
        kinds=[work.kinds[group[0]] for group in ordered],
        members=ordered,
        cpus=work.cpus,
    )


def _weigh(graph: _Graph) -> tuple[float, float]:
    """Give the seconds from start to end, and the minutes billed: each job's are rounded up."""
    ends: list[float] = []
    billed = 0
    for number, needs in enumerate(graph.needs):
        took = START + HANDOVER * len(needs) + max(graph.longest[number], graph.work[number] / graph.cpus)
        ends.append(took + max((ends[each] for each in needs), default=0.0))
        billed += math.ceil(took / 60)
    return max(ends, default=0.0), billed


def _merged(graph: _Graph) -> tuple[float, float, Groups]:
    """Join pairs as long as that costs no time; give the seconds, the minutes billed, and the groups."""
    best, _ = _weigh(graph)
    while True:
        allowed: list[tuple[float, float, int, int]] = []
        for one, other in _pairs(graph):
            wall, billed = _weigh(_joined(graph, one, other))
            if wall <= SLACK * best:
                allowed.append((billed, wall, one, other))
        if not allowed:
            return (*_weigh(graph), graph.members)
        _, wall, one, other = min(allowed)
        graph, best = _joined(graph, one, other), min(best, wall)


def _pairs(graph: _Graph) -> Iterator[tuple[int, int]]:
    """Give the pairs that may be joined: one needs the other and there is no way round, or both need the same."""
    above: list[set[int]] = []
    for needs in graph.needs:
        above.append(needs.union(*(above[each] for each in needs)))
    for number, needs in enumerate(graph.needs):
        for each in sorted(needs):
            round_about = any(each in above[other] for other in needs if other != each)
            if graph.kinds[each] == graph.kinds[number] and not round_about:
                yield each, number
        for other in range(number):
            alike = graph.needs[other] == needs and graph.kinds[other] == graph.kinds[number]
            if alike and other not in above[number]:
                yield other, number


def _joined(graph: _Graph, one: int, other: int) -> _Graph:
    """Join two groups and put all in order again; the longest way through both is at most that through one, then the other."""
    chained = one in graph.needs[other]
    longest = [*graph.longest]
    longest[one] = longest[one] + longest[other] if chained else max(longest[one], longest[other])
    count = [*graph.work]
    count[one] += count[other]
    needs = [{one if each == other else each for each in need} for need in graph.needs]
    needs[one] = (needs[one] | needs[other]) - {one}
    members = [*graph.members]
    members[one] = sorted([*members[one], *members[other]])
    order = _order({number: need for number, need in enumerate(needs) if number != other})
    assert order is not None, "only pairs are joined that leave no cycle"
    place = {number: position for position, number in enumerate(order)}
    return _Graph(
        needs=[{place[each] for each in needs[number]} for number in order],
        work=[count[number] for number in order],
        longest=[longest[number] for number in order],
        kinds=[graph.kinds[number] for number in order],
        members=[members[number] for number in order],
        cpus=graph.cpus,
    )


SECONDS: Mapping[str, float] = {"source": 2.0, "split": 1.0, "stage": 20.0, "command": 20.0, "metric": 1.0}
"""What a node of a kind is taken to last where it was never measured."""
