"""Puts a difference into groups and words, which a text and a comment then write each in their own way.

before  three nodes of `embed`, each with the reasons 'function embed changed' and 'components 6 -> 8'
after   Group(title="stages", entries=(Entry(kind="changed", old="embed", new="embed", nodes=(...), said=((...), (...))),))
"""

from __future__ import annotations

import functools
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import final

from attrs import evolve, frozen

from stagelang_compiler.diff.grades import Grade
from stagelang_compiler.diff.model import Change, Kind, PlanDiff, Reason
from stagelang_compiler.diff.wording import Name, Words, counted, listed, words_of


@final
@frozen(kw_only=True)
class Entry:
    """What is said of one change: its name (`old` is another where it was renamed), the nodes that share it, and why."""

    kind: Kind
    old: str
    new: str
    aside: Words = ()
    """What fits behind the name."""
    grade: Grade | None = None
    """Whom it can break: of contracts, metrics and gates."""
    nodes: tuple[str, ...] = ()
    """Where the name is a stage's: its nodes that changed in this way. Where there is no name: whom `said` is about."""
    said: tuple[Words, ...] = ()


@final
@frozen(kw_only=True)
class Group:
    """Entries of one kind of thing."""

    title: str
    entries: tuple[Entry, ...]


def groups_of(diff: PlanDiff) -> tuple[Group, ...]:
    """Tell a difference in groups; what repeats in many nodes is told once."""
    found = (
        ("settings", _settings(diff)),
        ("libraries", [_library(change) for change in diff.libraries]),
        ("contracts", [_graded(_plain(change), change.reasons, diff) for change in diff.contracts]),
        ("sources", _sources(diff)),
        ("stages", _stages(diff)),
        ("metrics", _metrics(diff)),
        ("gates", [_gate(change, diff) for change in diff.gates if not _follows(change)]),
        ("outputs", [_plain(change) for change in diff.outputs if not _follows(change)]),
        ("experiments", [_plain(change) for change in diff.experiments if not _follows(change)]),
        ("waivers", [_plain(change) for change in diff.waivers]),
    )
    return tuple(Group(title=title, entries=tuple(entries)) for title, entries in found if entries)


def summary(diff: PlanDiff) -> str:
    """Say in one line, without any name, what changed and what that can reach."""
    if diff.is_empty:
        return "no change, both compute the same"
    return f"{counts_words(diff)}; {reach_words(diff)}"


def counts_words(diff: PlanDiff) -> str:
    """Say how many of what changed."""
    counts = [
        f"{len(alike)} {_one_of(group.title, len(alike))} {kind}"
        for group in groups_of(diff)
        for kind in ("added", "removed", "changed", "renamed")
        if (alike := [entry for entry in group.entries if entry.kind == kind and (entry.old or entry.new)])
    ]
    return ", ".join(counts)


def reach_words(diff: PlanDiff) -> str:
    """Say how many metrics can differ."""
    reached, all_of = len(diff.metrics_reached), len(diff.head.metrics)
    if not reached:
        return "no metric can differ"
    some = all_words(all_of) if reached == all_of else f"{reached} of {all_of}"
    return f"{some} metrics can differ" if all_of > 1 else "the metric can differ"


def all_words(count: int) -> str:
    """Say that it is all of so many, of which there are more than one."""
    return "both" if count == 2 else f"all {count}"


def moved_words(diff: PlanDiff) -> str:
    """Say what code that lies elsewhere costs."""
    count = len(diff.moved)
    whose = "its code lies" if count == 1 else "their code lies"
    return f"{counted(count, 'node')} will run once more: some of {whose} in another module now"


def asides(entry: Entry) -> Iterator[Words]:
    """Say what fits behind an entry's name: what it was called, its nodes, and its own aside."""
    if entry.kind == "renamed":
        yield ("was ", Name(entry.old))
    if entry.aside:
        yield entry.aside
    if entry.grade is not None:
        yield (entry.grade.words(),)
    if entry.nodes:
        yield (f"{counted(len(entry.nodes), 'node')}: ", *listed(entry.nodes))


def _follows(change: Change) -> bool:
    """Tell whether only the name of what it is about is another."""
    return change.kind == "renamed" and not change.reasons


def _plain(change: Change) -> Entry:
    return Entry(
        kind=change.kind,
        old=change.old,
        new=change.new,
        said=tuple(words_of(each) for each in change.reasons),
    )


def _graded(entry: Entry, reasons: Sequence[Reason], diff: PlanDiff, subject: str = "contract") -> Entry:
    """Say behind a contract, metric or gate whom it can break, and of several reasons which."""
    graded = diff.grades.get((subject, entry.new or entry.old))
    if graded is None:
        return entry
    grades = [graded.reason_grade(reason) for reason in reasons]
    if len(entry.said) != len(grades) or len([each for each in grades if each is not None]) < 2:
        return evolve(entry, grade=graded.grade)
    said = tuple(
        (*words, f" ({found.words()})") if found is not None and found.is_breaking else words
        for words, found in zip(entry.said, grades, strict=True)
    )
    return evolve(entry, grade=graded.grade, said=said)


def _gate(change: Change, diff: PlanDiff) -> Entry:
    entry = _plain(change)
    match change.reasons:
        case (Reason(what="asks for", old=old),) if change.kind == "changed":
            entry = evolve(entry, aside=("was ", Name(old)), said=())
        case _:
            pass
    return _graded(entry, change.reasons, diff, "gate")


def _settings(diff: PlanDiff) -> list[Entry]:
    entries: list[Entry] = []
    drawn = sum(any(each.cause == "seed" for each in node.reasons) for node in diff.nodes)
    for change in diff.settings:
        (reason,) = change.reasons
        values = [Name(value) for value in (reason.old, reason.new) if value]
        aside: Words = (values[0], " → ", values[1]) if len(values) == 2 else (values[0],)
        follow: Words = (f"the seeds of {counted(drawn, 'node')} follow",)
        said = (follow,) if change.name == "seed" and drawn else ()
        entries.append(Entry(kind=change.kind, old=change.old, new=change.new, aside=aside, said=said))
    return entries


def _library(change: Change) -> Entry:
    (reason,) = change.reasons
    values = [Name(value) for value in (reason.old, reason.new) if value]
    aside: Words = (values[0], " → ", values[1]) if len(values) == 2 else (values[0],)
    return Entry(kind=change.kind, old=change.old, new=change.new, aside=aside)


def _sources(diff: PlanDiff) -> list[Entry]:
    seen = Seen(diff)
    return [
        _node_entry([change], seen.reasons(change), seen) for change in diff.nodes if seen.is_source(change)
    ]


def _stages(diff: PlanDiff) -> list[Entry]:
    """Tell of nodes by stage; those that only read or make tables of changed contracts are told together."""
    seen = Seen(diff)
    entries: list[Entry] = []
    by_contract: list[str] = []
    told = (change for change in diff.nodes if not seen.is_metric(change) and not seen.is_source(change))
    for group in _alike(told, seen):
        first = group[0]
        reasons = seen.reasons(first)
        if first.kind == "changed" and not reasons:
            continue  # its seed, which the pipeline's own tells
        if first.kind == "changed" and all(each.cause == "contract" for each in reasons):
            by_contract += [change.new for change in group]
            continue
        entries.append(_node_entry(group, reasons, seen))
    if by_contract:
        do = "reads or makes" if len(by_contract) == 1 else "read or make"
        said: Words = (f"{counted(len(by_contract), 'node')} {do} tables whose contract changed: ",)
        entries.append(Entry(kind="changed", old="", new="", nodes=tuple(by_contract), said=(said,)))
    return entries + [_idle(change) for change in diff.stages if _is_idle(change)]


def _is_idle(change: Change) -> bool:
    """Tell whether a declaration that no node carries out differs by more than what a contract tells already."""
    by_contract = bool(change.reasons) and all(each.cause == "contract" for each in change.reasons)
    return not change.nodes and not by_contract


def _idle(change: Change) -> Entry:
    return evolve(_plain(change), said=(*_plain(change).said, ("in experiments only",)))


def _metrics(diff: PlanDiff) -> list[Entry]:
    """Tell what a metric means and how it is measured as one thing."""
    seen = Seen(diff)
    measured = {change.name: change for change in diff.nodes if seen.is_metric(change)}
    meant = {change.name: change for change in diff.metrics}
    entries: list[Entry] = []
    for name in dict.fromkeys((*meant, *measured)):
        change = meant.get(name) or measured[name]
        node = measured.get(name)
        told = change.kind in ("added", "removed")
        of_node = seen.reasons(node) if node is not None and not told else ()
        contracts_only = all(each.cause == "contract" for each in of_node)
        of_node = () if contracts_only else of_node
        own = change.reasons if name in meant else ()
        reasons = tuple(dict.fromkeys((*own, *of_node)))
        if change.kind == "changed" and not reasons:
            continue
        entry = Entry(kind=change.kind, old=change.old, new=change.new, said=tuple(map(words_of, reasons)))
        entries.append(_graded(entry, reasons, diff, "metric"))
    return entries


@final
@frozen
class Seen:
    """What of nodes is told beside them, since it is told elsewhere: the seeds that follow the pipeline's own."""

    diff: PlanDiff

    @functools.cached_property
    def readers(self) -> Mapping[bool, Mapping[str, list[str]]]:
        """Give the names of the nodes that read a node, of the head (True) and of the base."""
        found: dict[bool, dict[str, list[str]]] = {True: {}, False: {}}
        for is_new, plan in ((True, self.diff.head), (False, self.diff.base)):
            for node in plan.nodes:
                for each in node.inputs:
                    found[is_new].setdefault(each.node, []).append(node.name)
        return found

    @functools.cached_property
    def old_stages(self) -> Mapping[str, str]:
        """Give the names that renamed stages had."""
        return {change.new: change.old for change in self.diff.stages if change.kind == "renamed"}

    def is_metric(self, change: Change) -> bool:
        """Tell whether a changed node measures a metric."""
        plan = self.diff.head if change.new else self.diff.base
        return plan.node(change.name).kind == "metric"

    def is_source(self, change: Change) -> bool:
        """Tell whether a changed node reads data, and differs by more than its contract."""
        plan = self.diff.head if change.new else self.diff.base
        told = change.kind != "changed" or any(each.cause != "contract" for each in self.reasons(change))
        return told and plan.node(change.name).kind == "source"

    def stage(self, change: Change) -> str:
        """Give the stage of a changed node."""
        plan = self.diff.head if change.new else self.diff.base
        return plan.node(change.name).stage

    def reasons(self, change: Change) -> tuple[Reason, ...]:
        """Give a node's reasons but for a seed that follows the pipeline's."""
        follows = self.diff.base.seed != self.diff.head.seed
        return tuple(each for each in change.reasons if not (follows and each.cause == "seed"))


def _alike(changes: Iterable[Change], seen: Seen) -> list[list[Change]]:
    """Group nodes of one stage that changed in the same way for the same reasons, in the order of their first."""
    groups: dict[object, list[Change]] = {}
    for change in changes:
        stage = seen.stage(change)
        reasons = frozenset(each for each in seen.reasons(change) if each.cause != "seed")
        key = (stage, change.kind, reasons) if stage else change.name
        groups.setdefault(key, []).append(change)
    return list(groups.values())


def _node_entry(group: Sequence[Change], reasons: tuple[Reason, ...], seen: Seen) -> Entry:
    first = group[0]
    said = [
        ("its seed follows its name",) if each.cause == "seed" and first.kind == "renamed" else words_of(each)
        for each in reasons
    ]
    if first.kind in ("added", "removed"):
        said += _neighbours(group, seen)
    said += _reach(group, seen.diff)
    if len(group) == 1:
        return Entry(kind=first.kind, old=first.old, new=first.new, said=tuple(said))
    stage = seen.stage(first)
    old = "" if first.kind == "added" else seen.old_stages.get(stage, stage)
    return Entry(
        kind=first.kind,
        old=old,
        new="" if first.kind == "removed" else stage,
        nodes=tuple(change.name for change in group),
        said=tuple(said),
    )


def _neighbours(group: Sequence[Change], seen: Seen) -> Iterator[Words]:
    """Say what an added or removed node reads, and what reads it."""
    names = {change.name for change in group}
    is_new = bool(group[0].new)
    plan = seen.diff.head if is_new else seen.diff.base
    reads = {each.node for name in names for each in plan.node(name).inputs}
    readers = {name for each in names for name in seen.readers[is_new].get(each, ())}
    if reads:
        yield ("reads ", *listed(sorted(reads)))
    if readers:
        yield ("read by ", *listed(sorted(readers)))


def _reach(group: Sequence[Change], diff: PlanDiff) -> Iterator[Words]:
    found = {name for change in group for name in change.metrics}
    if not any(change.counts for change in group):
        return
    reached = [metric.name for metric in diff.head.metrics if metric.name in found]
    if not reached:
        yield ("reaches no metric",)
    elif len(reached) == len(diff.head.metrics) > 1:
        yield (f"reaches {all_words(len(reached))} metrics",)
    else:
        yield ("reaches ", *listed(reached))


def _one_of(title: str, count: int) -> str:
    return title if count != 1 else "library" if title == "libraries" else title.removesuffix("s")
