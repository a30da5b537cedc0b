"""What a check says: rules, and the findings made under them."""

from __future__ import annotations

import enum
import re
import traceback
from collections.abc import Iterable
from typing import final

from attrs import Attribute, field, frozen

from stagelang.origin import Origin

_CODE = re.compile(r"SL[1-9][0-9]{2}")
_KEBAB = re.compile(r"[a-z][a-z0-9]*(-[a-z0-9]+)*")
_MOST_EDITS = 2


class Severity(enum.Enum):
    """How much a finding weighs; only errors fail a check."""

    ERROR = "error"
    WARNING = "warning"
    NOTE = "note"


def _is_code(rule: Rule, attribute: Attribute[str], value: str) -> None:
    if not _CODE.fullmatch(value):
        raise ValueError(f"a rule's code is SL and three digits, such as 'SL104', not {value!r}")


def _is_kebab(rule: Rule, attribute: Attribute[str], value: str) -> None:
    if not _KEBAB.fullmatch(value):
        raise ValueError(
            f"a rule's name is lower-case words joined by '-', such as 'cycle-of-stages', not {value!r}"
        )


@final
@frozen(kw_only=True)
class Rule:
    """One thing that can be wrong; a code never changes its meaning and is never used again."""

    code: str = field(validator=_is_code)
    name: str = field(validator=_is_kebab)
    """Named after the bad thing, so that "allow <name>" reads well."""
    severity: Severity
    summary: str
    waivable: bool = True


@final
@frozen
class Place:
    """One end of a finding; the text labels it, for example "promised here".

    `revision` names the revision in which the line is, where that isn't the one that is judged: such a line can't be read here.
    """

    origin: Origin
    text: str = ""
    revision: str = ""


def _has_a_place(
    finding: Diagnostic, attribute: Attribute[tuple[Place, ...]], value: tuple[Place, ...]
) -> None:
    if not value:
        raise ValueError(f"a finding of {finding.rule.code} names at least one place, got none")


def _is_waivable(finding: Diagnostic, attribute: Attribute[str], value: str) -> None:
    if value and not finding.rule.waivable:
        raise ValueError(f"a finding of {finding.rule.code} can't be waived, got waived_by={value!r}")


@final
@frozen(kw_only=True)
class Diagnostic:
    """One finding: what is wrong, at which places (the first is the primary one), and what to do."""

    rule: Rule
    message: str
    places: tuple[Place, ...] = field(validator=_has_a_place)
    subject: str = ""
    """The path of the node, stage or contract that it is about."""
    expected: str = ""
    found: str = ""
    help: str
    waived_by: str = field(default="", validator=_is_waivable)
    """Says which waiver covers the finding; empty while it stands."""

    def remarks(self) -> list[tuple[str, str]]:
        """Give what follows the message, each with its word: the expected, the found, what to do."""
        given = (("expected", self.expected), ("found", self.found), ("help", self.help))
        return [(word, text) for word, text in given if text]


def sort_key(finding: Diagnostic) -> tuple[str, int, tuple[str, ...]]:
    """Order findings by file, line, code and message; what is left decides ties."""
    primary, *others = finding.places
    told = (
        finding.rule.code,
        finding.message,
        finding.subject,
        finding.expected,
        finding.found,
        finding.help,
    )
    ends = (f"{place.revision}{place.origin} {place.text}" for place in others)
    return (primary.origin.file, primary.origin.line, (*told, primary.text, *ends))


def finding_count(findings: Iterable[Diagnostic]) -> dict[Severity, int]:
    """Count the findings of each severity that no waiver covers."""
    counts = dict.fromkeys(Severity, 0)
    for finding in findings:
        if not finding.waived_by:
            counts[finding.rule.severity] += 1
    return counts


def did_you_mean(word: str, known: Iterable[str]) -> str | None:
    """Give the known word that is nearest to a misspelt one, or None if all are too far away.

    Near is at most two insertions, deletions, changes or swaps of neighbours, and at most half of the word;
    upper and lower case count as equal. Of several nearest words it is the first in the alphabet.
    """
    best: str | None = None
    most = _MOST_EDITS
    for candidate in sorted(set(known) - {word}):
        allowed = min(most, max(len(word), len(candidate)) // 2)
        edits = _edits(word.casefold(), candidate.casefold(), allowed)
        if edits <= allowed and (best is None or edits < most):
            best, most = candidate, edits
    return best


def _edits(a: str, b: str, most: int) -> int:
    """Give the optimal string alignment distance of two words, or most + 1 if it is larger than that."""
    if abs(len(a) - len(b)) > most:
        return most + 1
    while a and b and a[0] == b[0]:
        a, b = a[1:], b[1:]
    if not a or not b:
        return max(len(a), len(b))
    if most == 0:
        return 1
    fewest = min(_edits(a[1:], b, most - 1), _edits(a, b[1:], most - 1), _edits(a[1:], b[1:], most - 1))
    if a[:2] == b[1::-1]:
        fewest = min(fewest, _edits(a[2:], b[2:], most - 1))
    return 1 + fewest


INTERNAL_ERROR = Rule(
    code="SL100",
    name="internal-error",
    severity=Severity.ERROR,
    summary="a check stopped on an error of its own, so what it looks for is not checked",
    waivable=False,
)


def internal_error(code: str, error: BaseException, *, at: Origin | None = None) -> Diagnostic:
    """Report a check that raised as a finding, so that it hides no other's; `at` is the pipeline's place."""
    stopped = _innermost(error)
    what = traceback.format_exception_only(error)[-1].strip()
    ends = (at, stopped) if at else (stopped,)
    return Diagnostic(
        rule=INTERNAL_ERROR,
        message=f"the check of {code} stopped on an error of its own",
        places=tuple(Place(origin, "stopped here" if origin is stopped else "") for origin in ends),
        subject=code,
        expected="a finding or none",
        found=what,
        help=f"file an issue with these lines and the pipeline; every finding but those of {code} is listed",
    )


def _innermost(error: BaseException) -> Origin:
    trace = error.__traceback__
    if trace is None:
        return Origin(__file__, 0)
    while trace.tb_next is not None:
        trace = trace.tb_next
    return Origin(trace.tb_frame.f_code.co_filename, trace.tb_lineno)
