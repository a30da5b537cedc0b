"""What a run asks of whatever carries its nodes out: workers on this machine, or those of a cluster."""

from __future__ import annotations

import queue
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any, Protocol, TypeAlias, final

from attrs import frozen

from stagelang_compiler.plan import Node, Plan
from stagelang_runtime.execute.job import Job
from stagelang_runtime.execute.machines import Machine, Needs
from stagelang_runtime.execute.pool import Reply
from stagelang_runtime.store import Store


@final
@frozen
class Answer:
    """What became of a node: 'receipt', or 'failure', or 'lost' with the producer and digest of an input that is gone."""

    node: str
    said: dict[str, Any]


@final
class EngineLost(Exception):
    """Nothing can be carried out any more, as when a cluster's scheduler is gone."""

    def __init__(self, message: str, help: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.help = help


Inbox: TypeAlias = "queue.SimpleQueue[Reply | Answer | EngineLost | None]"
"""Where all that an engine hears arrives; None makes the run look up, as when it is interrupted or a machine has come."""


class Engine(Protocol):
    """Carries out nodes where it is told to; which and when is the run's to say."""

    @property
    def machines(self) -> Sequence[Machine]:
        """What can carry out nodes now. Raises EngineLost."""
        ...

    def needs(self, node: Node, attempt: int, *, alone: bool) -> Needs:
        """Say what a node asks for, the first or a later time."""
        ...

    def missing(self, needs: Needs) -> str:
        """Say what no machine has that a node needs; nothing where one may still come."""
        ...

    def start(self, job: Job, needs: Needs, machine: Machine) -> None:
        """Have a node carried out, whose answer comes later. Raises OSError, EngineLost."""
        ...

    def hear(self) -> Answer | None:
        """Wait for an answer, or until there is reason to look up. Raises EngineLost."""
        ...


MakeEngine: TypeAlias = Callable[[Plan, Path, Store, Inbox], AbstractContextManager[Engine]]
"""Makes the engine of one run of a plan in a folder with a store; leaving its context ends all that it started."""
