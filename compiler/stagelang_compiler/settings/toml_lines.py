"""Finds the line on which each key of a TOML text was written, and keys that were written twice; tomllib tells neither.

A text is taken statement by statement, each parsed by itself: the shortest run of lines that parses is one.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterator, Mapping
from typing import Any, TypeAlias, final

from attrs import field, frozen

Key: TypeAlias = tuple[str | int, ...]
"""The way to a value: names of tables, and places in arrays."""
_DICT: Any = dict
_LIST: Any = list
_ENDS = ("]", "}", '"""', "'''")
"""What the last line of a statement of several lines holds."""


@final
@frozen
class Lines:
    """The line of each key, from 1, and of each key that was written before: that line and the earlier one."""

    at: dict[Key, int] = field(factory=dict[Key, int])
    twice: dict[Key, tuple[int, int]] = field(factory=dict[Key, tuple[int, int]])

    def line(self, key: Key) -> int:
        """Give the line of a key, or of the nearest table above it; 0 for none."""
        while key and key not in self.at:
            key = key[:-1]
        return self.at.get(key, 0)


def lines_of(text: str) -> Lines:
    """Find the lines of all keys; what can't be parsed is passed over."""
    found = Lines()
    arrays: dict[Key, int] = {}
    table: Key = ()
    for line, parsed, is_header in _statements(text):
        if is_header:
            table = _opened(parsed, arrays)
            _note(found, table, line, is_table=True)
        else:
            for key, is_table in _keys(parsed, table):
                _note(found, key, line, is_table=is_table)
    return found


def _note(found: Lines, key: Key, line: int, *, is_table: bool) -> None:
    earlier = found.at.setdefault(key, line)
    if earlier != line and not is_table:
        found.twice.setdefault(key, (line, earlier))


def _statements(text: str) -> Iterator[tuple[int, Mapping[str, Any], bool]]:
    """Give each statement's first line, what it says, and whether it opens a table."""
    pending: list[str] = []
    first = 0
    for number, line in enumerate(text.replace("\r\n", "\n").split("\n"), 1):
        if not pending:
            first = number
        elif not any(mark in line for mark in _ENDS):
            pending.append(line)
            continue
        pending.append(line)
        try:
            parsed = tomllib.loads("\n".join(pending))
        except tomllib.TOMLDecodeError:
            continue
        if parsed:
            yield first, parsed, pending[0].lstrip().startswith("[")
        pending = []


def _opened(header: Mapping[str, Any], arrays: dict[Key, int]) -> Key:
    """Give the way to the table that a header opens; inside an array of tables that is its last one."""
    way: list[str | int] = []
    here: Any = header
    while here:
        name: str = next(iter(here))
        here = here[name]
        way.append(name)
        if isinstance(here, _LIST):
            arrays[tuple(way)] = arrays.get(tuple(way), -1) + 1
            here = None
        if tuple(way) in arrays:
            way.append(arrays[tuple(way)])
    return tuple(way)


def _keys(parsed: Any, above: Key) -> Iterator[tuple[Key, bool]]:
    items: Any = parsed.items() if isinstance(parsed, _DICT) else enumerate(parsed)
    for name, value in items:
        key = (*above, name)
        inside = isinstance(value, (_DICT, _LIST))
        yield key, isinstance(value, _DICT)
        if inside:
            yield from _keys(value, key)
