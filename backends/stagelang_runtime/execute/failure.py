"""Why a node failed: one sentence, what to do, the user's own frames; plain data that crosses between processes."""

from __future__ import annotations

import linecache
import traceback
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, Literal, final

from attrs import asdict, frozen

Kind = Literal[
    "exception", "result", "gate", "changed input", "command", "died", "time limit", "loading", "source", "store",
    "lost input", "lost machine", "engine", "internal",
]  # fmt: skip

LOST_INPUT: Literal["lost input"] = "lost input"
"""The kind of failure of a node whose lost input can't be made again within the part of the plan at hand."""

LOST_MACHINE: Literal["lost machine"] = "lost machine"
"""The kind of failure of a node whose machine is gone, which says nothing about the node."""

MAY_PASS = frozenset({"exception", "command", "died", "time limit", "store", LOST_MACHINE})
"""The kinds of failure that another attempt may not meet; what code, data or a contract decides comes again."""

_MOST_FRAMES = 20
_OWN = str(Path(__file__).resolve().parents[1])


@final
@frozen(kw_only=True)
class Frame:
    """One line of the user's code that an exception passed through; the file is relative to the pipeline's folder."""

    file: str
    line: int
    function: str
    text: str


@final
@frozen(kw_only=True)
class Failure:
    """What went wrong in one node.

    `where` is the stage's place as 'file:line'; `traceback` is the whole of it, framework and all; `gate` is the report
    of a failed gate; `stdout` and `stderr` hold the last that the node printed.
    """

    kind: Kind
    message: str
    help: str = ""
    where: str = ""
    frames: tuple[Frame, ...] = ()
    traceback: str = ""
    gate: Mapping[str, Any] | None = None
    stdout: str = ""
    stderr: str = ""

    def to_json(self) -> dict[str, Any]:
        """Give the failure as plain JSON data."""
        return {**asdict(self), "frames": [asdict(frame) for frame in self.frames]}

    @staticmethod
    def from_json(data: Mapping[str, Any]) -> Failure:
        """Read what `to_json` gave."""
        fields: dict[str, Any] = {**data, "frames": tuple(Frame(**frame) for frame in data["frames"])}
        return Failure(**fields)

    def __str__(self) -> str:
        lines = [self.message]
        if self.where:
            lines.append(f"  --> {self.where}")
        for frame in self.frames:
            lines += [f"  {frame.file}:{frame.line} in {frame.function}", f"    {frame.text}"]
        if self.help:
            lines.append(f"  help: {self.help}")
        return "\n".join(lines)


@final
class NodeFailed(Exception):
    """Raised inside a worker to end a node with a failure that has been put into words."""

    def __init__(self, failure: Failure) -> None:
        super().__init__(failure.message)
        self.failure = failure


def raised(error: BaseException, root: Path, doing: str) -> Failure:
    """Put an exception of the user's code into words; `doing` says what ran, such as `stage 'fit'`."""
    said = _said(error)
    match error:
        case SystemExit():
            message = f"{doing} called sys.exit({'' if error.code is None else repr(error.code)})"
            action = "raise an exception where a stage can't go on; return its result where it can"
        case MemoryError():
            message, action = (
                f"{doing} ran out of memory{': ' if said else ''}{said}",
                "give it fewer rows at a time",
            )
        case _:
            message = f"{doing} raised {type(error).__name__}{': ' if said else ''}{said}"
            action = ""
    return Failure(
        kind="exception",
        message=message,
        help=action,
        frames=user_frames(error.__traceback__, root),
        traceback="".join(traceback.format_exception(error)),
    )


def _said(error: BaseException) -> str:
    try:
        return str(error)
    except Exception:  # its own __str__ raises
        return ""


def user_frames(trace: TracebackType | None, root: Path) -> tuple[Frame, ...]:
    """Keep the frames of code below the pipeline's folder; where there is none, the last that isn't stagelang's."""
    frames = traceback.extract_tb(trace)
    own = [frame for frame in frames if not _is_framework(frame.filename)]
    below = [frame for frame in own if _is_below(frame.filename, root)]
    return tuple(_frame(frame, root) for frame in _few(below or own[-1:]))


def _few(frames: Sequence[traceback.FrameSummary]) -> Sequence[traceback.FrameSummary]:
    """Leave out the middle of a recursion, which repeats itself: the first frames and the last tell all."""
    return (
        frames
        if len(frames) <= _MOST_FRAMES
        else [*frames[: _MOST_FRAMES // 2], *frames[-_MOST_FRAMES // 2 :]]
    )


def _is_framework(file: str) -> bool:
    return file.startswith((_OWN, "<frozen"))


def _is_below(file: str, root: Path) -> bool:
    return Path(file).is_relative_to(root) and "site-packages" not in file


def _frame(frame: traceback.FrameSummary, root: Path) -> Frame:
    path = Path(frame.filename)
    shown = path.relative_to(root).as_posix() if path.is_relative_to(root) else path.name
    line = frame.lineno or 0
    text = frame.line or linecache.getline(frame.filename, line).strip()
    return Frame(file=shown, line=line, function=frame.name, text=text)


def tail(text: str, lines: int = 20, characters: int = 4000) -> str:
    """Give the end of what was printed."""
    kept: Sequence[str] = text[-characters:].splitlines()[-lines:]
    return "\n".join(kept)
