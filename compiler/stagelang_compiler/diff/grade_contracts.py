"""Grades changes of contracts: safe for consumers if the new promise implies the old, safe for producers if the old need implies the new.

before  Scans.ink: float, ge=0, le=1 in the base; float, ge=0, le=2 in the head
after   'column ink' breaks consumers, who relied on ink <= 1; producers, who gave at most 1, may go on as they are
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from typing import final

from attrs import frozen

from stagelang.contract import Contract as ContractClass
from stagelang_compiler.checks.domains import Domain
from stagelang_compiler.checks.promise_texts import Aspect
from stagelang_compiler.checks.promises import promises
from stagelang_compiler.checks.subsumption import WIDENINGS, Failure, implies, known_after
from stagelang_compiler.diff.grades import (
    BREAKING,
    BREAKS_CONSUMERS,
    BREAKS_PRODUCERS,
    SAFE,
    Grade,
    grade,
)
from stagelang_compiler.diff.model import GradedReason, Reason
from stagelang_compiler.plan import Contract
from stagelang_compiler.raising import raised

_EXACT = 2**53
"""Every whole number up to this one is a float; beyond it, the entry gate refuses those that aren't."""


def grade_contract(
    old: Contract, new: Contract, reasons: Iterable[Reason]
) -> tuple[Grade, tuple[GradedReason, ...]]:
    """Grade a contract that is in both plans, and each of the reasons for which it differs."""
    before, after = raised(old), raised(new)
    broken = _Broken(for_producers=_unproved(before, after), for_consumers=_unproved(after, before))
    told = tuple(
        GradedReason(reason=reason, grade=found)
        for reason in reasons
        if (found := _grade(reason, broken)) is not None
    )
    if _own_name(old.name) != _own_name(new.name):
        return BREAKING, told  # who names it finds it no more
    return broken.grade(broken.for_producers, broken.for_consumers), told


def is_safe_need(old: Contract, new: Contract) -> bool:
    """Tell whether whatever kept one contract keeps another."""
    return not _unproved(raised(old), raised(new))


@final
@frozen(kw_only=True)
class _Broken:
    """What is not proved of the new need for those who met the old one, and of the old promise for those who rely on it."""

    for_producers: tuple[Failure, ...]
    for_consumers: tuple[Failure, ...]

    def of_aspects(self, *aspects: str) -> Grade:
        return self.grade(*([each.aspect in aspects for each in side] for side in self._sides()))

    def of_columns(self, names: Collection[str]) -> Grade:
        return self.grade(*([each.column in names for each in side] for side in self._sides()))

    def grade(self, producers: Collection[object], consumers: Collection[object]) -> Grade:
        return grade(safe_for_producers=not any(producers), safe_for_consumers=not any(consumers))

    def _sides(self) -> tuple[tuple[Failure, ...], tuple[Failure, ...]]:
        return self.for_producers, self.for_consumers


def _unproved(promised: type[ContractClass], needed: type[ContractClass]) -> tuple[Failure, ...]:
    found = (*implies(promised, needed), *_of_use(promised, needed))
    return tuple(each for each in found if not _is_exact(each, promised, needed))


SCALES: Sequence[str | None] = (None, "nominal", "ordinal", "interval", "ratio")
SUMS: Sequence[str | None] = (None, "never", "not_over_time", "always")
"""What values may be used for, each word allowing all that those before it allow; of the first two, nothing has to be promised."""


def _of_use(promised: type[ContractClass], needed: type[ContractClass]) -> Iterator[Failure]:
    """Give what a need lets values be used for and a promise doesn't.

    Where nothing is said, the rules of metrics let values be used for all, and those of leakage take them as known at once.
    """
    given = promises(promised)
    for name, need in promises(needed).items():
        promise = given.get(name)
        if promise is None:
            continue
        if not _allows(promise.limits.scale, need.limits.scale, SCALES):
            yield _refuted("role", name)
        if not _allows(promise.limits.adds, need.limits.adds, SUMS):
            yield _refuted("role", name)
        if need.limits.known_after is None and known_after(promise) > known_after(need):
            yield _refuted("known", name)


def _allows(promised: str | None, needed: str | None, words: Sequence[str | None]) -> bool:
    if promised == needed:
        return True
    return words.index(needed or words[-1]) <= max(words.index(promised), 1)


def _refuted(aspect: Aspect, column: str) -> Failure:
    return Failure(aspect=aspect, answer="refuted", column=column, promised="", needed="")


def _is_exact(failure: Failure, promised: type[ContractClass], needed: type[ContractClass]) -> bool:
    """Tell whether all that is unproved is a cast of whole numbers to floats, of which the limits leave none that isn't exact."""
    if failure.aspect != "type":
        return False
    given, wanted = promises(promised)[failure.column], promises(needed)[failure.column]
    return (given.type, wanted.type) in WIDENINGS and given.domain is not None and _is_small(given.domain)


def _is_small(domain: Domain) -> bool:
    ends = domain.members if domain.members is not None else (domain.low, domain.high)
    return all(abs(each) <= _EXACT for each in ends)


def _grade(reason: Reason, broken: _Broken) -> Grade | None:
    """Grade one reason; None for what isn't promised to anyone."""
    match reason.what:
        case "owner":
            return None
        case "version" | "order of columns":
            return SAFE  # columns are read by name
        case "rows":
            return broken.of_aspects("rows")
        case "order and age":
            return broken.of_aspects("order", "age")
        case "closed":
            return BREAKS_PRODUCERS if reason.new == "yes" else BREAKS_CONSUMERS
        case "column":
            return broken.of_columns({reason.old, reason.new})
        case what if what.startswith("column "):
            return broken.of_columns({what.removeprefix("column ")})
        case _:
            return broken.grade(broken.for_producers, broken.for_consumers)


def _own_name(name: str) -> str:
    """Give a class's own name: its module's stands before it only while two classes share one."""
    return name.rpartition(".")[2]
