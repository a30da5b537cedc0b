"""SL240 to SL243: a breaking change of a contract or metric asks for a higher version, and names whom it breaks.

A version is numbers joined by dots. What breaks consumers asks for a higher first number, or a higher second one while the first is 0;
what breaks producers alone asks for any higher version; what is safe asks for none.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Iterator, Sequence
from fnmatch import fnmatchcase
from itertools import zip_longest
from pathlib import Path

from attrs import evolve

from stagelang.origin import Origin
from stagelang_compiler.diagnostics import Diagnostic, Place
from stagelang_compiler.diff.model import Graded, PlanDiff, Promise, User
from stagelang_compiler.diff.wording import plain, words_of
from stagelang_compiler.plan import Contract, Plan, Waiver
from stagelang_compiler.revision_rules import (
    BREAKING_WITHOUT_VERSION,
    LOWERED_VERSION,
    REMOVED_WHILE_USED,
    UNVERSIONED_BREAKING,
)
from stagelang_compiler.settings import read_settings

_MOST_USERS, _MOST_COLUMNS, _MOST_CHANGES = 12, 4, 6


def version_findings(
    diff: PlanDiff, *, base: str, head: str = "", folder: Path | None = None, today: dt.date | None = None
) -> tuple[Diagnostic, ...]:
    """Judge the versions of what changed; the head's waivers hold as they do for all findings.

    Args:
        diff: what changed.
        base: what the base revision is called, for its lines.
        head: what the head is called; empty where its lines are those of the working tree.
        folder: the pipeline's, whose project may say that a rule can't be waived.
        today: the day on which waivers are judged; today in UTC unless said.
    """
    day = today or dt.datetime.now(dt.UTC).date()
    forbidden = read_settings(folder)[0].rules.unwaivable if folder is not None and diff.head.waivers else ()
    findings = (_in_revision(each, head) for each in breaking_findings(diff, base=base))
    return tuple(
        each if each.rule.code in forbidden else _waived(each, diff.head.waivers, day) for each in findings
    )


def breaking_findings(diff: PlanDiff, *, base: str) -> Iterator[Diagnostic]:
    """Judge the versions of what changed, whatever is waived; `base` is what the base revision is called."""
    for graded in diff.graded:
        yield from _judged(graded, diff, base)


def _in_revision(finding: Diagnostic, head: str) -> Diagnostic:
    return evolve(
        finding, places=tuple(evolve(place, revision=place.revision or head) for place in finding.places)
    )


def raised_enough(old: str, new: str, *, breaks_consumers: bool) -> bool:
    """Tell whether a version was raised as much as a breaking change asks for; of one that isn't numbers, whether it is another."""
    before, after = _numbers(old), _numbers(new)
    if not (before and after):
        return new not in ("", old)
    places = None if not breaks_consumers else 1 if before[0] else 2
    return _padded(before, after)[:places] < _padded(after, before)[:places]


def next_version(old: str, *, breaks_consumers: bool) -> str:
    """Give the lowest version that a breaking change asks for: 2.0 after 1.4, 0.5 after 0.4, 1.5 where producers alone break."""
    numbers = _numbers(old)
    if not numbers:
        return "1"
    place = 0 if len(numbers) == 1 or (breaks_consumers and numbers[0]) else 1
    raised = [*numbers[:place], numbers[place] + 1, *(0 for _ in numbers[place + 1 :])]
    return ".".join(map(str, raised))


def _numbers(version: str) -> list[int]:
    """Read a version; one that isn't numbers joined by dots gives none."""
    parts = version.split(".")
    return [int(part) for part in parts] if all(part.isascii() and part.isdigit() for part in parts) else []


def _padded(version: Sequence[int], other: Sequence[int]) -> list[int]:
    return [number for number, _ in zip_longest(version, other, fillvalue=0)]


def _judged(graded: Graded, diff: PlanDiff, base: str) -> Iterator[Diagnostic]:
    if graded.subject == "gate" or graded.old is None:
        return
    if graded.new is None:
        yield from _removed(graded, graded.old, diff, base)
        return
    if graded.old.version and _is_lower(graded.new.version, graded.old.version):
        yield _lowered(graded, graded.old, graded.new, base)
    if graded.grade.is_breaking:
        yield from _breaking(graded, graded.old, graded.new, diff, base)


def _is_lower(new: str, old: str) -> bool:
    before, after = _numbers(old), _numbers(new)
    return not new or (bool(before and after) and _padded(after, before) < _padded(before, after))


def _breaking(graded: Graded, old: Promise, new: Promise, diff: PlanDiff, base: str) -> Iterator[Diagnostic]:
    breaks_consumers = graded.grade.consumers == "breaking"
    if old.version and raised_enough(old.version, new.version, breaks_consumers=breaks_consumers):
        return
    if new.version and not old.version:
        return  # its first version
    users = _affected(graded)
    others = _others(users, _team(graded, new, diff.head))
    rule = BREAKING_WITHOUT_VERSION if old.version or others else UNVERSIONED_BREAKING
    wanted = next_version(old.version, breaks_consumers=breaks_consumers) if old.version else "1"
    yield Diagnostic(
        rule=rule,
        message=f"{graded.subject} {new.name!r} changed in a way that {_whom(graded)}, and {_stayed(old, new)}",
        places=(
            Place(new.origin),
            Place(old.origin, "as it was", base),
            *_columns(graded, diff, base),
            *_places(users, graded),
        ),
        subject=new.name,
        expected=f"version {wanted} or later" if old.version else 'a version, such as version="1"',
        found=_changes(graded),
        help=_help(graded, wanted, _owners(others)),
    )


def _whom(graded: Graded) -> str:
    sides = {"producers": graded.grade.producers, "consumers": graded.grade.consumers}
    return "is breaking for " + " and ".join(side for side, verdict in sides.items() if verdict == "breaking")


def _stayed(old: Promise, new: Promise) -> str:
    if not old.version:
        return "it has no version that could say so"
    if old.version == new.version:
        return f"its version is still {old.version}"
    if not new.version:
        return f"its version {old.version} is gone"
    return f"its version only went from {old.version} to {new.version}"


def _changes(graded: Graded) -> str:
    said = [plain(words_of(each.reason)) for each in graded.reasons if each.grade.is_breaking]
    if graded.old and graded.new and graded.old.name != graded.new.name:
        said.insert(0, f"it was called {graded.old.name!r}")
    rest = len(said) - _MOST_CHANGES
    return "; ".join(said[:_MOST_CHANGES]) + (f"; and {rest} more" if rest > 0 else "")


def _help(graded: Graded, wanted: str, owners: str) -> str:
    tell = f" and tell {owners}" if owners else ""
    kept = "keep what it promised" if graded.subject == "contract" else "keep what it means"
    return f'declare version="{wanted}"{tell}, or {kept}'


def _affected(graded: Graded) -> tuple[User, ...]:
    """Give those whom it can break."""
    return (
        *(graded.consumers if graded.grade.consumers == "breaking" else ()),
        *(graded.producers if graded.grade.producers == "breaking" else ()),
    )


def _team(graded: Graded, promise: Promise, plan: Plan) -> str:
    """Give who answers for a contract or metric: its owner, else whoever alone makes its tables, else the pipeline's."""
    makers = {user.owner for user in graded.producers} if graded.subject == "contract" else set[str]()
    return promise.owner or (makers.pop() if len(makers) == 1 else plan.owner)


def _others(users: Iterable[User], team: str) -> tuple[User, ...]:
    return tuple(user for user in users if user.owner and user.owner != team)


def _owners(users: Iterable[User]) -> str:
    return ", ".join(dict.fromkeys(user.owner for user in users if user.owner))


def _places(users: Sequence[User], graded: Graded) -> Iterator[Place]:
    seen: dict[Place, None] = {}
    for user in users:
        word = _WORDS[user.kind, user in graded.consumers]
        seen[Place(user.origin, f"{word} {user.name!r}{f' of {user.owner}' if user.owner else ''}")] = None
    places = list(seen)
    yield from places[:_MOST_USERS]
    if len(places) > _MOST_USERS:
        yield Place(
            places[_MOST_USERS].origin, f"and {len(places) - _MOST_USERS} more, the first of them here"
        )


_WORDS = {
    ("node", True): "used by",
    ("node", False): "made by",
    ("gate", True): "judged by gate",
    ("gate", False): "judged by gate",
    ("metric", True): "used by metric",
    ("metric", False): "made of metric",
}


def _columns(graded: Graded, diff: PlanDiff, base: str) -> Iterator[Place]:
    """Give the lines of the columns that break, now and before."""
    if graded.subject != "contract" or graded.old is None or graded.new is None:
        return
    before = _lines(diff.base.contracts[graded.old.name])
    after = _lines(diff.head.contracts[graded.new.name])
    told = [each.reason for each in graded.reasons if each.grade.is_breaking]
    for reason in told[:_MOST_COLUMNS]:
        name = reason.what.removeprefix("column ") if reason.what.startswith("column ") else ""
        old, new = (reason.old, reason.new) if reason.what == "column" else (name, name)
        if new in after:
            yield Place(after[new], f"column {new!r} now")
        if old in before:
            yield Place(before[old], f"column {old!r} before", base)


def _lines(contract: Contract) -> dict[str, Origin]:
    return {column.name: column.origin for column in contract.columns if column.origin != contract.origin}


def _lowered(graded: Graded, old: Promise, new: Promise, base: str) -> Diagnostic:
    gone = (
        f"went back from version {old.version} to {new.version}"
        if new.version
        else f"lost its version {old.version}"
    )
    return Diagnostic(
        rule=LOWERED_VERSION,
        message=f"{graded.subject} {new.name!r} {gone}",
        places=(Place(new.origin), Place(old.origin, f"version {old.version} here", base)),
        subject=new.name,
        expected=f"version {old.version} or later",
        found=f"version {new.version}" if new.version else "no version",
        help="write a version that nobody has seen yet: whoever kept the old one couldn't tell them apart",
    )


def _removed(graded: Graded, old: Promise, diff: PlanDiff, base: str) -> Iterator[Diagnostic]:
    users = _others(graded.consumers, _team(graded, old, diff.base))
    if not users:
        return
    places = (evolve(each, revision=base) for each in _places(users, graded))
    yield Diagnostic(
        rule=REMOVED_WHILE_USED,
        message=f"{graded.subject} {old.name!r} was removed, which other teams used",
        places=(Place(diff.head.origin), Place(old.origin, "as it was", base), *places),
        subject=old.name,
        help=f"tell {_owners(users)}",
    )


def _waived(finding: Diagnostic, waivers: Iterable[Waiver], today: dt.date) -> Diagnostic:
    for waiver in waivers:
        is_its_rule = waiver.rule in (finding.rule.code, finding.rule.name)
        if (
            is_its_rule
            and fnmatchcase(finding.subject, waiver.where)
            and dt.date.fromisoformat(waiver.expires) >= today
        ):
            said = f"{waiver.owner}, for {waiver.where!r}, until {waiver.expires}: {waiver.reason}"
            return evolve(finding, waived_by=said)
    return finding
