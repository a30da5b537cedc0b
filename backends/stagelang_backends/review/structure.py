"""What changed, as a review lists it: without what is the same of every stage and stands elsewhere."""

from __future__ import annotations

from attrs import evolve

from stagelang_compiler.diff import Group, PlanDiff, Words, groups_of

_EVERYWHERE = "reaches all "


def listed_groups(diff: PlanDiff) -> tuple[Group, ...]:
    """Tell a difference in groups; that each of several stages reaches all metrics is left to the first line."""
    return tuple(_shortened(group) for group in groups_of(diff))


def _shortened(group: Group) -> Group:
    said = [entry.said for entry in group.entries if entry.old or entry.new]
    repeated: list[Words] = []
    if len(said) > 1:
        repeated = [words for words in said[0] if _reaches_all(words) and all(words in each for each in said)]
    entries = (
        evolve(entry, said=tuple(words for words in entry.said if words not in repeated))
        for entry in group.entries
    )
    return evolve(group, entries=tuple(entries))


def _reaches_all(words: Words) -> bool:
    return isinstance(words[0], str) and words[0].startswith(_EVERYWHERE)
