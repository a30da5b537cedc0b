"""What a backend is: a function from a Plan to files. Third parties register theirs under the entry point group 'stagelang.backends'."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from importlib.metadata import entry_points
from pathlib import PurePosixPath
from typing import Any, Protocol, final, runtime_checkable

from attrs import field, frozen

from stagelang.origin import Origin
from stagelang_compiler.plan import Plan

GROUP = "stagelang.backends"


def _nothing_there(path: PurePosixPath) -> str | None:
    return None


@final
@frozen(kw_only=True)
class EmitOptions:
    """What a backend may know beyond the plan; a backend that needs none of the optional ones need not look at them.

    Args:
        to_root: the way from the files' folder to the pipeline's, as a POSIX path.
        in_repository: the way from the repository's root to the pipeline's folder.
        settings: the target's own table of pyproject.toml, `[tool.stagelang.TARGET]`, as it stands there.
        there: gives the text of a file that lies in the output folder already, or None.
        anew: divide the work anew, whatever the files that lie there say.
        seconds: gives how long nodes took when they ran last, by name.
    """

    to_root: PurePosixPath
    in_repository: PurePosixPath = field(factory=PurePosixPath)
    settings: Mapping[str, Any] = field(factory=dict[str, Any])
    there: Callable[[PurePosixPath], str | None] = _nothing_there
    anew: bool = False
    seconds: Callable[[], Mapping[str, float]] = dict[str, float]


@final
@frozen(kw_only=True)
class Inexpressible:
    """Something that a target can't carry: what and why, where it was written, and what would help.

    `code` is the rule's that it breaks, of those about targets (SL8); `subject` names the node or stage that it is about.
    """

    message: str
    help: str
    origin: Origin | None = None
    code: str = "SL802"
    subject: str = ""

    def __str__(self) -> str:
        at = f"\n  --> {self.origin}" if self.origin else ""
        return f"{self.message}{at}\n  help: {self.help}"


class CannotEmit(Exception):
    """A target can't express a plan: all that stands in the way."""

    def __init__(self, problems: Iterable[Inexpressible]) -> None:
        self.problems = tuple(problems)
        super().__init__("\n".join(map(str, self.problems)))


class WrongSettings(Exception):
    """What stands in a target's table of pyproject.toml can't be meant: what, and one next step.

    Args:
        said: the message, and in a line of its own "  help: ".
        way: the way to it in the table: names, and places in lists.
    """

    def __init__(self, said: str, way: tuple[str | int, ...] = ()) -> None:
        self.way = way
        super().__init__(said)


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
        """Give the files of a plan, by path relative to the output folder.

        Raises:
            CannotEmit: the target can't express the plan.
            WrongSettings: the target's settings can't be read.
        """
        ...


@runtime_checkable
class Configured(Backend, Protocol):
    """A backend with settings of its own, `[tool.stagelang.TARGET]`, which can be read without a plan."""

    def settings(self, table: Mapping[str, Any]) -> Mapping[str, Any]:
        """Give all settings with the values that hold, defaults included. Raises WrongSettings."""
        ...


@runtime_checkable
class Kept(Backend, Protocol):
    """A backend whose files are committed: they lie at the repository's root, and what a person changed in them isn't overwritten."""

    def is_as_written(self, text: str) -> bool:
        """Tell whether a file is what was emitted once, or was edited since, or is somebody's own."""
        ...

    def notes(self, text: str, options: EmitOptions) -> Iterable[str]:
        """Say what else in the repository an emitted file needs, as far as that isn't there; in the words of a person's next step."""
        ...


@final
@frozen(kw_only=True)
class Engine:
    """A program that carries out what is emitted, and isn't stagelang's own.

    Args:
        name: what people call it.
        program: what is typed to start it; empty where it is a library.
        module: the module by which a library is known to be there.
        install: the one command that installs it.
    """

    name: str
    program: str = ""
    module: str = ""
    install: str


@runtime_checkable
class NeedsEngine(Backend, Protocol):
    """A backend whose files are carried out by an engine, of which a person is told where it isn't installed."""

    @property
    def engine(self) -> Engine:
        """The engine."""
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
