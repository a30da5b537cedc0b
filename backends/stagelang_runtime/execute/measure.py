"""Measures what a node uses: elapsed seconds and the peak of resident memory."""

from __future__ import annotations

import sys
import time
from pathlib import Path
from typing import Any, final

_STATUS = Path("/proc/self/status")
_RESET = Path("/proc/self/clear_refs")


@final
class Meter:
    """Starts measuring when it is made.

    Where Linux allows it the process's high-water mark is set back first, so that the peak is the node's own, on top of
    the interpreter and its libraries; elsewhere it is the worker's since it started, which may be another node's.
    """

    def __init__(self) -> None:
        self._was_reset = _reset()
        self._started = time.perf_counter()

    def stop(self) -> dict[str, Any]:
        """Give 'seconds' and 'memory': the peak in bytes and what was measured."""
        seconds = time.perf_counter() - self._started
        peak = _high_water() if self._was_reset else None
        memory = (
            {"peak_bytes": peak, "measured": "worker's peak while the node ran"}
            if peak is not None
            else {"peak_bytes": _peak_since_start(), "measured": "worker's peak since it started"}
        )
        return {"seconds": round(seconds, 6), "memory": memory}


def _reset() -> bool:
    try:
        _RESET.write_bytes(b"5")
    except OSError:
        return False
    return True


def _high_water() -> int | None:
    try:
        text = _STATUS.read_text()
    except OSError:
        return None
    for line in text.splitlines():
        if line.startswith("VmHWM:"):
            return int(line.split()[1]) * 1024
    return None


def _peak_since_start() -> int | None:
    try:
        import resource
    except ImportError:  # Windows
        return None
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak if sys.platform == "darwin" else peak * 1024
