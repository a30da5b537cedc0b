"""Projects written to a temporary folder, loaded, and fingerprinted."""

from __future__ import annotations

import importlib
import sys
from collections.abc import Callable, Generator, Mapping
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
        for each, loaded in list(sys.modules.items()):
            if Path(getattr(loaded, "__file__", None) or "/").is_relative_to(self.root):
                del sys.modules[each]
        importlib.invalidate_caches()
        value: Any = importlib.import_module(module)
        for part in name.split("."):
            value = getattr(value, part)
        return value

    def take(self, name: str = "embed", module: str = "pipeline") -> Fingerprint:
        """Take the fingerprint of a function of the project as it is now."""
        return Fingerprinter(self.root).fingerprint(self.load(name, module))


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Generator[Folder]:
    """Give an empty project that can be imported from."""
    monkeypatch.setattr(sys, "dont_write_bytecode", True)
    monkeypatch.syspath_prepend(str(tmp_path))
    before = set(sys.modules)
    yield Folder(tmp_path)
    for name in set(sys.modules) - before:
        if Path(getattr(sys.modules[name], "__file__", None) or "/").is_relative_to(tmp_path):
            del sys.modules[name]


@pytest.fixture
def changes(folder: Folder) -> Callable[..., bool]:
    """Say whether an edit changes the digest of `embed` in a project of one or more files."""

    def compare(files: Mapping[str, str], edit: tuple[str, str, str], name: str = "embed") -> bool:
        folder.write(files)
        before = folder.take(name)
        folder.edit(*edit)
        return folder.take(name).digest != before.digest

    return compare
