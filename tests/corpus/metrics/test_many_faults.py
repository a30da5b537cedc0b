"""A spec with faults of eleven rules is told just these, and a check that breaks hides no other's."""

from __future__ import annotations

import pytest

from stagelang_compiler.checks import metric_meaning
from tests.stagelang_compiler.conftest import PRELUDE, Check

_SPEC = """
import datetime as dt

from stagelang import f1, total
from stagelang import ratio as ratio_of_sums


class Rows(Contract, rows=(1, 40)):
    key: Column[int] = column(key=True)
    at: Column[dt.date] = column(time=True)
    rate: Column[float] = column(adds="never")
    waited: Column[float] = column(unit=u.MILLISECOND)
    digit: Column[int] = column(ge=0, le=9)
    lift: Column[float] = column(role="weight")
    balance: Column[float] = column(adds="not_over_time")
    stars: Column[int] = column(scale="ordinal")
    right: Column[bool]
    views: Column[int] = column(ge=1)


class Views(Rows, rows=(1, 40)):
    rate: Column[float] = column(adds="always")


def ours(name: str, unit: Any, aggregate: Any) -> Any:
    return metric(unit=unit, better="higher", range=(None, None), aggregate=aggregate, undefined="error", version="1", name=name)

@ours("rate", u.RATIO, mean())
def rate(rows: Table[Rows]) -> PerRow[u.RATIO]:
    return PerRow(rows.pandas[Rows.rate])

@ours("wait", u.SECOND, mean())
def wait(rows: Table[Rows]) -> PerRow[u.SECOND]:
    return PerRow(rows.pandas[Rows.waited])

@ours("found", u.RATIO, f1())
def found(rows: Table[Rows]) -> PerRow[u.RATIO]:
    return PerRow(rows.pandas[Rows.digit], rows.pandas[Rows.right])

@ours("lifted", u.RATIO, ratio_of_sums())
def lifted(rows: Table[Rows]) -> PerRow[u.RATIO]:
    frame = rows.pandas
    return PerRow(frame[Rows.stars] * frame[Rows.lift], frame[Rows.lift])

@ours("owned", u.COUNT, total())
def owned(rows: Table[Rows]) -> PerRow[u.COUNT]:
    return PerRow(rows.pandas[Rows.balance])

@ours("stars", u.COUNT, mean())
def stars(rows: Table[Rows]) -> PerRow[u.COUNT]:
    return PerRow(rows.pandas[Rows.stars])

@ours("clicked", u.RATIO, mean())
def clicked(rows: Table[Rows]) -> PerRow[u.RATIO]:
    return PerRow(rows.pandas[Rows.stars] / rows.pandas[Rows.views])

@ours("right", u.RATIO, mean())
def right(rows: Table[Rows]) -> PerRow[u.RATIO]:
    return PerRow(rows.pandas[Rows.right])

rows = source(Rows, "data/rows.parquet")
shares = right(rows)
pipeline = Pipeline(
    "p", seed=1, metrics=[rate(rows), wait(rows), found(rows), lifted(rows), owned(rows), stars(rows), clicked(rows)],
    gates=[shares.at_least(0.95), shares.not_worse_than("good", tolerance=0)], experiments=[Seeds(2)],
)
"""
_FAULTS = ["SL501", "SL502", "SL506", "SL507", "SL508", "SL511", "SL512", "SL513", "SL514", "SL520", "SL521"]


def _codes(check: Check) -> list[str]:
    findings = check(PRELUDE + _SPEC).diagnostics
    return sorted(each.rule.code for each in findings if each.rule.code not in ("SL120", "SL700"))


def test_a_spec_with_faults_of_eleven_rules_is_told_just_these(check: Check) -> None:
    assert _codes(check) == _FAULTS


def test_a_check_that_breaks_hides_no_others_findings(check: Check, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(measured: object) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr(metric_meaning, "columns_judged", broken)
    assert _codes(check) == ["SL100", "SL512", "SL513", "SL514", "SL521"]
