"""Who answers for a stage, what it may cost, and which findings are accepted for now."""

from __future__ import annotations

import datetime as dt
from typing import final

from attrs import field, frozen

from stagelang.origin import Origin, caller_origin


@final
@frozen(kw_only=True)
class Budget:
    """What a stage, or a whole pipeline, may use; the local run measures and judges it.

    Args:
        wall: elapsed time, such as "20s", "5min", "1h30min".
        memory: peak resident memory, such as "512MB", "2GiB".
    """

    wall: str = ""
    memory: str = ""
    origin: Origin = field(factory=caller_origin, eq=False, repr=False)


@final
@frozen(kw_only=True)
class Resources:
    """What a stage needs from the machine that runs it.

    Args:
        cpus: threads that the stage's libraries may use.
        memory: the most memory it needs, such as "4GB".
        gpus: how many graphics processors it needs.
        time: after how long it is stopped, such as "10min".
        attempts: how often it is tried where it raises, dies, or runs out of memory or time; never after a failed gate.
            Each attempt asks for as much memory more as the first.
    """

    cpus: int = 1
    memory: str = ""
    gpus: int = 0
    time: str = ""
    attempts: int = 1
    origin: Origin = field(factory=caller_origin, eq=False, repr=False)


@final
@frozen(kw_only=True)
class Waiver:
    """An accepted finding: it stays counted and visible, but no longer fails the check until it expires.

    Args:
        rule: the rule's code or name, such as "SL204".
        where: the stage, contract, metric or distribution it is accepted for; "*" for all.
        owner: who answers for accepting it.
        reason: why.
        expires: the last day on which it holds.
    """

    rule: str
    where: str
    owner: str
    reason: str
    expires: dt.date
    origin: Origin = field(factory=caller_origin, eq=False, repr=False)
