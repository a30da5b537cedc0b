"""What is said of a file: that it is malformed, and where, or what of it has no counterpart."""

from __future__ import annotations

from typing import final

from attrs import frozen


@final
@frozen
class Note:
    """Something about a line of a file; a line of 0 is the file as a whole."""

    text: str
    line: int = 0

    def at(self, file: str) -> str:
        """Write it with its place."""
        return f"{file}:{self.line}: {self.text}" if self.line else f"{file}: {self.text}"


@final
class Malformed(Exception):
    """A file that is no contract of the standard: all that is wrong with it, each with its line."""

    def __init__(self, notes: tuple[Note, ...]) -> None:
        super().__init__("; ".join(note.text for note in notes))
        self.notes = notes
