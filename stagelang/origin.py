"""Where a declared object was written: a file and a line."""

from __future__ import annotations

import functools
import sys
from bisect import bisect_right
from pathlib import PurePath
from types import CodeType, FrameType
from typing import Any, final

from attrs import frozen


@final
@frozen
class Origin:
    """A place in a source file; `line` counts from 1, and 0 means the file as a whole."""

    file: str
    line: int

    def __str__(self) -> str:
        return f"{self.file}:{self.line}" if self.line else self.file

    def relative_to(self, root: PurePath) -> Origin:
        """Give the same place with a POSIX path below `root`, if it lies below it; else only the file's name."""
        return Origin(relative_file(self.file, root), self.line)


@functools.lru_cache(maxsize=4096)
def relative_file(file: str, root: PurePath) -> str:
    """Give a file's POSIX path below `root`; only its name, where an absolute path lies elsewhere."""
    path = PurePath(file)
    if path.is_relative_to(root):
        return path.relative_to(root).as_posix()
    return path.name if path.is_absolute() else file


_OWN_PACKAGE = __name__.partition(".")[0]


def caller_frame() -> FrameType:
    """Find the innermost frame outside the language itself: the user's code."""
    frame = sys._getframe(1)  # pyright: ignore[reportPrivateUsage]
    while frame.f_back is not None and _is_own(frame):
        frame = frame.f_back
    return frame


def _is_own(frame: FrameType) -> bool:
    return frame.f_globals.get("__name__", "").partition(".")[
        0
    ] == _OWN_PACKAGE or frame.f_code.co_filename.startswith("<attrs generated")


def caller_origin() -> Origin:
    """Give the line of the user's code that is being executed."""
    frame = caller_frame()
    return Origin(frame.f_code.co_filename, line_of(frame))


_LONG = 4096
_line_tables: dict[int, tuple[CodeType, list[int], list[int]]] = {}


def line_of(frame: FrameType) -> int:
    """Give the line at which a frame is.

    `f_lineno` reads the code's line table from its start: in a spec of n stages that takes O(n) for each of them,
    so the table of a long code is read once and searched.
    """
    code = frame.f_code
    if len(code.co_linetable) < _LONG:
        return frame.f_lineno
    _, starts, lines = _line_tables.get(id(code)) or _read_line_table(code)
    return lines[bisect_right(starts, frame.f_lasti) - 1]


def _read_line_table(code: CodeType) -> tuple[CodeType, list[int], list[int]]:
    known = [(start, line) for start, _, line in code.co_lines() if line is not None]
    table = (code, [start for start, _ in known], [line for _, line in known])
    _line_tables[id(code)] = table  # it holds the code, so that no other code takes its id
    return table


def function_origin(function: Any) -> Origin:
    """Give the place of a function's `def`, or of its first decorator."""
    code = function.__code__
    return Origin(code.co_filename, code.co_firstlineno)
