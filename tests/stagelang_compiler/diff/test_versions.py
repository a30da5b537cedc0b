"""SL240 to SL243: which version a change asks for, and whole texts of what is said where it lacks one."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Mapping
from pathlib import Path

import pytest

from stagelang_compiler.diagnostics import Diagnostic
from stagelang_compiler.diff import diff, version_findings
from stagelang_compiler.diff.versions import next_version, raised_enough
from stagelang_compiler.rendering import render
from tests.stagelang_compiler.diff.edits import EDITS, compiled, plan_of

SAID = Path(__file__).parent / "broken"
TODAY = dt.date(2026, 12, 1)

SPEC = '''\
from stagelang import Column, Contract, PerRow, Pipeline, Table, Test, column, mean, metric, source, split, stage
from stagelang import units as u


class Rides(Contract, version="1.4", owner="fleet"):
    """One ride a row."""

    ride: Column[int] = column(key=True)
    fare: Column[float] = column(ge=0, le=100, unit=u.USD)
    tip: Column[float] = column(ge=0, unit=u.USD)


class Paid(Contract):
    """Rides that were paid."""

    ride: Column[int] = column(key=True)
    fare: Column[float] = column(ge=0, unit=u.USD)


@stage(owner="money")
def paid(rides: Table[Rides]) -> Table[Paid]:
    return rides.derive(Paid, rides.pandas)


@metric(unit=u.USD, better="lower", range=(0, None), aggregate=mean(), undefined="error", version="1", owner="money")
def fare(rides: Table[Paid, Test]) -> PerRow[u.USD]:
    return PerRow(rides.pandas[Paid.fare])


rides = source(Rides, "rides.csv", owner="fleet")
price = fare(split(paid(rides), by=Paid.ride, test=0.5).test)
pipeline = Pipeline("rides", seed=1, owner="money", metrics=[price], gates=[price.at_most(5)])
'''

_TIP = "    tip: Column[float] = column(ge=0, unit=u.USD)\n"
_ACCEPTED = """\
import units as u
from datetime import date

ACCEPTED = Waiver(rule="SL240", where="Rides", owner="cfo", reason="nobody reads tips", expires=date(2026, 12, 31))
"""
_WAIVER = (
    "gates=[price.at_most(5)])",
    "gates=[price.at_most(5)], waivers=[ACCEPTED])",
)
_IMPORTS = ("import Column,", "import Waiver, Column,"), ("import units as u\n", _ACCEPTED)
CHANGES: Mapping[str, tuple[tuple[str, str], ...]] = {
    "a removed column": ((_TIP, ""),),
    "a removed column and a version raised too little": ((_TIP, ""), ('"1.4"', '"1.5"')),
    "a renamed column": (("tip:", "gratuity:"),),
    "many changes": ((_TIP, ""), ("le=100", "le=200"), ("fare: Column[float]", "fare: Column[int]")),
    "a wider range of a contract without a version among its team": (
        ("fare: Column[float] = column(ge=0, unit", "fare: Column[float] = column(unit"),
    ),
    "a removed column and a version taken away": ((_TIP, ""), (', version="1.4"', "")),
    "without a version: a removed column that another team reads": ((_TIP, ""),),
    "a stricter need": (("le=100", "le=50"),),
    "another formula": (("PerRow(rides.pandas[Paid.fare])", "PerRow(2 * rides.pandas[Paid.fare])"),),
    "another direction": (('better="lower"', 'better="higher"'), ("at_most", "at_least")),
    "a renamed metric": (("def fare(", "def charge("), ("price = fare(", "price = charge(")),
    "a lowered version": (('"1.4"', '"1.3"'),),
    "a version taken away": ((', version="1.4"', ""),),
    "a waived one": ((_TIP, ""), _WAIVER, *_IMPORTS),
    "a contract that is gone": (
        ("class Rides(Contract", "class Trips(Contract"),
        ("Rides", "Trips"),
        (_TIP, ""),
    ),
}
SILENT: Mapping[str, tuple[tuple[str, str], ...]] = {
    "nothing": (),
    "a removed column and a raised version": ((_TIP, ""), ('"1.4"', '"2.0"')),
    "a stricter need and any higher version": (("le=100", "le=50"), ('"1.4"', '"1.4.1"')),
    "an added contract": (("class Paid(", "class Other(Contract):\n    x: Column[int]\n\n\nclass Paid("),),
    "another formula and a raised version": (
        ("PerRow(rides.pandas[Paid.fare])", "PerRow(2 * rides.pandas[Paid.fare])"),
        ('version="1", owner', 'version="2", owner'),
    ),
    "comments, layout and words": (
        (
            "    return PerRow(rides.pandas[Paid.fare])",
            "    # dollars\n    return PerRow(\n        rides.pandas[Paid.fare]\n    )",
        ),
        (
            "column(ge=0, le=100, unit=u.USD)",
            "column(\n        ge=0,\n        le=100,  # for now\n        unit=u.USD,\n    )",
        ),
        ("One ride a row.", "A ride."),
    ),
    "a gate": (("at_most(5)", "at_most(6)"),),
    "a first version": (
        ("class Paid(Contract)", 'class Paid(Contract, version="1")'),
        ("fare: Column[float] = column(ge=0, unit", "fare: Column[float] = column(unit"),
    ),
    "a contract with all its columns under another name, and a raised version": (
        ("Rides", "Trips"),
        ('"1.4"', '"2.0"'),
    ),
}


def found_in(changes: tuple[tuple[str, str], ...], base: str = SPEC) -> tuple[Diagnostic, ...]:
    text = base
    for old, new in changes:
        assert old in text, old
        text = text.replace(old, new)
    return version_findings(diff(compiled(base), compiled(text)), base="main", today=TODAY)


def _file(name: str) -> str:
    return name.replace(":", "").replace(" ", "_")


@pytest.mark.parametrize("name", CHANGES)
def test_a_breaking_change_without_a_version_is_told_whole(name: str, bless: bool, tmp_path: Path) -> None:
    base = SPEC.replace(', version="1.4"', "") if name.startswith("without a version") else SPEC
    found = found_in(CHANGES[name], base)
    assert found
    (tmp_path / "none").mkdir()  # no source at hand: places without their lines
    text = render(found, format="text", root=tmp_path / "none")
    path = SAID / f"{_file(name)}.txt"
    if bless:
        SAID.mkdir(exist_ok=True)
        path.write_text(text, encoding="utf-8")
    assert path.read_text(encoding="utf-8") == text, "if this is right, run pytest --bless"


def test_no_text_is_left_over() -> None:
    assert sorted(path.stem for path in SAID.glob("*")) == sorted(map(_file, CHANGES))


@pytest.mark.parametrize("name", SILENT)
def test_what_is_safe_or_told_by_a_version_gives_no_finding(name: str) -> None:
    assert found_in(SILENT[name]) == ()


@pytest.mark.parametrize("name", sorted(set(EDITS) - {"a_renamed_scope", "a_renamed_helper"}))
def test_edits_of_the_examples_that_break_nothing_give_no_finding(name: str) -> None:
    example = EDITS[name].example
    assert version_findings(diff(plan_of(example), plan_of(example, name)), base="main", today=TODAY) == ()


def test_a_waiver_covers_a_finding_until_its_last_day() -> None:
    text = SPEC
    for old, new in CHANGES["a waived one"]:
        text = text.replace(old, new)
    found = diff(compiled(SPEC), compiled(text))
    for day, waived in ((31, "cfo, for 'Rides', until 2026-12-31: nobody reads tips"), (32, "")):
        today = dt.date(2026, 12, 1) + dt.timedelta(days=day - 1)
        assert [each.waived_by for each in version_findings(found, base="main", today=today)] == [waived]


@pytest.mark.parametrize(
    ("old", "new", "for_consumers", "for_producers"),
    [
        ("1.0", "1.0", False, False),
        ("1.0", "1.1", False, True),
        ("1.0", "2.0", True, True),
        ("1.0", "2", True, True),
        ("1", "1.0.1", False, True),
        ("1.9", "1.10", False, True),
        ("9", "10", True, True),
        ("0.4", "0.4.1", False, True),
        ("0.4", "0.5", True, True),
        ("0.4", "1.0", True, True),
        ("0", "1", True, True),
        ("0", "0.1", True, True),
        ("1.0", "1", False, False),
        ("2026-11", "2026-12", True, True),
        ("2026-11", "2026-11", False, False),
        ("2026-11", "", False, False),
    ],
)
def test_a_breaking_change_asks_for_a_higher_version(
    old: str, new: str, for_consumers: bool, for_producers: bool
) -> None:
    assert raised_enough(old, new, breaks_consumers=True) is for_consumers
    assert raised_enough(old, new, breaks_consumers=False) is for_producers


@pytest.mark.parametrize(
    ("old", "for_consumers", "for_producers"),
    [
        ("1", "2", "2"),
        ("1.4", "2.0", "1.5"),
        ("1.4.2", "2.0.0", "1.5.0"),
        ("0.4", "0.5", "0.5"),
        ("0", "1", "1"),
        ("v2", "1", "1"),
    ],
)
def test_the_version_that_is_proposed_is_enough(old: str, for_consumers: str, for_producers: str) -> None:
    for breaks_consumers, expected in ((True, for_consumers), (False, for_producers)):
        assert next_version(old, breaks_consumers=breaks_consumers) == expected
        assert raised_enough(old, expected, breaks_consumers=breaks_consumers)


def test_lines_of_the_base_bear_its_name_in_every_format(tmp_path: Path) -> None:
    found = found_in(CHANGES["a removed column"])
    places = json.loads(render(found, format="json", root=tmp_path))[0]["places"]
    assert {"file": "pipeline.py", "line": 5, "text": "as it was", "revision": "main"} in places
    assert {"file": "pipeline.py", "line": 10, "text": "column 'tip' before", "revision": "main"} in places
    (result,) = json.loads(render(found, format="sarif", root=tmp_path))["runs"][0]["results"]
    assert "\ncolumn 'tip' before: main:pipeline.py:10\n" in result["message"]["text"]
    assert [each["message"]["text"] for each in result["relatedLocations"]] == ["used by 'paid' of money"]
    assert "main:pipeline.py:10" in render(found, format="github", root=tmp_path)
    assert "main:pipeline.py:10" in render(found, format="junit", root=tmp_path)
