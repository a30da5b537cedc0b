"""Whether one contract's promise implies another's need: column by column, each aspect proved, refuted or unknown.

Proved: every table that keeps the promise meets the need as it is, so nothing has to be looked at in the run.
Refuted: a table may keep the promise and not meet the need; what is not promised is refuted too.
Unknown: it can't be told from the declarations, and the entry gate tells it from the data.
"""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Callable, Iterator, Mapping
from typing import Any, Literal, TypeAlias, final
from weakref import WeakKeyDictionary

from attrs import frozen

from stagelang.contract import Contract
from stagelang_compiler.checks.domains import Domain
from stagelang_compiler.checks.pattern_texts import texts_of
from stagelang_compiler.checks.patterns import unmatched
from stagelang_compiler.checks.promise_texts import (
    Aspect,
    age_text,
    names_text,
    needed_text,
    order_text,
    promised_text,
    rows_text,
)
from stagelang_compiler.checks.promises import (
    Counts,
    Promise,
    age_of,
    conversion,
    order_of,
    promises,
    rows_of,
)

Answer: TypeAlias = Literal["proved", "refuted", "unknown"]
Judge: TypeAlias = Callable[[Promise, Promise], Answer]

WIDENINGS = frozenset({("int", "float"), ("list<int>", "list<float>")})
"""Where a need may be wider than a promise. Unknown, since the entry gate casts and refuses an int that no float holds.

A date is not taken for a datetime: it would become that day's midnight, before most of what the day brought was known.
"""


@final
@frozen(kw_only=True)
class Failure:
    """One aspect that is not proved: of a column, or of the whole table where `column` is empty."""

    aspect: Aspect
    answer: Literal["refuted", "unknown"]
    column: str = ""
    promised: str
    needed: str


_KNOWN: WeakKeyDictionary[type[Contract], WeakKeyDictionary[type[Contract], tuple[Failure, ...]]] = (
    WeakKeyDictionary()
)


def implies(producer: type[Contract], consumer: type[Contract]) -> tuple[Failure, ...]:
    """Give what of the consumer's need the producer's promise doesn't prove; each pair is compared once."""
    known = _KNOWN.setdefault(producer, WeakKeyDictionary())
    found = known.get(consumer)
    if found is None:
        found = known[consumer] = _compare(producer, consumer)
    return found


def _compare(producer: type[Contract], consumer: type[Contract]) -> tuple[Failure, ...]:
    if consumer in (producer, Contract):
        return ()
    promised, needed = promises(producer), promises(consumer)
    failures: list[Failure] = []
    for name, need in needed.items():
        failures += _column(promised[name], need) if name in promised else [_missing(need, promised)]
    return (
        *failures,
        *_extra(producer, consumer),
        *_rows(producer, consumer),
        *_order(producer, consumer),
        *_age(producer, consumer),
    )


def _missing(need: Promise, promised: Mapping[str, Promise]) -> Failure:
    return Failure(
        aspect="column",
        answer="refuted",
        column=need.name,
        promised=f"only {names_text(promised)}" if promised else "no columns",
        needed=needed_text("column", need),
    )


def _extra(producer: type[Contract], consumer: type[Contract]) -> Iterator[Failure]:
    if not consumer.__closed__:
        return
    known = promises(consumer)
    others = [name for name in promises(producer) if name not in known]
    needed = f"no columns but {names_text(known)}" if known else "no columns"
    for name in others:
        yield Failure(
            aspect="extra", answer="refuted", column=name, promised=f"also column {name!r}", needed=needed
        )
    if not others and not producer.__closed__:
        promised = "columns that it doesn't name"
        yield Failure(aspect="extra", answer="unknown", promised=promised, needed=needed)


def _rows(producer: type[Contract], consumer: type[Contract]) -> Iterator[Failure]:
    given, wanted = rows_of(producer), rows_of(consumer)
    if given is None or wanted is None:
        yield Failure(aspect="rows", answer="unknown", promised="", needed="")
        return
    yield from unproved_rows(given, wanted)


def unproved_rows(given: Counts, wanted: Counts) -> Iterator[Failure]:
    """Give the failure, if a number of rows may be another than is needed."""
    (least, most), (fewest, greatest) = given, wanted
    enough = (least or 0) >= (fewest or 0)
    not_too_many = greatest is None or (most is not None and most <= greatest)
    if not (enough and not_too_many):
        promised, needed = rows_text(least, most), rows_text(fewest, greatest)
        yield Failure(aspect="rows", answer="refuted", promised=promised, needed=needed)


def _order(producer: type[Contract], consumer: type[Contract]) -> Iterator[Failure]:
    given, wanted = order_of(producer), order_of(consumer)
    if given is None or wanted is None:
        yield Failure(aspect="order", answer="unknown", promised="", needed="")
        return
    columns = promises(producer)
    if not wanted or not set(wanted) <= columns.keys() or at_most_one_row(producer):
        return  # that a column is missing is said of it
    settled = _deciding(given, columns)
    asked = _deciding(wanted, columns)
    is_total = bool(settled) and is_never_repeated(columns[settled[-1]])
    if asked != settled[: len(asked)] and not (is_total and settled == asked[: len(settled)]):
        yield Failure(aspect="order", answer="refuted", promised=order_text(given), needed=order_text(wanted))


def _deciding(order: tuple[str, ...], columns: Mapping[str, Promise]) -> tuple[str, ...]:
    """Leave out of an order what decides nothing: columns that are there before, or hold one value, and all after one without repeats."""
    found: list[str] = []
    for name in order:
        if name not in found and not is_constant(columns[name]):
            found.append(name)
            if is_never_repeated(columns[name]):
                break
    return tuple(found)


def is_never_repeated(promise: Promise) -> bool:
    """Tell whether no two rows are equal in a column."""
    return promise.limits.unique and not promise.nullable


def is_constant(promise: Promise) -> bool:
    """Tell whether a column holds one value at most."""
    is_list = (promise.type or "").startswith("list")
    known = promise.domain.counted(1) if promise.domain is not None and not is_list else None
    return not promise.nullable and known is not None and len(known) <= 1


def at_most_one_row(contract: type[Contract]) -> bool:
    """Tell whether a table under a contract can't have two rows."""
    rows = rows_of(contract)
    if rows is not None and rows[1] is not None and rows[1] <= 1:
        return True
    return any(is_constant(each) and is_never_repeated(each) for each in promises(contract).values())


def _age(producer: type[Contract], consumer: type[Contract]) -> Iterator[Failure]:
    given, wanted = age_of(producer), age_of(consumer)
    if wanted is not None and (given is None or given > wanted):
        yield Failure(aspect="age", answer="refuted", promised=age_text(given), needed=age_text(wanted))


def _column(promise: Promise, need: Promise) -> Iterator[Failure]:
    if (
        promise.limits is need.limits and promise.type == need.type and need.is_meaningful
    ):  # inherited, as most are
        return
    comparable = _type(promise, need) != "refuted" and (
        promise.limits.unit is None or _unit(promise, need) != "refuted"
    )
    judges: dict[Aspect, Judge] = {**_JUDGES, **_VALUE_JUDGES} if comparable else _JUDGES
    for aspect, judge in judges.items():
        answer = judge(promise, need)
        if answer != "proved":
            yield Failure(
                aspect=aspect,
                answer=answer,
                column=need.name,
                promised=promised_text(aspect, promise, need),
                needed=needed_text(aspect, need),
            )


def _type(promise: Promise, need: Promise) -> Answer:
    if promise.type is None or need.type is None or (promise.type, need.type) in WIDENINGS:
        return "unknown"
    return _proved(promise.type == need.type)


def _nullable(promise: Promise, need: Promise) -> Answer:
    return _proved(need.nullable or not promise.nullable)


def _unit(promise: Promise, need: Promise) -> Answer:
    if need.limits.unit is None:
        return "proved"
    if promise.limits.unit is None:
        return "refuted"
    if promise.measure is None or need.measure is None:
        return "unknown"
    factor = conversion(promise, need)
    return _proved(factor is not None and math.isclose(factor, 1, rel_tol=1e-12))


def _unique(promise: Promise, need: Promise) -> Answer:
    return _proved(promise.limits.unique or not need.limits.unique)


def _group(promise: Promise, need: Promise) -> Answer:
    return _proved(promise.limits.group or not need.limits.group)


def _time(promise: Promise, need: Promise) -> Answer:
    return _proved(promise.limits.time or not need.limits.time)


def _role(promise: Promise, need: Promise) -> Answer:
    return _proved(need.limits.role in ("", promise.limits.role))


def _known(promise: Promise, need: Promise) -> Answer:
    given, wanted = known_after(promise), need.limits.known_after
    return _proved(not isinstance(wanted, dt.timedelta) or given <= wanted)


def known_after(promise: Promise) -> dt.timedelta:
    """Give how long after its row's time a value becomes known."""
    after: Any = promise.limits.known_after
    return after if isinstance(after, dt.timedelta) else dt.timedelta(0)


def _lineage(promise: Promise, need: Promise) -> Answer:
    given, wanted = made_of(promise), made_of(need)
    return _proved(wanted is None or (given is not None and given <= wanted))


def made_of(promise: Promise) -> frozenset[str] | None:
    """Give the columns that a column says it is made of; None where it doesn't say."""
    names = promise.limits.made_of
    return None if names is None else frozenset(map(str, names))


def _length(promise: Promise, need: Promise) -> Answer:
    return _proved(need.limits.length in (None, promise.limits.length))


def _domains(judge: Callable[[Domain, Domain], Answer]) -> Judge:
    """Judge by the two domains; a declaration that has none makes no sense, which another rule reports."""

    def judge_columns(promise: Promise, need: Promise) -> Answer:
        if promise.domain is None or need.domain is None:
            return "unknown"
        return judge(promise.domain, need.domain)

    return judge_columns


def _range(given: Domain, wanted: Domain) -> Answer:
    if given.members is not None:
        return _proved(not given.outside(wanted))
    return _proved(given.size == 0 or (wanted.low <= given.low and given.high <= wanted.high))


def _values(given: Domain, wanted: Domain) -> Answer:
    if wanted.isin is None:
        return "proved"
    counted = given.counted(len(wanted.isin))
    if counted is None and given.pattern is not None:
        return "unknown" if texts_of(given.pattern).texts <= wanted.isin else "refuted"
    return _proved(counted is not None and counted <= wanted.isin)


def _pattern(given: Domain, wanted: Domain) -> Answer:
    if wanted.pattern is None or wanted.pattern == given.pattern:
        return "proved"
    members = given.all
    if members is not None:
        return _proved(not unmatched(wanted.pattern, members))
    probes = _PROBES if given.pattern is None else texts_of(given.pattern).texts
    return "refuted" if unmatched(wanted.pattern, probes) else "unknown"


_PROBES = ("", "\n", " ", "0", "a", "A", "é", "a a\n")
"""Texts of which a pattern that refuses anything most likely refuses one."""


def _proved(holds: bool) -> Answer:
    return "proved" if holds else "refuted"


_JUDGES: dict[Aspect, Judge] = {
    "type": _type,
    "nullable": _nullable,
    "unit": _unit,
    "unique": _unique,
    "group": _group,
    "time": _time,
    "role": _role,
    "known": _known,
    "lineage": _lineage,
}
_VALUE_JUDGES: dict[Aspect, Judge] = {
    "range": _domains(_range),
    "values": _domains(_values),
    "pattern": _domains(_pattern),
    "length": _length,
}
"""Values are compared only where type and unit are."""
