"""Writes any text so that Make takes it as it is; tried on GNU make with every character that means something to it.

Names of files are written twice in a fragment, as what a target waits for and as targets of their own: some characters mean
something in only one of the places. What can't be written at all is said to be so, and never written wrongly.
"""

from __future__ import annotations

EQUALS = "equals := =\n"
"""What must stand before files whose names hold '=', which would otherwise make an assignment of a rule."""

_PLAIN = frozenset("_-./+,@^{}'\"&!")
_ESCAPED = {" ": "\\ ", "#": "\\#", "$": "$$", ":": "\\:", "=": "$(equals)"}
_AS_NEEDED = _ESCAPED | {"%": "%"}
_AS_TARGET = _ESCAPED | {"%": "\\%"}


class NotForMake(ValueError):
    """A text that Make can't be told: which character."""

    def __init__(self, character: str) -> None:
        self.character = character
        super().__init__(f"Make can't be told of {character!r}")


def as_needed(path: str) -> str:
    """Write a file's name as one that a target waits for. Raises NotForMake."""
    return _file(path, _AS_NEEDED)


def as_target(path: str) -> str:
    """Write a file's name as a target. Raises NotForMake."""
    return _file(path, _AS_TARGET)


def as_value(text: str) -> str:
    """Write a text as the value of a variable, after ':='. Raises NotForMake."""
    for character in text:
        if character != " " and not character.isprintable():
            raise NotForMake(character)
    if text != text.strip():
        raise NotForMake(" ")
    if text.endswith("\\"):
        raise NotForMake("\\")
    # a backslash counts only before '#'
    return _doubled_before_hash(text).replace("$", "$$")


def _doubled_before_hash(text: str) -> str:
    first, *rest = text.split("#")
    done = [first]
    for part in rest:
        before = done[-1]
        backslashes = len(before) - len(before.rstrip("\\"))
        done[-1] = before + "\\" * backslashes
        done.append(part)
    return "\\#".join(done)


def _file(path: str, written: dict[str, str]) -> str:
    if path.endswith((" ", "&")) or not path:
        raise NotForMake(path[-1:])
    found: list[str] = []
    for character in path:
        if character in written:
            found.append(written[character])
        elif character.isalnum() or character in _PLAIN:
            found.append(character)
        else:
            raise NotForMake(character)
    return "".join(found)
