"""What an expression of a stage's body stands for: a frame with the origins of each column, a text, or anything with its origins."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TypeAlias, final

from attrs import evolve, field, frozen

Origins: TypeAlias = frozenset[tuple[str, str]]
"""Pairs of a stage's argument and a column of it; the column is empty where the argument is no table."""
NONE: Origins = frozenset()


@final
@frozen(kw_only=True)
class Frame:
    """A data frame: what each known column is made of, what any other may be, and what decides which rows are there."""

    columns: Mapping[str, Origins]
    others: Origins = NONE
    rows: Origins = NONE

    def column(self, name: str) -> Origins:
        """Give what a column is made of."""
        others = frozenset((argument, name if column == "*" else column) for argument, column in self.others)
        return self.columns.get(name, others)

    @property
    def all(self) -> Origins:
        """All that it is made of."""
        return self.others.union(self.rows, *self.columns.values())

    def having(self, columns: Mapping[str, Origins]) -> Frame:
        """Give it with other columns in place of, or beside, its own."""
        return evolve(self, columns={**self.columns, **columns})

    def touched(self, by: Origins) -> Frame:
        """Give it with each column changed by itself and by something else."""
        return evolve(
            self, columns={name: made | by for name, made in self.columns.items()}, others=self.others | by
        )

    def chosen(self, by: Origins) -> Frame:
        """Give it with other rows, or in another order, as something decides."""
        return evolve(self, rows=self.rows | by)


@final
@frozen
class Text:
    """A text that is known, such as a column's name."""

    text: str


@final
@frozen
class Texts:
    """A list of texts that are known."""

    texts: tuple[str, ...]


@final
@frozen(kw_only=True)
class Ports:
    """The outputs of a stage that gives several."""

    ports: Mapping[str, Value]


@final
@frozen
class Other:
    """Anything else, and what it is made of."""

    made: Origins = field(default=NONE)


Value: TypeAlias = Frame | Text | Texts | Ports | Other


def origins(value: Value) -> Origins:
    """Give all that a value is made of."""
    match value:
        case Frame():
            return value.all
        case Ports():
            return together(value.ports.values())
        case Other():
            return value.made
        case Text() | Texts():
            return NONE


def together(values: Iterable[Value]) -> Origins:
    """Give all that any of the values is made of."""
    return NONE.union(*map(origins, values))


def joined(one: Value, other: Value) -> Value:
    """Give what is either of two values."""
    if one == other:
        return one
    if isinstance(one, Frame) and isinstance(other, Frame):
        names = {**one.columns, **other.columns}
        return Frame(
            columns={name: one.column(name) | other.column(name) for name in names},
            others=one.others | other.others,
            rows=one.rows | other.rows,
        )
    if isinstance(one, Ports) and isinstance(other, Ports):
        both = [name for name in one.ports if name in other.ports]
        return Ports(ports={name: joined(one.ports[name], other.ports[name]) for name in both})
    return Other(origins(one) | origins(other))
