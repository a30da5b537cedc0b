"""What a stage may ask while it runs: its seed."""

from __future__ import annotations

from collections.abc import Generator
from contextlib import contextmanager
from contextvars import ContextVar

_SEED: ContextVar[int | None] = ContextVar("stagelang_seed", default=None)


def seed() -> int:
    """Give the running stage's seed, 0 ≤ seed < 2**32; outside of a run it is 0, so that tests repeat.

    It derives from the pipeline's seed, the stage's name and the replicate alone.
    Python's and numpy's global generators start from it too.
    """
    value = _SEED.get()
    return 0 if value is None else value


@contextmanager
def running(stage_seed: int) -> Generator[None]:
    """Say that a stage's body runs with this seed; used by the runtime."""
    token = _SEED.set(stage_seed)
    try:
        yield
    finally:
        _SEED.reset(token)


def is_running() -> bool:
    """Tell whether a stage's body is running, so that stages called from it run too."""
    return _SEED.get() is not None
