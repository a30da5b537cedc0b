"""Specs as texts, loaded with and without `from __future__ import annotations`."""

from __future__ import annotations

import importlib.util
import itertools
import sys
import textwrap
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

Load = Callable[[str], Any]
LoadAs = Callable[[str, bool], Any]

_numbers = itertools.count()
_FUTURE = "from __future__ import annotations"


@pytest.fixture
def load_as(tmp_path: Path) -> Iterator[LoadAs]:
    """Load a spec from its text, with the future import or without.

    The future import takes the spec's first line, which is left empty without it: lines count alike.
    """
    loaded: list[str] = []

    def load_text(text: str, is_late: bool) -> Any:
        name = f"spec_{next(_numbers)}"
        path = tmp_path / f"{name}.py"
        without = textwrap.dedent(text).replace(_FUTURE, "")
        path.write_text((_FUTURE if is_late else "") + "\n" + without.lstrip("\n"))
        spec = importlib.util.spec_from_file_location(name, path)
        assert spec is not None
        assert spec.loader is not None
        module = importlib.util.module_from_spec(spec)
        sys.modules[name] = module
        loaded.append(name)
        spec.loader.exec_module(module)
        return module

    yield load_text
    for name in loaded:
        del sys.modules[name]


@pytest.fixture(params=[True, False], ids=["late annotations", "early annotations"])
def load(request: pytest.FixtureRequest, load_as: LoadAs) -> Load:
    """Load a spec from its text; each test that uses it runs with and without the future import."""
    return lambda text: load_as(text, bool(request.param))
