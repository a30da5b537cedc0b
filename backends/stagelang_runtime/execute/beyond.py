"""Watches what a body reaches beyond what its stage declares, and says it in words that are the same wherever the stage ran.

Files, folders, the network and programs are seen by an audit hook (PEP 578), environment variables by the mapping that everyone reads
them from, and the random generators that all code shares by comparing their states. What counts is what the user's own code asks for: a
library's configuration, an import and a temporary file don't. What a native library opens by itself isn't seen.
"""

from __future__ import annotations

import os
import random
import sys
import sysconfig
import tempfile
from collections.abc import Callable, Generator, Iterable, Iterator, Mapping
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from types import FrameType
from typing import Any, Literal, TypeAlias, final

import numpy as np

import stagelang
from stagelang_compiler.plan import ELSEWHERE, Stage
from stagelang_runtime.execute.environment import OF_THE_RUNNER

Asker: TypeAlias = Literal["own", "library", ""]
READ, WROTE, NETWORK, PROGRAM, VARIABLE, RANDOM = "read", "wrote", "network", "program", "variable", "random"
ALL = "*"
"""Stands for all variables."""
MORE = "more"
MOST = 100
"""How many things of one node are written down; the others are counted."""

_WRITING = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_APPEND
_STDLIB = tuple({sysconfig.get_paths()[each] for each in ("stdlib", "platstdlib")})
_INSTALLED = ("site-packages", "dist-packages")
_RUNNER = tuple(
    f"{Path(__file__).parents[2] / each}{os.sep}" for each in ("stagelang_runtime", "stagelang_backends")
)
_LANGUAGE = f"{Path(stagelang.__file__).parent}{os.sep}"
_SYSTEM = tuple(
    f"/{each}/" for each in ("usr", "lib", "lib64", "etc", "opt", "var", "run", "nix", "bin", "sbin")
)
_DEVICES = tuple(f"/{each}/" for each in ("dev", "proc", "sys"))
_QUIET = frozenset({"linecache.py", "traceback.py", "warnings.py", "inspect.py", "tokenize.py", "shutil.py"})
"""Modules of Python that open files on nobody's behalf, such as to show a line of code, or that tell themselves what they do."""
_BY_FOLDER = {"os.mkdir": 2, "os.rmdir": 1, "os.remove": 1, "os.link": 2, "os.symlink": 2, "os.rename": 2}
"""Where an event says which open folder its path is relative to; such a path can't be told from here."""


@contextmanager
def watching(root: Path, own: Iterable[Path], seed: int) -> Generator[Watch]:
    """Watch what is reached inside; one body at a time in a process.

    Args:
        root: the pipeline's folder.
        own: folders that are the node's, or the runner's: what lies there was handed over, or is nobody's business.
        seed: what the generators of Python and of numpy were set to before.
    """
    _install()
    watch = Watch(str(root), tuple(map(str, own)))
    _active.append(watch)
    _set_class(os.environ, _Variables)
    try:
        yield watch
    finally:
        _active.pop()
        _set_class(os.environ, _PLAIN)
        watch.found.update((RANDOM, name) for name in _moved_on(seed))


def undeclared(watch: Watch, stage: Stage) -> list[list[str]]:
    """List what a body reached beyond what its stage declares, sorted, as pairs of what it did and to what."""
    found = sorted(each for each in watch.found if not _is_declared(*each, stage))
    more = [[MORE, str(len(found) - MOST)]] if len(found) > MOST else []
    return [[what, name] for what, name in found[:MOST]] + more


def _is_declared(what: str, name: str, stage: Stage) -> bool:
    match what:
        case "variable":
            return name in stage.env or name in OF_THE_RUNNER
        case "network":
            return stage.network
        case "read":
            return stage.always_run
        case _:
            return False


@final
class Watch:
    """What one body reached, as pairs of what was done and to what."""

    def __init__(self, root: str, own: tuple[str, ...]) -> None:
        self._places = _places(root, own)
        self.found: set[tuple[str, str]] = set()

    def file(self, what: str, path: object, *, told: bool = False) -> None:
        """Note a file or folder that is read or written; `told` if a module of Python says so of itself."""
        if not isinstance(path, str | bytes):
            path = os.fspath(path) if isinstance(path, os.PathLike) else None  # pyright: ignore[reportUnknownArgumentType, reportUnknownVariableType]
        if path is None:
            return
        whole = os.path.abspath(os.fsdecode(path))  # pyright: ignore[reportUnknownArgumentType]
        name = self.name_of(whole)
        if name and (what, name) not in self.found:
            asker = asked_by(told=told)
            if asker == "own" or (asker == "library" and not whole.startswith(_SYSTEM)):
                self.found.add((what, name))

    def name_of(self, whole: str) -> str:
        """Name a place as on every machine; empty where it is nobody's business."""
        if whole.startswith((*_DEVICES, *_STDLIB)) or any(each in whole for each in _INSTALLED):
            return ""
        for folder, is_root in self._places:
            if whole == folder:
                return "." if is_root else ""
            if whole.startswith(folder + os.sep):
                return whole[len(folder) + 1 :].replace(os.sep, "/") if is_root else ""
        return f"{ELSEWHERE}/{Path(whole).name}"


@cache
def _places(root: str, own: tuple[str, ...]) -> list[tuple[str, bool]]:
    """List the folders that say what a path below them is, the innermost first; the pipeline's own is the one that counts."""
    folders = {
        real(each): False for each in (*own, *_temporary()) for real in (os.path.abspath, os.path.realpath)
    }
    folders |= {real(root): True for real in (os.path.abspath, os.path.realpath)}
    return sorted(folders.items(), key=lambda each: -len(each[0]))


def _temporary() -> tuple[str, ...]:
    """Give the folder for temporary files; a full disk has none, which is for whoever wants to write there to say."""
    try:
        return (tempfile.gettempdir(),)
    except FileNotFoundError:
        return ()


def asked_by(*, itself: bool = False, told: bool = False) -> Asker:
    """Say on whose behalf something is done now: of the user's own code, or of a library that it calls.

    Empty where it is on nobody's: while a module is imported, or where only the runner is at work.

    Args:
        itself: take what Python's own modules ask for to be a library's wish too, but for those that all must go through.
        told: heed what those modules of Python say that open files on nobody's behalf.
    """
    frame: FrameType | None = sys._getframe(1)  # pyright: ignore[reportPrivateUsage]
    asker: Asker = "own"
    found: Asker = ""
    while frame is not None:
        kind = _kind_of(frame.f_code.co_filename)
        if kind == "import" or (kind == "quiet" and not told):
            return ""
        if kind == "runner" and frame.f_code.co_filename != __file__:
            break
        if kind == "own":
            found = found or asker
        elif kind == "library" or (itself and kind == "python"):
            asker = "library"
        frame = frame.f_back
    return found


@cache
def _kind_of(file: str) -> str:
    """Say whose code a file holds."""
    if file.startswith("<frozen importlib"):
        return "import"
    if file.startswith(("<frozen", "<attrs generated", _LANGUAGE)):
        return "neutral"
    if file.startswith(_RUNNER):
        return "runner"
    if any(each in file for each in _INSTALLED):
        return "library"
    if file.startswith(_STDLIB):
        return _kind_in_python(file)
    return "own"


def _kind_in_python(file: str) -> str:
    name = Path(file).name
    if f"{os.sep}importlib{os.sep}" in file:
        return "import"
    if name in _QUIET:
        return "quiet"
    return "neutral" if name in ("os.py", "_collections_abc.py") else "python"


# what the interpreter tells

_active: list[Watch] = []
"""The body that runs now, if one does."""


@cache
def _install() -> None:
    """Set the hook, once in a process: it can't be taken away again, so it does nothing while nothing is watched."""
    sys.addaudithook(_hook)


def _hook(event: str, arguments: tuple[Any, ...]) -> None:
    # Every id() and every access to a function's code comes by here: refuse at once.
    if not _active:
        return
    told = _EVENTS.get(event)
    if told is not None and arguments[_BY_FOLDER.get(event, len(arguments)) :][:1] in ((), (-1,)):
        told(_active[-1], arguments)


def _opened(watch: Watch, arguments: tuple[Any, ...]) -> None:
    path, mode, flags = arguments
    writes = bool(flags & _WRITING) if isinstance(flags, int) else bool({*"wax+"} & {*str(mode or "")})
    watch.file(WROTE if writes else READ, path)


def _read(watch: Watch, arguments: tuple[Any, ...]) -> None:
    watch.file(READ, "." if arguments[0] is None else arguments[0])


def _wrote(watch: Watch, arguments: tuple[Any, ...]) -> None:
    watch.file(WROTE, arguments[0])


def _moved(watch: Watch, arguments: tuple[Any, ...]) -> None:
    watch.file(WROTE, arguments[0])
    watch.file(WROTE, arguments[1])


def _copied(watch: Watch, arguments: tuple[Any, ...]) -> None:
    watch.file(READ, arguments[0], told=True)
    watch.file(WROTE, arguments[1], told=True)


def _removed(watch: Watch, arguments: tuple[Any, ...]) -> None:
    watch.file(WROTE, arguments[0], told=True)


def _asked_for_host(watch: Watch, arguments: tuple[Any, ...]) -> None:
    host = arguments[0]
    if host and asked_by():
        watch.found.add((NETWORK, host.decode() if isinstance(host, bytes) else str(host)))


def _connected(watch: Watch, arguments: tuple[Any, ...]) -> None:
    address = arguments[1]
    # What a name was found to stand for differs from day to day; it was noted when it was asked for.
    if isinstance(address, tuple) and asked_by() and not any(what == NETWORK for what, _ in watch.found):
        watch.found.add((NETWORK, str(address[0])))  # pyright: ignore[reportUnknownArgumentType]


def _started(watch: Watch, arguments: tuple[Any, ...]) -> None:
    program = arguments[0] or (arguments[1][0] if len(arguments) > 1 and arguments[1] else "")
    if asked_by() == "own":
        watch.found.add((PROGRAM, Path(os.fsdecode(program)).name))


def _told_a_shell(watch: Watch, arguments: tuple[Any, ...]) -> None:
    if asked_by() == "own":
        watch.found.add((PROGRAM, "sh"))


_EVENTS: Mapping[str, Callable[[Watch, tuple[Any, ...]], None]] = {
    "open": _opened,
    "os.listdir": _read,
    "os.scandir": _read,
    "sqlite3.connect": _read,
    "os.mkdir": _wrote,
    "os.rmdir": _wrote,
    "os.remove": _wrote,
    "os.truncate": _wrote,
    "os.rename": _moved,
    "os.link": _moved,
    "os.symlink": _moved,
    "shutil.copyfile": _copied,
    "shutil.copytree": _copied,
    "shutil.move": _copied,
    "shutil.rmtree": _removed,
    "socket.getaddrinfo": _asked_for_host,
    "socket.connect": _connected,
    "subprocess.Popen": _started,
    "os.exec": _started,
    "os.posix_spawn": _started,
    "os.spawn": _started,
    "os.system": _told_a_shell,
}


# environment variables, which no event tells of

_PLAIN = os._Environ  # pyright: ignore[reportPrivateUsage]


class _Variables(os._Environ[str]):  # pyright: ignore[reportPrivateUsage]
    """The process's variables, which note who asks for which."""

    def __getitem__(self, key: str) -> str:
        _asked_for_variable(key)
        return super().__getitem__(key)

    def __iter__(self) -> Iterator[str]:
        _asked_for_variable(ALL)
        return super().__iter__()


def _asked_for_variable(name: str) -> None:
    for watch in _active[-1:]:
        if (VARIABLE, ALL) not in watch.found and asked_by(itself=True) == "own":
            watch.found.add((VARIABLE, name))


def _set_class(variables: object, kind: Any) -> None:
    variables.__class__ = kind


# random generators


_python, _numpy = random.Random(0), np.random.RandomState(0)
"""Generators of our own, kept since making one takes longer than seeding it."""


def _moved_on(seed: int) -> Iterator[str]:
    """Name the generators that all code shares and that don't stand any more where the seed has set them."""
    _python.seed(seed)
    if random.random() != _python.random():
        yield "python"
    _numpy.seed(seed)
    if np.random.random_sample() != _numpy.random_sample():
        yield "numpy"
