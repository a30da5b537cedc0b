"""A spec with a fault of each rule of governance is told just these, but for licences: they are judged where nothing else is wrong."""

from __future__ import annotations

from pathlib import Path

from tests.stagelang_compiler.conftest import PRELUDE, Check

_SETTINGS = """\
[tool.stagelang]
require.owner = ["pipelines"]
require.description = ["metrics"]
require.version = ["contracts"]
require.budget = ["pipelines"]
owners.allowed = ["vision"]
names.sources = "[a-z]+"
budget.wall = "1min"
budgets = 1
unwaivable = ["SL409"]
"""
_SPEC = """
import datetime as dt


def accepted(rule: str, where: str, *, owner: str = "vision", day: str = "2027-01-01") -> Waiver:
    return Waiver(rule=rule, where=where, owner=owner, reason="so be it", expires=dt.date.fromisoformat(day))


@stage(owner="visoin", budget=Budget(wall="2min"), resources=Resources(time="1min", memory="2 gigs"))
def slow(scans: Table[Scans, S]) -> Table[Scans, S]:
    return scans

raw = source(Scans, "data/raw.csv", name="raw1")
clean(raw)
pipeline = Pipeline("p", seed=1, outputs=[slow(raw)], metrics=[accuracy(halves.test)], waivers=[
    accepted("SL120", "clean", day="2026-11-30"),
    accepted("unused-call", "clean"),
    accepted("SL203", "slow"),
    accepted("SL204", "slow", day="2026-11-01"),
    accepted("SL205", "slow", owner=""),
    accepted("SL409", "accuracy"),
])
"""


def test_a_spec_with_faults_of_sixteen_rules_is_told_just_these(check: Check, tmp_path: Path) -> None:
    (tmp_path / "pyproject.toml").write_text(_SETTINGS, encoding="utf-8")
    found = [each for each in check(PRELUDE + _SPEC).diagnostics if not each.waived_by]
    assert sorted(each.rule.code for each in found) == [
        *(f"SL4{number:02d}" for number in range(1, 12)),
        *(f"SL4{number:02d}" for number in range(14, 19)),
    ]
