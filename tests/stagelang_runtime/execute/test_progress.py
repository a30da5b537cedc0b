"""Progress is plain lines in a file or in CI, and a live display on a terminal."""

from __future__ import annotations

import io
from typing import Any

import pytest

from stagelang_runtime.execute.failure import Failure
from stagelang_runtime.execute.progress import PlainProgress, RichProgress, progress
from stagelang_runtime.execute.results import Event, Reason

EVENTS = [
    Event(kind="hit", node="scans", done=1, total=12),
    Event(kind="started", node="embed[1]", done=1, total=12),
    Event(
        kind="ran",
        node="embed[1]",
        done=2,
        total=12,
        seconds=1.234,
        reason=Reason(component="code", text="code changed"),
        stdout="one\ntwo",
    ),
    Event(
        kind="failed",
        node="fit",
        done=3,
        total=12,
        failure=Failure(kind="exception", message="stage 'fit' raised E", help="do that", stderr="oh"),
    ),
    Event(kind="blocked", node="decide", done=4, total=12),
]

LINES = """\
[ 2/12] done embed[1] 1.23 s (code changed)
    embed[1] | one
    embed[1] | two
[ 3/12] FAIL fit
    stage 'fit' raised E
      help: do that
    fit | oh
[ 4/12] skip decide
"""


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def shown(stream: io.StringIO, *, quiet: bool = False) -> tuple[type[Any], str]:
    with progress(stream, quiet=quiet) as listener:
        for event in EVENTS:
            listener(event)
    return type(listener), stream.getvalue()


def test_lines_are_plain_where_there_is_no_terminal() -> None:
    assert shown(io.StringIO()) == (PlainProgress, LINES)


def test_lines_are_plain_in_ci(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CI", "true")
    assert shown(Terminal()) == (PlainProgress, LINES)


def test_quiet_shows_failures_only() -> None:
    _, text = shown(io.StringIO(), quiet=True)
    assert text == "[ 3/12] FAIL fit\n    stage 'fit' raised E\n      help: do that\n    fit | oh\n"


def test_a_terminal_gets_a_live_display_with_the_same_lines(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("CI", raising=False)
    monkeypatch.setenv("TERM", "xterm")
    kind, text = shown(Terminal())
    assert kind is RichProgress
    for line in LINES.splitlines():
        assert line in text
    assert "pipeline" in text
