"""Random edits of a world: of code, parameters, data, contracts, surroundings, and of what no result depends on."""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping

from tests.affected.world import Node, World


def _other(chance: random.Random, old: int, most: int = 60) -> int:
    """Draw a number that isn't the old one."""
    return chance.choice([number for number in range(1, most) if number != old])


def _function(world: World, chance: random.Random) -> None:
    it = chance.choice(world.functions)
    if chance.random() < 0.5:
        it.factor = _other(chance, it.factor)
    else:
        it.twist = _other(chance, it.twist)


def _calls(world: World, chance: random.Random) -> None:
    it = chance.choice(world.functions)
    it.helper = chance.choice([each for each in (None, *range(len(world.helpers))) if each != it.helper])


def _helper(world: World, chance: random.Random) -> None:
    it = chance.choice(world.helpers)
    it.factor = _other(chance, it.factor)


def _constant(world: World, chance: random.Random) -> None:
    number = chance.randrange(len(world.constants))
    world.constants[number] = _other(chance, world.constants[number])


def _default(world: World, chance: random.Random) -> None:
    it = chance.choice(world.functions)
    it.default = _other(chance, it.default)


def _parameter(world: World, chance: random.Random) -> None:
    it = chance.choice(world.nodes)
    it.given = chance.choice([each for each in (None, *range(10)) if each != it.given])


def _wiring(world: World, chance: random.Random) -> None:
    number = chance.randrange(len(world.nodes))
    world.nodes[number].reads = chance.sample(range(-1, number), chance.randint(1, min(3, number + 1)))


def _added(world: World, chance: random.Random) -> None:
    number = len(world.nodes)
    reads = chance.sample(range(-1, number), chance.randint(1, 3))
    world.nodes.append(Node(function=chance.randrange(len(world.functions)), reads=reads))


def _row(world: World, chance: random.Random) -> None:
    number = chance.randrange(len(world.rows))
    world.rows[number] = _other(chance, world.rows[number])


def _layout(world: World, chance: random.Random) -> None:
    world.quoted = not world.quoted


def _least(world: World, chance: random.Random) -> None:
    world.least = _other(chance, world.least, 4)


def _contract(world: World, chance: random.Random) -> None:
    if chance.random() < 0.5:
        world.contract += 1
    else:
        world.highest = 10_000 + _other(chance, world.highest - 10_000)


def _variable(world: World, chance: random.Random) -> None:
    world.variable = _other(chance, world.variable, 9)


def _library(world: World, chance: random.Random) -> None:
    world.library = _other(chance, world.library, 9)


def _seed(world: World, chance: random.Random) -> None:
    world.seed = _other(chance, world.seed, 9)


def _words(world: World, chance: random.Random) -> None:
    it = chance.choice(world.functions)
    it.note = _other(chance, it.note)
    it.wordy = chance.random() < 0.5
    it.owner = chance.randrange(3)
    world.words = chance.randrange(100)
    world.notes[0] = chance.randrange(100)


def _unused(world: World, chance: random.Random) -> None:
    world.unused = _other(chance, world.unused)
    world.gate += 1


def _order(world: World, chance: random.Random) -> None:
    world.order = _other(chance, world.order)


def _surroundings(world: World, chance: random.Random) -> None:
    world.other_variable += 1
    world.jobs = 3 - world.jobs


REACHING: Mapping[str, Callable[[World, random.Random], None]] = {
    "a function": _function,
    "what a function calls": _calls,
    "a helper": _helper,
    "a constant": _constant,
    "a default": _default,
    "a parameter": _parameter,
    "the wiring": _wiring,
    "one node more": _added,
    "a row of the data": _row,
    "the layout of the data": _layout,
    "a stage between tables": _least,
    "a contract": _contract,
    "a declared variable": _variable,
    "an installed library": _library,
    "the seed": _seed,
}
SILENT: Mapping[str, Callable[[World, random.Random], None]] = {
    "words and layout": _words,
    "what nothing uses, and a gate": _unused,
    "the order of definitions": _order,
    "other variables, and the number of processes": _surroundings,
}
EDITS = {**REACHING, **SILENT}


def edit(world: World, chance: random.Random) -> list[str]:
    """Edit one to three places, silently or not; say which."""
    names = chance.sample([*EDITS], chance.choice((1, 1, 1, 2, 3)))
    for name in names:
        EDITS[name](world, chance)
    return names
