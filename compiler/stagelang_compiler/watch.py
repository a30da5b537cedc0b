"""Watches what a spec reads while it is loaded, so that a later command knows whether loading it again could give anything else."""

from __future__ import annotations

import os
import sys
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType
from typing import Any, final

_READS = ("open", "os.listdir", "os.scandir", "glob.glob", "sqlite3.connect")
_BEYOND = ("subprocess.Popen", "os.system", "socket.connect")
_OF_THE_SYSTEM = tuple(f"{os.sep}{folder}{os.sep}" for folder in ("dev", "proc", "sys"))
_PATH: Any = (str, bytes, os.PathLike)
_WATCHED = frozenset((*_READS, *_BEYOND))


@final
class Watched:
    """The files and folders that the spec's own code read, and whether it asked something that leaves no trace."""

    def __init__(self, root: Path) -> None:
        self.root = f"{root}{os.sep}"
        self.paths: set[str] = set()
        self.beyond = False

    def hook(self, event: str, arguments: tuple[Any, ...]) -> None:
        """Take one of the audit events that tell of a read (PEP 578)."""
        if not self._is_user():
            return
        if event in _BEYOND:
            self.beyond = True
        elif isinstance(arguments[0], _PATH):
            path = os.path.abspath(os.fsdecode(arguments[0]))
            if not path.startswith(_OF_THE_SYSTEM):
                self.paths.add(path)

    def _is_user(self) -> bool:
        """Tell whether the spec's own code asks, directly or through a library, and not by importing something."""
        frame: FrameType | None = sys._getframe(3)  # pyright: ignore[reportPrivateUsage]
        while frame is not None and not frame.f_code.co_filename.startswith("<frozen importlib"):
            file = frame.f_code.co_filename
            if file.startswith(self.root) and "site-packages" not in file:
                return True
            frame = frame.f_back
        return False


_ACTIVE: list[Watched] = []
_INSTALLED: list[bool] = []


def _hook(event: str, arguments: tuple[Any, ...]) -> None:
    # A plain function that refuses at once: every id() and every access to a function's code calls it from now on.
    if event in _WATCHED:
        for watched in _ACTIVE:
            watched.hook(event, arguments)


@contextmanager
def watch(root: Path) -> Generator[Watched]:
    """Watch what is read inside; the one hook stays, as audit hooks do, but finds nobody to tell afterwards."""
    if not _INSTALLED:
        _INSTALLED.append(True)
        sys.addaudithook(_hook)
    watched = Watched(root)
    _ACTIVE.append(watched)
    try:
        yield watched
    finally:
        _ACTIVE.remove(watched)
