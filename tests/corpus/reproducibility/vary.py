"""Calls the bodies of a folder's modules twice, and says what they gave; run as a program, since some of it is set before Python starts.

python vary.py FOLDER reversed|plain
"""

from __future__ import annotations

import builtins
import importlib
import json
import os
import random
import socket
import sys
from pathlib import Path
from typing import Any, Self

import numpy as np
import pyarrow.parquet as pq

from stagelang.handle import Files, Table
from stagelang.running import running


def main(folder: Path, reverse: bool) -> dict[str, list[str]]:
    """Give what each module's body gave, the first and the second time."""
    sys.path.insert(0, str(folder))
    os.chdir(folder)
    _listed(reverse)
    _addressed(reverse)
    socket.gethostname = lambda: "another" if reverse else "one"
    rows = pq.read_table("data/scans.parquet")
    given: dict[str, list[str]] = {}
    for path in sorted(folder.glob("block_*.py")):
        module: Any = importlib.import_module(path.stem)
        random.seed(5)
        np.random.seed(5)
        given[path.stem] = []
        for _ in range(2):
            with running(5):
                given[path.stem].append(_text(module.made(Table(data=rows))))
            random.random()
            np.random.random()
    return given


def _listed(reverse: bool) -> None:
    """List folders by name, forwards or backwards."""
    patched: Any = os
    listing, scanning = os.listdir, os.scandir

    class Scanned:
        """What `os.scandir` gives, in order."""

        def __init__(self, place: Any = ".") -> None:
            with scanning(place) as entries:
                self.entries = iter(sorted(entries, key=lambda each: str(each.name), reverse=reverse))

        def __enter__(self) -> Self:
            return self

        def __exit__(self, *_: object) -> None:
            pass

        def __iter__(self) -> Any:
            return self.entries

        def __next__(self) -> Any:
            return next(self.entries)

        def close(self) -> None:
            """Do nothing."""

    patched.listdir = lambda place=".": sorted(listing(place), reverse=reverse)
    patched.scandir = Scanned


def _addressed(reverse: bool) -> None:
    """Number objects as they are first asked for, upwards or downwards."""
    address, numbers = id, dict[int, int]()

    def numbered(value: object, /) -> int:
        return numbers.setdefault(address(value), len(numbers)) * (-1 if reverse else 1)

    patched: Any = builtins
    patched.id = numbered


def _text(handle: Any) -> str:
    if isinstance(handle, Files):
        return repr([path.read_text() for path in handle.paths])
    return str(handle.pandas.to_csv()) if isinstance(handle, Table) else repr(handle.value)


if __name__ == "__main__":
    reverse = sys.argv[2] == "reversed"
    print(json.dumps(main(Path(sys.argv[1]), reverse)))
