"""What a picture shows, before any language of pictures: boxes, arrows between them, and the scopes that hold them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Literal, final

from attrs import frozen

BoxKind = Literal["source", "split", "stage", "command", "metric", "expression", "group"]

ChangeState = Literal["", "added", "removed", "changed", "renamed", "upstream", "unchanged"]
"""How something differs from what it was, as the diff of two plans says it; "" where nothing is compared."""


@final
@frozen(kw_only=True)
class Badge:
    """A gate on a metric, in a few words; `verdict` is that of the last run, "" where none is known, `change` how the gate differs."""

    text: str
    verdict: str = ""
    change: ChangeState = ""


@final
@frozen(kw_only=True)
class Box:
    """One node, or a group of them.

    `key` is unique in its drawing and is the node's name for a node; `heading` says what the box is, `title` which one.
    `stage` is what nodes of one stage have in common.
    `contracts` names what its tables promise, `members` the nodes that a group stands for, `change` how it differs.
    """

    key: str
    kind: BoxKind
    heading: str
    title: str
    scope: str = ""
    owner: str = ""
    stage: str = ""
    details: tuple[str, ...] = ()
    population: str = ""
    badges: tuple[Badge, ...] = ()
    contracts: tuple[str, ...] = ()
    members: tuple[str, ...] = ()
    change: ChangeState = ""


@final
@frozen(kw_only=True)
class Arrow:
    """Something that `head` reads of `tail`; several readings between two boxes are one arrow."""

    tail: str
    head: str
    label: str = ""
    population: str = ""
    change: ChangeState = ""


@final
@frozen(kw_only=True)
class Drawing:
    """A whole picture. `note` says in a line what it is of; `focus` is the key of the box that it is about, if it is about one."""

    name: str
    note: str
    boxes: tuple[Box, ...]
    arrows: tuple[Arrow, ...]
    focus: str = ""


def merged(arrows: Iterable[Arrow]) -> tuple[Arrow, ...]:
    """Make one arrow of those between the same two boxes: labels are joined, and what they disagree on is left out."""
    found: dict[tuple[str, str], Arrow] = {}
    for arrow in arrows:
        pair = (arrow.tail, arrow.head)
        there = found.get(pair)
        found[pair] = arrow if there is None else _joined(there, arrow)
    return tuple(found.values())


def _joined(one: Arrow, other: Arrow) -> Arrow:
    labels = dict.fromkeys(label for label in (*one.label.split(", "), *other.label.split(", ")) if label)
    return Arrow(
        tail=one.tail,
        head=one.head,
        label=", ".join(labels),
        population=one.population if one.population == other.population else "",
        change=one.change if one.change == other.change else "",
    )


def neighbours(arrows: Iterable[Arrow]) -> tuple[Mapping[str, list[str]], Mapping[str, list[str]]]:
    """Give what each box reads, and what reads it."""
    reads: dict[str, list[str]] = {}
    readers: dict[str, list[str]] = {}
    for arrow in arrows:
        reads.setdefault(arrow.head, []).append(arrow.tail)
        readers.setdefault(arrow.tail, []).append(arrow.head)
    return reads, readers


def counted(count: int, word: str) -> str:
    """Say how many there are of something."""
    return f"{count:,} {word if count == 1 else f'{word}s'}"
