"""Projects written to a temporary folder, loaded, and fingerprinted."""

from __future__ import annotations

import importlib
import sys
from collections.abc import Generator, Mapping
from contextlib import contextmanager
from pathlib import Path
from textwrap import dedent
from typing import Any

import pytest
from attrs import frozen

from stagelang_compiler.fingerprint import Fingerprint, Fingerprinter


@frozen
class Folder:
    """A project's folder; `take` loads what is written there now and takes a fingerprint."""

    root: Path

    def write(self, files: Mapping[str, str]) -> None:
        """Write or replace files."""
        for name, text in files.items():
            path = self.root / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(dedent(text), encoding="utf-8")

    def edit(self, name: str, old: str, new: str) -> None:
        """Replace a text that stands in a file once."""
        text = (self.root / name).read_text(encoding="utf-8")
        assert text.count(old) == 1, (name, old)
        (self.root / name).write_text(text.replace(old, new), encoding="utf-8")

    def load(self, name: str, module: str = "pipeline") -> Any:
        """Import a module afresh and give one of its attributes."""
        forget(self.root)
        sys.modules.pop(module, None)  # another test's of the same name
        importlib.invalidate_caches()
        value: Any = importlib.import_module(module)
        for part in name.split("."):
            value = getattr(value, part)
        return value

    def take(self, name: str = "embed", module: str = "pipeline") -> Fingerprint:
        """Take the fingerprint of a function of the project as it is now."""
        return Fingerprinter(self.root).fingerprint(self.load(name, module))


@contextmanager
def importable(root: Path) -> Generator[Folder]:
    """Let modules be imported from a folder, and forget them afterwards."""
    before = sys.dont_write_bytecode
    sys.dont_write_bytecode = True
    sys.path.insert(0, str(root))
    try:
        yield Folder(root)
    finally:
        sys.dont_write_bytecode = before
        sys.path.remove(str(root))
        forget(root)


def forget(root: Path) -> None:
    """Drop the modules that were loaded from a folder."""
    for name, module in list(sys.modules.items()):
        if Path(getattr(module, "__file__", None) or "/").is_relative_to(root):
            del sys.modules[name]


@pytest.fixture
def folder(tmp_path: Path) -> Generator[Folder]:
    """Give an empty project that can be imported from."""
    with importable(tmp_path) as empty:
        yield empty


@pytest.fixture(scope="module")
def shared_folder(tmp_path_factory: pytest.TempPathFactory) -> Generator[Folder]:
    """Give a project that the tests of one file share, and leave as they found it."""
    with importable(tmp_path_factory.mktemp("project")) as empty:
        yield empty
