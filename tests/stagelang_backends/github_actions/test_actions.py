"""Pins: the settings' own, then a newer release of the same major in the committed file, then the table."""

from __future__ import annotations

import re

import pytest

from stagelang_backends.github_actions.actions import TABLE, pins
from stagelang_backends.protocol import WrongSettings
from tests.stagelang_backends.github_actions.plans import emit, random_plan

SHA = "0123456789" * 4


def test_every_row_of_the_table_is_a_release_and_a_commit_of_its_own() -> None:
    for pin in TABLE.values():
        assert re.fullmatch(r"v\d+\.\d+\.\d+", pin.version)
        assert re.fullmatch(r"[0-9a-f]{40}", pin.sha)
    assert len({pin.sha for pin in TABLE.values()}) == len(TABLE)


def test_an_emitted_file_uses_rows_of_the_table_only() -> None:
    used = re.findall(r"uses: ([\w-]+/[\w-]+)(?:/[\w-]+)*@(\S+) # (\S+)", emit(random_plan(9), jobs="each"))
    assert {(name, pin.sha, pin.version) for name, pin in TABLE.items()} == set(used)


@pytest.mark.parametrize(
    ("committed", "kept"),
    [
        ("v7.0.2", True),
        ("v7.1.0", True),
        ("v7.0.1", False),
        ("v7.0.0", False),
        ("v8.0.0", False),
        ("v6.9.9", False),
    ],
)
def test_a_newer_release_of_the_same_major_stays(committed: str, kept: bool) -> None:
    line = f"      - uses: actions/checkout@{SHA} # {committed}\n"
    assert (pins({}, line)["actions/checkout"].sha == SHA) is kept


def test_what_an_update_raised_in_the_file_stays_when_it_is_compiled_again() -> None:
    first = emit(random_plan(9), jobs="each")
    raised = re.sub(r"actions/cache(/\w+)@\w+ # v6.1.0", rf"actions/cache\1@{SHA} # v6.2.0", first)
    assert raised != first
    assert emit(random_plan(9), there=raised, jobs="each") == raised


def test_an_own_pin_wins() -> None:
    text = emit(random_plan(3), actions={"actions/checkout": f"v6.0.0 {SHA}"})
    assert f"uses: actions/checkout@{SHA} # v6.0.0\n" in text
    assert text.count(TABLE["actions/checkout"].sha) == 0


def test_a_pin_that_is_none_is_refused() -> None:
    with pytest.raises(WrongSettings, match=r"'v7' is no release and commit"):
        pins({"actions/checkout": "v7"}, "")
    with pytest.raises(WrongSettings, match=r"names 'else/where', which no emitted job uses"):
        pins({"else/where": f"v1.0.0 {SHA}"}, "")
