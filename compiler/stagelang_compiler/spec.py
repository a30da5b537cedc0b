"""Loads a `pipeline.py` and keeps what it declared; whatever goes wrong while it runs becomes a finding."""

from __future__ import annotations

import importlib
import importlib.util
import inspect
import linecache
import os
import re
import sys
import sysconfig
import traceback
from collections.abc import Generator, Iterable
from contextlib import contextmanager, redirect_stdout
from pathlib import Path
from types import ModuleType, TracebackType
from typing import Any, final

from attrs import frozen

import stagelang
from stagelang.errors import DeclarationError, LazyHandleError
from stagelang.origin import Origin
from stagelang.pipeline import Pipeline
from stagelang.recording import Recording, record
from stagelang_compiler.checks import structure as rules
from stagelang_compiler.diagnostics import Diagnostic, Place, Rule, did_you_mean
from stagelang_compiler.parsed_files import Loader
from stagelang_compiler.watch import Watched, watch


@final
@frozen(kw_only=True)
class Spec:
    """A loaded spec: its file, the folder that paths in it are relative to, and all that it declared."""

    path: Path
    root: Path
    module: ModuleType
    recording: Recording
    pipeline: Pipeline
    watched: Watched
    imported: frozenset[str]
    """The modules that weren't loaded before, wherever they lie."""
    entries: tuple[str, ...] = ()
    """The folders that it added to `sys.path`, absolute."""

    @property
    def files(self) -> frozenset[Path]:
        """All files that were read while it was loaded, but for those of Python, installed libraries and stagelang."""
        loaded = ((name, getattr(module, "__file__", None)) for name, module in list(sys.modules.items()))
        own = (
            Path(file)
            for name, file in loaded
            if file
            and (_is_user(file, self.root) or (name in self.imported and not _is_installed(name, file)))
        )
        return frozenset((self.path, *own, *(Path(each) for each in self.watched.paths)))


def load(path: Path, name: str = "") -> tuple[Spec | None, list[Diagnostic]]:
    """Run a spec and find its pipeline: the one called `name`, or the only one."""
    path = Path(os.path.abspath(path))
    refused = _readable(path) or _shadowing(path)
    if refused:
        return None, refused
    linecache.checkcache()
    # what a spec prints must not get between the lines of a report
    quiet = redirect_stdout(sys.stderr)
    with _importable(path.parent), record() as recording, watch(path.parent) as watched, quiet:
        before, entries = frozenset(sys.modules), frozenset(sys.path)
        module, findings = _execute(path)
        added = tuple(os.path.abspath(entry) for entry in sys.path if entry not in entries)
    if module is None:
        return None, findings
    pipeline, findings = _choose(path, recording, name)
    if pipeline is None:
        return None, findings
    spec = Spec(
        path=path,
        root=path.parent,
        module=module,
        recording=recording,
        pipeline=pipeline,
        watched=watched,
        imported=frozenset(sys.modules) - before,
        entries=added,
    )
    return spec, []


def _readable(path: Path) -> list[Diagnostic]:
    if path.is_file():
        return []
    what = "is a folder" if path.is_dir() else "doesn't exist"
    beside = sorted(each.name for each in path.parent.glob("*.py")) if path.parent.is_dir() else []
    meant = did_you_mean(path.name, beside)
    action = (
        f"did you mean {meant!r}?"
        if meant
        else "name the file that declares the pipeline, or make one with 'stagelang init'"
    )
    return [_finding(rules.UNREADABLE_SPEC, f"{path.name!r} {what}", Origin(str(path), 0), action)]


def _shadowing(path: Path) -> list[Diagnostic]:
    """Refuse a spec that would take the place of a module that others import by the same name."""
    loaded = sys.modules.get(path.stem)
    taken = loaded is not None and not _lies_in(loaded, (path.parent, *_last_root))
    if not taken and path.stem not in sys.stdlib_module_names:
        return []
    message = f"{path.name!r} bears the name of a module that Python or a library brings"
    action = "give the file a name of its own, such as 'pipeline.py'"
    return [_finding(rules.UNREADABLE_SPEC, message, Origin(str(path), 0), action)]


_last_root: list[Path] = []
"""The folder of the spec that was loaded last: what it imported must not be taken for what lies beside the next one."""
_PYTHON = tuple(sysconfig.get_paths()[each] for each in ("stdlib", "platstdlib"))
_TEXT: Any = str
_OWN = ("stagelang", "stagelang_compiler", "stagelang_runtime", "stagelang_backends")


def _lies_in(module: ModuleType, folders: Iterable[Path]) -> bool:
    file = getattr(module, "__file__", None)
    places = [file] if file else [str(place) for place in getattr(module, "__path__", ())]
    below = tuple(f"{folder}{os.sep}" for folder in folders)
    return any(place.startswith(below) and "site-packages" not in place for place in places)


@contextmanager
def _importable(root: Path) -> Generator[None]:
    """Let the spec import what lies beside it, freshly."""
    for name, module in list(sys.modules.items()):
        if name.partition(".")[0] not in _OWN and _lies_in(module, (root, *_last_root)):
            del sys.modules[name]
    _last_root[:] = [root]
    importlib.invalidate_caches()
    before = list(sys.path)
    sys.path.insert(0, str(root))
    try:
        yield
    finally:
        sys.path[:] = before


def _execute(path: Path) -> tuple[ModuleType | None, list[Diagnostic]]:
    loader = Loader(path.stem, str(path))
    found = importlib.util.spec_from_loader(path.stem, loader)
    if found is None or path.suffix != ".py":
        action = "give the pipeline's file a name that ends in '.py'"
        return None, [
            _finding(rules.UNREADABLE_SPEC, f"{path.name!r} isn't Python", Origin(str(path), 0), action)
        ]
    module = importlib.util.module_from_spec(found)
    sys.modules[path.stem] = module
    try:
        loader.exec_module(module)
    except SyntaxError as error:
        return None, [_syntax(path, error)]
    except UnicodeDecodeError as error:
        return None, [
            _finding(
                rules.UNREADABLE_SPEC,
                f"{path.name!r} isn't UTF-8 text: {error.reason}",
                Origin(str(path), 0),
                "save it as UTF-8",
            )
        ]
    except KeyboardInterrupt:
        raise
    except BaseException as error:  # SystemExit too: a spec is a declaration, and must not end the program
        return None, [_raised(path, error)]
    return module, []


def _syntax(path: Path, error: SyntaxError) -> Diagnostic:
    place = Origin(error.filename or str(path), error.lineno or 0)
    return _finding(
        rules.UNREADABLE_SPEC,
        f"{Path(place.file).name!r} isn't Python: {error.msg}",
        place,
        "correct the line",
    )


def _raised(path: Path, error: BaseException) -> Diagnostic:
    places = _user_places(path, error.__traceback__)
    said = _said(error).partition("\n")[0]
    match error:
        case LazyHandleError():
            # The places are said below it, relative to the pipeline's folder.
            message, help_ = str(error).replace(f"{path.parent}{os.sep}", "").split("\n  help: ")
            return Diagnostic(rule=rules.LAZY_DATA_TOUCHED, message=message, places=places, help=help_)
        case DeclarationError():
            return Diagnostic(
                rule=rules.MEANINGLESS_DECLARATION,
                message=said,
                places=places,
                help="correct the declaration",
            )
        case ImportError():
            missing = (error.name or "").partition(".")[0]
            absent = isinstance(error, ModuleNotFoundError) and missing
            action = f"install {missing!r}, or put it beside the pipeline" if absent else "correct the import"
            return Diagnostic(
                rule=rules.FAILED_IMPORT,
                message=said[:1].lower() + said[1:],
                places=places,
                subject=missing,
                help=action,
            )
        case _:
            what = f"{type(error).__name__}: {said}" if said else type(error).__name__
            return Diagnostic(
                rule=rules.SPEC_RAISES,
                message=f"the spec raised {what}",
                places=places,
                help=_keyword_help(said)
                or "correct the line; a spec only declares, so it must run without data and without side effects",
            )


_UNKNOWN_KEYWORD = re.compile(r"(?:(\w+)\.)?(\w+)\(\) got an unexpected keyword argument '(\w+)'")


def _keyword_help(said: str) -> str:
    """Say which keyword of the language's own was meant by one that it doesn't have; nothing where it isn't about one."""
    found = _UNKNOWN_KEYWORD.fullmatch(said)
    if found is None:
        return ""
    owner, function, keyword = found.groups()
    called = getattr(stagelang, owner or function, None)
    called = getattr(called, function, None) if owner else called
    if not callable(called):
        return ""
    known = [
        name for name, each in inspect.signature(called).parameters.items() if each.kind is each.KEYWORD_ONLY
    ]
    meant = did_you_mean(keyword, known)
    return (
        f"did you mean {meant!r}?" if meant else f"leave {keyword!r} out, or name one of {', '.join(known)}"
    )


def _said(error: BaseException) -> str:
    try:
        return str(error)
    except Exception:
        return ""


def _user_places(path: Path, trace: TracebackType | None) -> tuple[Place, ...]:
    frames = [frame for frame in traceback.extract_tb(trace) if _is_user(frame.filename, path.parent)]
    if not frames:
        return (Place(Origin(str(path), 0)),)
    inner, outer = frames[-1], frames[0]
    places = [Place(Origin(inner.filename, inner.lineno or 0))]
    if (outer.filename, outer.lineno) != (inner.filename, inner.lineno):
        places.append(Place(Origin(outer.filename, outer.lineno or 0), "called from here"))
    return tuple(places)


def _is_user(file: str, root: Path) -> bool:
    return "site-packages" not in file and file.startswith(os.path.join(root, ""))


def _is_installed(name: str, file: str) -> bool:
    """Tell whether a module is Python's, a library's or stagelang's own."""
    own = name.partition(".")[0] in _OWN
    return own or "site-packages" in file or "dist-packages" in file or file.startswith(_PYTHON)


def _choose(path: Path, recording: Recording, name: str) -> tuple[Pipeline | None, list[Diagnostic]]:
    pipelines: list[Pipeline] = recording.pipelines
    known = [pipeline.name for pipeline in pipelines if isinstance(pipeline.name, _TEXT)]
    if not pipelines:
        action = "end the file with 'pipeline = Pipeline(...)'"
        return None, [
            _finding(rules.NO_PIPELINE, f"{path.name!r} declares no pipeline", Origin(str(path), 0), action)
        ]
    chosen = [pipeline for pipeline in pipelines if not name or pipeline.name == name]
    if len(chosen) == 1:
        return chosen[0], []
    if not chosen:
        meant = did_you_mean(name, known)
        action = f"did you mean {meant!r}?" if meant else f"choose one of: {', '.join(sorted(known))}"
        return None, [
            _finding(
                rules.NO_PIPELINE, f"{path.name!r} declares no pipeline {name!r}", pipelines[0].origin, action
            )
        ]
    places = tuple(Place(pipeline.origin, "declared here") for pipeline in chosen)
    action = (
        f"say which with '--pipeline NAME', one of: {', '.join(sorted(set(known)))}"
        if len(set(known)) > 1
        else "give each its own name"
    )
    return None, [
        Diagnostic(
            rule=rules.SEVERAL_PIPELINES,
            message=f"{path.name!r} declares {len(chosen)} pipelines",
            places=places,
            help=action,
        )
    ]


def _finding(rule: Rule, message: str, origin: Origin, help_: str) -> Diagnostic:
    return Diagnostic(rule=rule, message=message, places=(Place(origin),), help=help_)
