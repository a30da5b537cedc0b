"""Writes the file by which Make knows, without asking anybody, that nothing has changed: what was looked at, to be included.

Each file stands twice: as what the fragment waits for, and as a target with an empty recipe, so that one that is gone counts as
changed, and so that make doesn't search its built-in rules for each.
"""

from __future__ import annotations

from collections.abc import Iterable

from stagelang_backends.makefile.escaping import EQUALS, NotForMake, as_needed, as_target, as_value

NAME = ".settled"
"""The file's name in the folder of the notes."""


def settled_text(word: str, files: Iterable[str], folder: str = ".notes") -> str:
    """Write the fragment.

    Args:
        word: what the Makefile compares with what it would say now.
        files: what was looked at, seen from the Makefile's folder.
        folder: the folder of the notes, as the Makefile names it.

    Raises:
        NotForMake: the word can't be written.
    """
    needed: list[str] = []
    targets: list[str] = []
    beyond = False
    for each in dict.fromkeys(files):
        try:
            needed.append(as_needed(each))
            targets.append(as_target(each))
        except NotForMake:
            beyond = True
    lines = [
        "# Written by 'stagelang remake': what was looked at. Once something here has changed, make looks again.",
        EQUALS.rstrip("\n"),
        f"settled.with := {as_value(word)}",
        "ifndef MAKE_RESTARTS",
        *([f"{folder}/{NAME}: .again # a name that Make can't be told: looked at every time"] * beyond),
        *_rule(f"{folder}/{NAME}", needed),
        "endif",
        *([f"{_joined(targets)}: ;"] if targets else []),
    ]
    return "\n".join(lines) + "\n"


def _rule(target: str, needed: list[str]) -> list[str]:
    return [f"{target}: {_joined(needed)}"] if needed else []


def _joined(names: list[str]) -> str:
    return " \\\n ".join(names)
