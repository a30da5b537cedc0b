"""Says what stages reached beyond what they declare, as their receipts record it.

It loads no library, since a run in which nothing changed says it too.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

_WORDS = {
    "read": "read {}",
    "wrote": "wrote {}",
    "network": "used the network ({})",
    "program": "started {}",
    "variable": "asked for the variable {}",
    "random": "drew from the shared random generator of {}",
    "more": "and {} more",
}


def told_beyond(nodes: Mapping[str, Mapping[str, Any]]) -> Iterator[str]:
    """Give the lines that say it of a kept outcome's nodes; none where all kept to what they declare."""
    reached = {name: node["beyond"] for name, node in nodes.items() if node.get("beyond")}
    if len(reached) == 1:
        yield "1 node reaches beyond what its stage declares:"
    elif reached:
        yield f"{len(reached)} nodes reach beyond what their stages declare:"
    for name, found in reached.items():
        yield f"  {_plain(name)}: {'; '.join(said_beyond(found))}"


def said_beyond(found: Sequence[Sequence[str]]) -> list[str]:
    """Say what one node reached, thing by thing."""
    return [_said(what, name) for what, name in found]


def _said(what: str, name: str) -> str:
    if what == "variable" and name == "*":
        return "asked for all variables"
    return _WORDS[what].format(_plain(name))


def _plain(text: str) -> str:
    """Show what can't be printed, so that a file's name can't write over what was said."""
    return text if text.isprintable() else ascii(text)
