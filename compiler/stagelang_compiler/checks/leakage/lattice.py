"""The abstract value of an artifact: which rows it holds, and by which events rows may have influenced it.

It is a product of two powersets, ordered by inclusion: R, the ways of the rows that it holds, and the events behind it. An event says
which stage let which rows influence something else than themselves, and how. What `methods` calls F (rows that were learnt from or
mixed in), Sel (rows that something was chosen by) and the loss of K (rows that were copied, so that a split can't keep them apart) are
the rows of the events of each kind: an event never changes, so the set of events says it all.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Literal, final

from attrs import frozen

from stagelang_compiler.checks.leakage.ways import Rows

EventKind = Literal["fit", "join", "mix", "select"]
"""How rows came to influence something else than themselves: learnt from, joined to other rows, mixed among each other, chosen by."""


@final
@frozen
class Flow:
    """An abstract value; both sets are bits. The smallest holds nothing and depends on nothing."""

    rows: Rows = 0
    events: int = 0

    def join(self, other: Flow) -> Flow:
        """Give the least value above both."""
        return Flow(self.rows | other.rows, self.events | other.events)

    def below(self, other: Flow) -> bool:
        """Tell whether this value is contained in the other."""
        return not (self.rows & ~other.rows or self.events & ~other.events)


NOTHING = Flow()


def joined(flows: Iterable[Flow]) -> Flow:
    """Give the least value above all of them."""
    rows = events = 0
    for flow in flows:
        rows |= flow.rows
        events |= flow.events
    return Flow(rows, events)
