"""Waivers and the clock: of several that cover a finding one that holds counts, and what is said changes on known days only."""

from __future__ import annotations

import datetime as dt

from stagelang.governance import Waiver
from stagelang.origin import Origin
from stagelang_compiler.checks.waivers import apply_waivers, last_day
from stagelang_compiler.diagnostics import Diagnostic, Place, Rule, Severity

RULE = Rule(code="SL901", name="shouting", severity=Severity.ERROR, summary="in capitals")
FOUND = Diagnostic(
    rule=RULE, message="'FIT' shouts", places=(Place(Origin("p.py", 1)),), subject="FIT", help="x"
)
DAY = dt.date(2026, 11, 23)


def _waiver(expires: dt.date, rule: str = "SL901", line: int = 3) -> Waiver:
    return Waiver(rule=rule, where="FIT", owner="a", reason="b", expires=expires, origin=Origin("p.py", line))


def _said(*waivers: Waiver, today: dt.date = DAY) -> list[str]:
    found = apply_waivers(waivers, [FOUND], today, rules=[RULE])
    return [f"{each.rule.code}{' waived' if each.waived_by else ''}" for each in found]


def test_a_waiver_renewed_beside_the_expired_one_holds() -> None:
    old, new = _waiver(dt.date(2026, 11, 1)), _waiver(dt.date(2027, 11, 1), line=9)
    assert _said(old) == ["SL901", "SL401"]
    assert _said(old, new) == _said(new, old) != _said(old)
    assert sorted(_said(old, new)) == ["SL401", "SL901 waived"]


def test_what_is_said_of_waivers_changes_on_no_day_but_those_that_are_told() -> None:
    waivers = [_waiver(DAY + dt.timedelta(days=days)) for days in (-3, 0, 9, 15, 40)]
    for one in waivers:
        for step in range(60):
            today = DAY + dt.timedelta(days=step)
            last = last_day([one.expires], today)
            for later in range(step, 60):
                day = DAY + dt.timedelta(days=later)
                if last is None or day <= last:
                    assert _said(one, today=day) == _said(one, today=today), (one.expires, today, day)
            if last is not None:
                after = last + dt.timedelta(days=1)
                assert _said(one, today=after) != _said(one, today=today)
    assert last_day([], DAY) is None
    assert last_day([DAY - dt.timedelta(days=1)], DAY) is None


def test_a_rule_that_the_project_lets_nobody_waive_stands_and_says_where_that_is_written() -> None:
    said_at = Origin("pyproject.toml", 2)
    found = apply_waivers(
        [_waiver(dt.date(2027, 11, 1))], [FOUND], DAY, rules=[RULE], unwaivable={"SL901": said_at}
    )
    standing, refused = found
    assert (standing.rule.code, standing.waived_by, refused.rule.code) == ("SL901", "", "SL403")
    assert [place.origin for place in refused.places] == [Origin("p.py", 3), said_at]
    assert refused.message == "rule SL901 can't be waived in this project"
