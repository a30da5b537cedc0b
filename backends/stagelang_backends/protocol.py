"""What a backend is: a function from a Plan to files. Third parties register theirs under the entry point group 'stagelang.backends'."""

from __future__ import annotations

from collections.abc import Mapping
from importlib.metadata import entry_points
from pathlib import PurePosixPath
from typing import Protocol, final

from attrs import frozen

from stagelang_compiler.plan import Plan

GROUP = "stagelang.backends"


@final
@frozen(kw_only=True)
class EmitOptions:
    """Where the files will lie: the way from their folder to the pipeline's, as a POSIX path."""

    to_root: PurePosixPath


class Backend(Protocol):
    """Writes nothing itself: it returns texts by path, and the same plan and options give the same texts."""

    @property
    def name(self) -> str:
        """The target's name."""
        ...

    @property
    def summary(self) -> str:
        """What it emits, in a line."""
        ...

    def emit(self, plan: Plan, options: EmitOptions) -> Mapping[PurePosixPath, str]:
        """Give the files of a plan, by path relative to the output folder."""
        ...


class UnknownTarget(Exception):
    """No backend of that name is installed."""


def backend_names() -> list[str]:
    """Give the names of all installed backends, sorted."""
    return sorted(point.name for point in entry_points(group=GROUP))


def find_backend(name: str) -> Backend:
    """Load the backend of a name.

    Raises:
        UnknownTarget: there is none.
    """
    for point in entry_points(group=GROUP, name=name):
        backend: Backend = point.load()
        return backend
    raise UnknownTarget(f"there is no target {name!r}: expected one of {', '.join(backend_names())}")
