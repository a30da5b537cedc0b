"""What each kind of stage does to the abstract values of its inputs: pure and monotone functions (`methods`, the table of roles).

`event` is the bit of the event that the stage itself is; an event of no rows is left out by its caller.
"""

from __future__ import annotations

from collections.abc import Iterable

from stagelang_compiler.checks.leakage.lattice import Flow, joined
from stagelang_compiler.checks.leakage.ways import Ways


def mapped(table: Flow) -> Flow:
    """Treat each row by itself: nothing new comes in."""
    return table


def fitted(inputs: Iterable[Flow], event: int) -> Flow:
    """Make a model, a value or files from rows: it holds none of them, and all of them influence it."""
    return Flow(0, joined(inputs).events | event)


def chosen(candidates: Iterable[Flow], judged_by: Flow, event: int) -> Flow:
    """Choose one of several by rows, which influence the choice."""
    return Flow(0, joined(candidates).events | judged_by.events | event)


def applied(state: Flow, table: Flow) -> Flow:
    """Use something fitted on each row by itself: what influenced it influences the rows."""
    return Flow(table.rows, table.events | state.events)


def aggregated(table: Flow, event: int) -> Flow:
    """Compute across rows: each of them may influence all."""
    return Flow(table.rows, table.events | event)


def matched(table: Flow, others: Flow, event: int) -> Flow:
    """Complete a table's rows by what other tables say: what is in these influences the rows."""
    return Flow(table.rows, table.events | others.events | event)


def stacked(tables: Iterable[Flow]) -> Flow:
    """Put tables below each other."""
    return joined(tables)


def divided(ways: Ways, table: Flow, split: int, part: str) -> Flow:
    """Take one part of a split: what influenced the table influences the part."""
    return Flow(ways.divided(table.rows, split, part), table.events)
