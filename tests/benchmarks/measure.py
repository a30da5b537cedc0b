"""Measures programs: wall and processor time of whole processes, in turns, so that a busy machine slows all alike."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import final

from attrs import frozen

BIN = Path(sys.executable).parent
_QUIET = {
    "DAGSTER_DISABLE_TELEMETRY": "1",
    "DO_NOT_TRACK": "1",
    "DVC_NO_ANALYTICS": "1",
    "HAMILTON_TELEMETRY_ENABLED": "false",
    "KEDRO_DISABLE_TELEMETRY": "1",
}


class Failed(Exception):
    """A program ended with an error: what it printed last."""


class TooLong(Exception):
    """A program took longer than it was given."""


@final
@frozen
class Timing:
    """Seconds on the wall, and of processors in user and system mode with all processes that a program waited for."""

    wall: float
    cpu: float

    def __sub__(self, other: Timing) -> Timing:
        return Timing(max(0.0, self.wall - other.wall), max(0.0, self.cpu - other.cpu))

    def __truediv__(self, parts: int) -> Timing:
        return Timing(self.wall / parts, self.cpu / parts)


def run(command: Sequence[str | Path], folder: Path, *, within: float) -> tuple[Timing, str]:
    """Run a program to its end and give what it took and printed. Raises Failed, TooLong, FileNotFoundError.

    Args:
        command: the program and its arguments.
        folder: where it runs.
        within: the seconds that it may take.
    """
    with tempfile.TemporaryFile() as printed:
        begun = time.perf_counter()
        process = subprocess.Popen(
            [os.fspath(each) for each in command],
            cwd=folder,
            env={**os.environ, **_QUIET},
            stdin=subprocess.DEVNULL,
            stdout=printed,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
        ended = threading.Timer(within, os.killpg, (process.pid, signal.SIGKILL))
        ended.start()
        _, status, usage = os.wait4(process.pid, 0)
        wall = time.perf_counter() - begun
        ended.cancel()
        process.returncode = os.waitstatus_to_exitcode(status)
        printed.seek(0)
        text = printed.read().decode(errors="replace")
    if process.returncode == -signal.SIGKILL and wall >= within:
        raise TooLong(f"> {within:g} s")
    if process.returncode:
        raise Failed(f"{' '.join(map(str, command))} ended with {process.returncode}:\n{_shortened(text)}")
    return Timing(wall, usage.ru_utime + usage.ru_stime), text


def _shortened(text: str) -> str:
    return text if len(text) <= 3000 else f"{text[:2000]}\n[...]\n{text[-1000:]}"


def in_turns(
    runs: Mapping[tuple[str, int], Callable[[], Timing]], rounds: int
) -> dict[tuple[str, int], list[Timing]]:
    """Carry out runs by (tool, size), each once a round; one that fails or takes too long is said and left out."""
    found: dict[tuple[str, int], list[Timing]] = {key: [] for key in runs}
    left_out: set[tuple[str, int]] = set()
    for _ in range(rounds):
        for key, once in runs.items():
            if key in left_out:
                continue
            try:
                found[key].append(once())
            except (Failed, TooLong, FileNotFoundError) as error:
                left_out.add(key)
                say(f"  {key[0]} at {key[1]:,}: {error}")
    return {key: timings for key, timings in found.items() if timings}


def flush_seconds(times: int = 50) -> float:
    """Give what it takes here, on the average, until the disk has the bytes of a small new file."""
    begun = time.perf_counter()
    for _ in range(times):
        with tempfile.NamedTemporaryFile() as file:
            file.write(b"some bytes")
            file.flush()
            os.fsync(file.fileno())
    return (time.perf_counter() - begun) / times


def say(text: str) -> None:
    """Tell what is going on, beside the results."""
    print(text, file=sys.stderr, flush=True)
