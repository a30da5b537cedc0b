"""Watches what a spec reads while it is loaded, so that a later command knows whether loading it again could give anything else."""

from __future__ import annotations

import os
import sys
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, final

_READS = ("open", "os.listdir", "os.scandir", "glob.glob")
_BEYOND = ("subprocess.Popen", "os.system", "socket.connect")


@final
class Watched:
    """The files and folders that the spec's own code read, and whether it asked something that leaves no trace."""

    def __init__(self, root: Path) -> None:
        self.root = str(root)
        self.paths: set[str] = set()
        self.beyond = False
        self.active = True

    def hook(self, event: str, arguments: tuple[Any, ...]) -> None:
        """Take one audit event of the interpreter (PEP 578)."""
        if not self.active or event not in (*_READS, *_BEYOND) or not self._is_user():
            return
        if event in _BEYOND:
            self.beyond = True
        elif isinstance(arguments[0], str | os.PathLike):
            self.paths.add(os.path.abspath(arguments[0]))

    def _is_user(self) -> bool:
        """Tell whether the spec's own code asks, directly or through a library function or two."""
        frame = sys._getframe(2)  # pyright: ignore[reportPrivateUsage]
        for _ in range(6):
            file = frame.f_code.co_filename
            if file.startswith(self.root) and "site-packages" not in file:
                return True
            if file.startswith("<frozen importlib") or frame.f_back is None:
                return False
            frame = frame.f_back
        return False


@contextmanager
def watch(root: Path) -> Generator[Watched]:
    """Watch what is read inside; the hook itself stays, as audit hooks do, but sleeps afterwards."""
    watched = Watched(root)
    sys.addaudithook(watched.hook)
    try:
        yield watched
    finally:
        watched.active = False
