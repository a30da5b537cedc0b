"""Finds the distributions that a plan's stages bring: those that their code imports, and what these require."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Mapping
from typing import final

from attrs import frozen

from stagelang.origin import Origin
from stagelang_compiler.fingerprint.distributions import required
from stagelang_compiler.plan import Plan


@final
@frozen(kw_only=True)
class Reached:
    """A distribution, the stages or metrics that bring it, the nearest first, and the way to it from what that one imports."""

    name: str
    stages: tuple[str, ...]
    way: tuple[str, ...]
    origin: Origin


def reached(plan: Plan) -> tuple[Reached, ...]:
    """Give all distributions that a plan's code reaches, by name."""
    brings: dict[str, list[tuple[tuple[str, ...], str, Origin]]] = {}
    for name, origin, imported in _imports(plan):
        for distribution, way in ways(imported).items():
            brings.setdefault(distribution, []).append((way, name, origin))
    return tuple(_reached(name, brought) for name, brought in sorted(brings.items()))


def _reached(name: str, brought: list[tuple[tuple[str, ...], str, Origin]]) -> Reached:
    nearest = sorted(brought, key=lambda each: len(each[0]))
    way, _, origin = nearest[0]
    return Reached(
        name=name, stages=tuple(dict.fromkeys(stage for _, stage, _ in nearest)), way=way, origin=origin
    )


def _imports(plan: Plan) -> Iterable[tuple[str, Origin, tuple[str, ...]]]:
    for stage in plan.stages.values():
        yield stage.name, stage.origin, stage.code.distributions
    for metric in plan.metrics:
        if metric.aggregate is not None and metric.aggregate.finalise is not None:
            yield metric.name, metric.origin, metric.aggregate.finalise.distributions


def ways(imported: Iterable[str]) -> Mapping[str, tuple[str, ...]]:
    """Give the shortest way to each distribution that is reached from those imported: what requires what, itself last."""
    found: dict[str, tuple[str, ...]] = {name: (name,) for name in sorted(imported)}
    waiting = deque(found)
    while waiting:
        name = waiting.popleft()
        for each in required(name):
            if each not in found:
                found[each] = (*found[name], each)
                waiting.append(each)
    return found
