"""What a spec declared while it was loaded, so that the compiler sees also what no pipeline reaches."""

from __future__ import annotations

from collections.abc import Generator
from contextlib import contextmanager
from typing import Any, final

from attrs import define, field


@final
@define
class Recording:
    """Everything declared since the recording began, in order."""

    stages: list[Any] = field(factory=list[Any])
    calls: list[Any] = field(factory=list[Any])
    contracts: list[Any] = field(factory=list[Any])
    pipelines: list[Any] = field(factory=list[Any])


_current: Recording | None = None


@contextmanager
def record() -> Generator[Recording]:
    """Record all declarations made inside; recordings nest, and the innermost takes all."""
    global _current
    outer, recording = _current, Recording()
    _current = recording
    try:
        yield recording
    finally:
        _current = outer


def recorded(kind: str, declared: object) -> None:
    """Note a declaration if a recording is on."""
    if _current is not None:
        getattr(_current, kind).append(declared)
