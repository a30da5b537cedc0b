"""What is free where, and which node goes there: the first in the plan's order that fits, without passing over what waits before it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import final

from attrs import define, field, frozen

CPU, MEMORY, GPU = "cpu", "memory", "gpu"
"""What nodes ask for: threads, bytes, graphics processors."""


@final
@frozen(kw_only=True)
class Needs:
    """What a node asks for while it runs.

    Args:
        amounts: how much of what, by name.
        threads: how many threads its numeric libraries may use.
        seconds: after how long it is stopped.
        alone: nothing else may run on its machine meanwhile.
    """

    amounts: tuple[tuple[str, float], ...]
    threads: int = 1
    seconds: float = float("inf")
    alone: bool = False


@final
@define(eq=False)
class Machine:
    """Something that carries out nodes: this machine, or a worker of a cluster. What isn't in `total` it doesn't have."""

    name: str
    total: Mapping[str, float]
    free: dict[str, float] = field(init=False)
    running: int = field(default=0, init=False)

    def __attrs_post_init__(self) -> None:
        self.free = dict(self.total)

    def could_hold(self, needs: Needs) -> bool:
        """Tell whether it has what is needed, once all else has ended."""
        return _fits(self.total, needs)

    def take(self, needs: Needs) -> Mapping[str, float]:
        """Use what a node needs and give what was taken, to be given back once the node has ended."""
        taken = dict(self.free) if needs.alone else dict(needs.amounts)
        _subtract(self.free, taken)
        self.running += 1
        return taken

    def give_back(self, taken: Mapping[str, float]) -> None:
        """Have free again what a node had taken."""
        for name, amount in taken.items():
            self.free[name] += amount
        self.running -= 1


@final
class Room:
    """What is free for one look at the nodes that wait; what is kept for one isn't given to those after it."""

    def __init__(self, machines: Sequence[Machine]) -> None:
        self._machines = machines
        self._left = {machine: machine.free for machine in machines}

    def find(self, needs: Needs) -> Machine | None:
        """Give a machine on which a node can start now: the one that has the fewest rare things and the most threads free."""
        fitting = [
            machine
            for machine, left in self._left.items()
            if _fits(left, needs) and not (needs.alone and machine.running)
        ]
        return min(fitting, key=self._rank) if fitting else None

    def could_hold(self, needs: Needs) -> bool:
        """Tell whether a node could start once all else has ended."""
        return any(machine.could_hold(needs) for machine in self._machines)

    def keep(self, needs: Needs) -> None:
        """Keep what a node needs on a machine that could hold it, so that smaller ones don't always go first."""
        able = [machine for machine in self._machines if machine.could_hold(needs)]
        if able:
            machine = min(able, key=self._rank)
            left = dict(self._left[machine])
            _subtract(left, machine.total if needs.alone else dict(needs.amounts))
            self._left[machine] = left

    def _rank(self, machine: Machine) -> tuple[float, float]:
        return machine.total.get(GPU, 0.0), -self._left[machine].get(CPU, 0.0)


def _fits(amounts: Mapping[str, float], needs: Needs) -> bool:
    return all(amounts.get(name, 0.0) >= amount for name, amount in needs.amounts)


def _subtract(amounts: dict[str, float], taken: Mapping[str, float]) -> None:
    for name, amount in taken.items():
        amounts[name] -= amount
