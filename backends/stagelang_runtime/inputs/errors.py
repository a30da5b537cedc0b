"""What can be wrong with what enters a pipeline, each as one sentence, its place, and one next step."""

from __future__ import annotations

from collections.abc import Iterable
from typing import final

from attrs import frozen


@final
@frozen(kw_only=True)
class InputProblem:
    """One thing wrong with one file; `line` counts from 1, and 0 means the file as a whole."""

    file: str
    line: int = 0
    column: str = ""
    message: str
    help: str

    def __str__(self) -> str:
        place = f"{self.file}:{self.line}" if self.line else self.file
        return f"{place}: {self.message}\n  help: {self.help}"


@final
class InputError(Exception):
    """A source can't be read; it holds every problem that was found, at least one. It pickles."""

    def __init__(self, problems: Iterable[InputProblem]) -> None:
        self.problems = tuple(problems)
        super().__init__(self.problems)

    def __str__(self) -> str:
        return "\n".join(str(problem) for problem in self.problems)


@final
class SplitError(Exception):
    """A table can't be divided as its split says. It pickles."""

    def __init__(self, message: str, help: str) -> None:
        super().__init__(message, help)
        self.message = message
        self.help = help

    def __str__(self) -> str:
        return f"{self.message}\n  help: {self.help}"
