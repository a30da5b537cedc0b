"""Tests of rules, findings and suggestions."""

from __future__ import annotations

import re
from functools import cache
from itertools import permutations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stagelang.origin import Origin
from stagelang_compiler.diagnostics import (
    INTERNAL_ERROR,
    Diagnostic,
    Place,
    Rule,
    Severity,
    did_you_mean,
    finding_count,
    internal_error,
    sort_key,
)

_CYCLE = Rule(code="SL104", name="cycle-of-stages", severity=Severity.ERROR, summary="stages form a cycle")
_UNUSED = Rule(
    code="SL105", name="unused-output", severity=Severity.WARNING, summary="nothing reads an output"
)


def _finding(
    file: str = "pipeline.py", line: int = 7, rule: Rule = _CYCLE, message: str = "m", waived_by: str = ""
) -> Diagnostic:
    return Diagnostic(
        rule=rule, message=message, places=(Place(Origin(file, line)),), help="h", waived_by=waived_by
    )


@pytest.mark.parametrize("code", ["104", "SL04", "SL1040", "sl104", "SL014", "SL104\n"])
def test_a_code_is_sl_and_three_digits(code: str) -> None:
    refusal = f"a rule's code is SL and three digits, such as 'SL104', not {code!r}"
    with pytest.raises(ValueError, match=f"^{re.escape(refusal)}$"):
        Rule(code=code, name="cycle-of-stages", severity=Severity.ERROR, summary="s")


@pytest.mark.parametrize("name", ["Cycle", "cycle_of_stages", "cycle--of", "-cycle", "cycle-", "", "1-cycle"])
def test_a_name_is_kebab_case(name: str) -> None:
    refusal = f"a rule's name is lower-case words joined by '-', such as 'cycle-of-stages', not {name!r}"
    with pytest.raises(ValueError, match=f"^{re.escape(refusal)}$"):
        Rule(code="SL104", name=name, severity=Severity.ERROR, summary="s")


def test_a_finding_without_a_place_is_refused() -> None:
    with pytest.raises(ValueError, match=r"^a finding of SL104 names at least one place, got none$"):
        Diagnostic(rule=_CYCLE, message="m", places=(), help="h")


def test_a_finding_of_an_unwaivable_rule_is_never_waived() -> None:
    with pytest.raises(ValueError, match=r"^a finding of SL100 can't be waived, got waived_by='ops'$"):
        _finding(rule=INTERNAL_ERROR, waived_by="ops")


def test_findings_are_ordered_by_file_line_code_and_message() -> None:
    right = [
        _finding(file="a.py", line=9),
        _finding(line=7),
        _finding(line=10, message="a"),
        _finding(line=10, message="b"),
        _finding(line=10, rule=_UNUSED, message="a"),
    ]
    assert all(sorted(order, key=sort_key) == right for order in permutations(right))


def test_findings_that_differ_in_their_second_place_alone_have_an_order() -> None:
    first, second = (
        Diagnostic(
            rule=_CYCLE, message="m", places=(Place(Origin("p.py", 7)), Place(Origin("p.py", n))), help="h"
        )
        for n in (1, 2)
    )
    assert sorted([second, first], key=sort_key) == [first, second]


def test_waived_findings_do_not_count() -> None:
    findings = [_finding(), _finding(line=8), _finding(rule=_UNUSED), _finding(waived_by="ops")]
    assert finding_count(findings) == {Severity.ERROR: 2, Severity.WARNING: 1, Severity.NOTE: 0}


@pytest.mark.parametrize(
    ("word", "known", "meant"),
    [
        ("lable", ["label", "table"], "label"),
        ("inkk", ["ink", "label"], "ink"),
        ("LABEL", ["label"], "label"),
        ("writer_idx", ["writer", "writer_id"], "writer_id"),
        ("colour", ["label", "ink"], None),
        ("scan_identity", ["scan_id"], None),
        ("cat", ["bat", "art"], "bat"),
        ("bet", ["bit", "bat"], "bat"),
        ("abcd", ["babcd", "xabcd"], "babcd"),
        ("x", ["y"], None),
        ("ab", ["cd"], None),
        ("ink", ["ink"], None),
        ("ink", [], None),
    ],
)
def test_the_nearest_known_word_is_meant(word: str, known: list[str], meant: str | None) -> None:
    assert did_you_mean(word, known) == meant


@cache
def _distance(a: str, b: str) -> int:
    """The optimal string alignment distance by its textbook recurrence."""
    if not a or not b:
        return len(a) + len(b)
    ways = [_distance(a[:-1], b) + 1, _distance(a, b[:-1]) + 1, _distance(a[:-1], b[:-1]) + (a[-1] != b[-1])]
    if len(a) > 1 and len(b) > 1 and a[-1] == b[-2] and a[-2] == b[-1]:
        ways.append(_distance(a[:-2], b[:-2]) + 1)
    return min(ways)


_WORDS = st.text("abc", min_size=4, max_size=9)


@given(_WORDS, st.lists(_WORDS, max_size=6))
def test_the_word_that_is_meant_is_at_the_least_distance_of_two_or_less(word: str, known: list[str]) -> None:
    ranked = sorted((_distance(word, other), other) for other in set(known) - {word})
    expected = next((other for distance, other in ranked if distance <= 2), None)
    assert did_you_mean(word, known) == expected


def _crash() -> Exception:
    try:
        dict[str, int]()["ink"]
    except KeyError as error:
        return error
    raise AssertionError


class _MuteError(Exception):
    def __str__(self) -> str:
        raise RuntimeError("no text")


def test_a_check_that_raises_is_a_finding_at_the_pipeline_and_at_the_line_that_raised() -> None:
    finding = internal_error("SL201", _crash(), at=Origin("pipeline.py", 0))
    assert finding.rule is INTERNAL_ERROR
    assert finding.message == "the check of SL201 stopped on an error of its own"
    assert finding.found == "KeyError: 'ink'"
    assert finding.places == (
        Place(Origin("pipeline.py", 0)),
        Place(Origin(__file__, _crash.__code__.co_firstlineno + 2), "stopped here"),
    )


def test_an_error_whose_text_raises_is_a_finding_too() -> None:
    finding = internal_error("SL201", _MuteError())
    assert finding.found.endswith("_MuteError: <exception str() failed>")
    assert len(finding.places) == 1
