"""Which cluster a run uses, as its command line says."""

from __future__ import annotations

from typing import final

from attrs import frozen

TASK = "task"
"""What each node needs one of besides: a thread of the worker that waits for it."""


@final
@frozen(kw_only=True)
class ClusterOptions:
    """Which cluster to use.

    Args:
        local: start one on this machine with so many threads, reached by nobody else.
        scheduler: the address of a scheduler, such as 'tcp://10.0.0.1:8786'.
        scheduler_file: the file in which a scheduler has left its address.
        workers: how many workers to wait for before nodes are given to them.
        patience: for how many seconds to wait for the scheduler, and for workers, at the start and whenever none is left.
    """

    local: int | None = None
    scheduler: str = ""
    scheduler_file: str = ""
    workers: int = 1
    patience: float = 60.0

    @property
    def shown(self) -> str:
        """Name the scheduler."""
        return self.scheduler or self.scheduler_file or "this machine"
