"""Names in a Snakefile: of rules, and which names of nodes can't be told apart from the files of others."""

from __future__ import annotations

import keyword
import re
from collections.abc import Iterable, Iterator

from stagelang_backends.protocol import Inexpressible
from stagelang_compiler.plan import Plan

FIRST_RULE = "all"
_ENDINGS = ("json", "out", "failed", "log")
"""What a node's files end with: those of its note, and its log."""


def rule_names(names: Iterable[str]) -> dict[str, str]:
    """Give each name a rule's, an identifier unlike all others: 'fit', or for 'a-b' 'a_b', or 'a_b_2' where that is taken."""
    wanted = list(names)
    found = {name: name for name in wanted if _can_stand(name)}
    taken = {FIRST_RULE, *found}
    for name in wanted:
        if name not in found:
            found[name] = _free(re.sub(r"\W", "_", f"_{name}" if name[:1].isdigit() else name), taken)
            taken.add(found[name])
    return {name: found[name] for name in wanted}


def _can_stand(name: str) -> bool:
    return name.isidentifier() and not keyword.iskeyword(name) and name != FIRST_RULE


def _free(name: str, taken: set[str]) -> str:
    if name not in taken and _can_stand(name):
        return name
    number = next(number for number in range(2, len(taken) + 3) if f"{name}_{number}" not in taken)
    return f"{name}_{number}"


def clashes(plan: Plan) -> Iterator[Inexpressible]:
    """Find nodes whose files can't lie beside those of others: one's file would have to be the other's folder."""
    for node in plan.nodes:
        parts = node.name.split("/")
        for length in range(1, len(parts)):
            folder = "/".join(parts[:length])
            other, _, ending = folder.rpartition(".")
            if ending in _ENDINGS and other in plan.by_name:
                yield Inexpressible(
                    code="SL811",
                    subject=node.name,
                    message=f"node {node.name!r} can't lie beside node {other!r}: "
                    f"'{folder}' would have to be a folder and a file of {other!r}",
                    help=f"call it {node.name.replace(folder, folder[: -len(ending) - 1] + '_' + ending, 1)!r}, "
                    "with .named(...), name=... or another scope(...)",
                    origin=node.origin,
                )
