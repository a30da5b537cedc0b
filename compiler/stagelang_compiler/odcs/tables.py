"""Reads mappings key by key, strictly: what has another type than it must have is a problem, and what nobody asked for is lost."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, TypeVar, cast, final

from attrs import define, field

from stagelang_compiler.odcs.problems import Note
from stagelang_compiler.odcs.yaml_text import line_of

T = TypeVar("T")
_MAPPING: Any = dict
_LIST: Any = list
_NAMES: dict[Any, str] = {str: "a text", int: "a whole number", bool: "true or false"}


@final
@define
class Said:
    """What was found while a file was read."""

    problems: list[Note] = field(factory=list[Note])
    lost: list[Note] = field(factory=list[Note])


@final
class Table:
    """A mapping of the file, called by its path; `said` takes what is wrong with it."""

    def __init__(self, content: Any, path: str, line: int, said: Said) -> None:
        self.content: dict[Any, Any] = content if isinstance(content, _MAPPING) else {}
        self.path, self.line, self.said = path, line, said
        self.asked: set[Any] = set()
        if not isinstance(content, _MAPPING):
            self.problem(f"expected keys and values, found {_found(content)}")

    def line_of(self, key: str) -> int:
        """Give a key's line."""
        return line_of(self.content, key) or self.line

    def problem(self, text: str, key: str = "") -> None:
        """Say that the mapping, or the value of a key, is wrong."""
        self.said.problems.append(Note(f"{self._where(key)}: {text}", self.line_of(key)))

    def lose(self, text: str, key: str = "") -> None:
        """Say that something has no counterpart."""
        self.said.lost.append(Note(f"{self._where(key)}: {text}", self.line_of(key)))

    def ask(self, key: str) -> Any:
        """Give the value of a key as it is, or None."""
        self.asked.add(key)
        return self.content.get(key)

    def take(self, key: str, kind: type[T]) -> T | None:
        """Give the value of a key, which must be of a type if it is there."""
        value: Any = self.ask(key)
        if value is None:
            return None
        accepted: Any = kind
        is_flag = value is True or value is False
        if isinstance(value, accepted) and is_flag == (accepted is bool):
            plain: Any = accepted(value)  # ruamel's own types remember how they were written
            return cast(T, plain)
        self.problem(f"expected {_NAMES[accepted]}, found {_found(value)}", key)
        return None

    def needed(self, key: str, kind: type[T]) -> T | None:
        """Give the value of a key that must be there."""
        if key not in self.content:
            self.problem(f"{key!r} is missing")
        return self.take(key, kind)

    def table(self, key: str) -> Table | None:
        """Give the mapping below a key."""
        value = self.ask(key)
        return None if value is None else Table(value, self._where(key), self.line_of(key), self.said)

    def tables(self, key: str) -> Iterator[Table]:
        """Give the mappings of a list below a key."""
        value = self.ask(key)
        if value is not None and not isinstance(value, _LIST):
            self.problem(f"expected a list, found {_found(value)}", key)
        elif value is not None:
            for place, each in enumerate(value):
                line = line_of(value, place) or self.line_of(key)
                yield Table(each, f"{self._where(key)}[{place}]", line, self.said)

    def lose_rest(self) -> None:
        """Say of all that nobody asked for that it has no counterpart."""
        for key in self.content:
            if key not in self.asked:
                self.lose("it has no counterpart in a contract", str(key))

    def _where(self, key: str) -> str:
        return ".".join(part for part in (self.path, key) if part) or "the file"


def _found(value: Any) -> str:
    match value:
        case None:
            return "nothing"
        case dict():
            return "keys and values"
        case list():
            return "a list"
        case bool():
            return str(bool(value)).lower()
        case str():
            return repr(str(value))
        case _:
            return str(value)
