"""Shows a run while it goes on: a live display on a terminal, plain lines elsewhere."""

from __future__ import annotations

import os
import sys
from collections.abc import Generator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, TextIO, final

from stagelang_runtime.execute.results import Event, Listener

if TYPE_CHECKING:
    from rich.progress import Progress

_WORDS = {
    "started": "run",
    "ran": "done",
    "hit": "same",
    "failed": "FAIL",
    "blocked": "skip",
    "healing": "heal",
    "again": "again",
}


@contextmanager
def progress(
    stream: TextIO | None = None, *, plain: bool | None = None, quiet: bool = False
) -> Generator[Listener]:
    """Give a listener that shows what happens.

    Args:
        stream: where; standard error unless said.
        plain: lines instead of a live display; unless said, where the stream is no terminal or CI runs.
        quiet: show failures only.
    """
    out = sys.stderr if stream is None else stream
    is_plain = not out.isatty() or bool(os.environ.get("CI")) if plain is None else plain
    if is_plain or quiet:
        yield PlainProgress(out, quiet=quiet)
        return
    from rich.console import Console
    from rich.progress import (
        BarColumn,
        MofNCompleteColumn,
        Progress,
        SpinnerColumn,
        TextColumn,
        TimeElapsedColumn,
    )

    columns = (
        SpinnerColumn(),
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
    )
    with Progress(*columns, console=Console(file=out), transient=True) as display:
        yield RichProgress(display)


@final
class PlainProgress:
    """One line for each node that ran, failed or was blocked; what was up to date is counted, not listed."""

    def __init__(self, stream: TextIO, *, quiet: bool = False) -> None:
        self._stream = stream
        self._quiet = quiet

    def __call__(self, event: Event) -> None:
        """Write the event's line, if it has one."""
        if event.kind in ("started", "hit") or (self._quiet and event.kind != "failed"):
            return
        for line in lines(event):
            self._stream.write(f"{line}\n")
        self._stream.flush()


@final
class RichProgress:
    """A bar for the run and a line for each node that is running; finished ones scroll by above."""

    def __init__(self, display: Progress) -> None:
        self._display = display
        self._all = display.add_task("pipeline", total=None)
        self._running: dict[str, Any] = {}

    def __call__(self, event: Event) -> None:
        """Show the event."""
        if event.kind == "started":
            self._running[event.node] = self._display.add_task(f"  {_escaped(event.node)}", total=None)
            return
        if event.node in self._running:
            self._display.remove_task(self._running.pop(event.node))
        self._display.update(self._all, total=event.total, completed=event.done)
        if event.kind != "hit":
            for line in lines(event):
                self._display.console.print(line, markup=False, highlight=False)


def lines(event: Event) -> list[str]:
    """Write an event as lines of text: what happened, how long it took, why, and what the node printed."""
    width = len(str(event.total))
    took = f" {event.seconds:.2f} s" if event.kind == "ran" else ""
    why = f" ({event.reason})" if event.reason and event.kind in ("ran", "healing") else ""
    found = [f"[{event.done:>{width}}/{event.total}] {_WORDS[event.kind]} {event.node}{took}{why}"]
    if event.failure is not None:
        found += [f"    {line}" for line in str(event.failure).splitlines()]
    failure = event.failure
    stdout, stderr = (failure.stdout, failure.stderr) if failure else (event.stdout, event.stderr)
    found += [f"    {event.node} | {line}" for text in (stdout, stderr) for line in text.splitlines()]
    return found


def _escaped(text: str) -> str:
    return text.replace("[", "\\[")
