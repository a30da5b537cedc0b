"""What an expression in a body may be made of, and where rows are computed across."""

from __future__ import annotations

from collections.abc import Iterable
from functools import reduce
from typing import final

from attrs import frozen

ANY = "*"
"""Stands for whatever frame a column expression is used in."""


@final
@frozen(kw_only=True)
class Mixing:
    """One place where rows are computed across.

    `parameters` are those whose rows it is. `within` names the columns that the rows mixed with each other share; it is None where they
    share them all. `past` says that each row sees earlier ones only; `copies` that one row becomes several.
    `column` is the one that was picked to compute with, where the code names it. `matched` says that rows which share the columns `within`
    are looked up for each other; that is the row itself where these hold its key.
    """

    word: str
    file: str
    line: int
    parameters: frozenset[str]
    within: frozenset[str] | None = frozenset()
    past: bool = False
    copies: bool = False
    mixes: bool = True
    column: str = ""
    matched: bool = False


@final
@frozen
class Made:
    """What an expression may be made of."""

    columns: frozenset[str] = frozenset()
    items: frozenset[str] = frozenset()
    mixed: frozenset[Mixing] = frozenset()
    grouped: frozenset[str] | None = None
    windowed: bool = False
    turned: bool = False
    """Its rows are in backward order."""

    def __or__(self, other: Made) -> Made:
        if other is NONE or self is NONE:
            return self if other is NONE else other
        return Made(
            self.columns | other.columns,
            self.items | other.items,
            self.mixed | other.mixed,
            self.grouped if self.grouped is not None else other.grouped,
            self.windowed or other.windowed,
            self.turned or other.turned,
        )

    def one(self) -> Made:
        """Give one item of it."""
        return Made(frozenset(), self.items | self.columns, self.mixed)

    def settled(self) -> Made:
        """Forget that it was grouped: what was computed from it is a table of its own."""
        return Made(self.columns, self.items, self.mixed, turned=self.turned)


NONE = Made()


def together(parts: Iterable[Made]) -> Made:
    """Give what any of them is made of."""
    return reduce(Made.__or__, parts, NONE)
