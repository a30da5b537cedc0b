"""Emits a target's files for the commands that write or compare them: where they go, and what a backend is told besides the plan."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Mapping, Sequence
from importlib.util import find_spec
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING

from stagelang_backends.cli.main import UsageError
from stagelang_backends.cli.spec_arguments import home_of
from stagelang_backends.protocol import (
    Backend,
    CannotEmit,
    EmitOptions,
    Kept,
    NeedsEngine,
    UnknownTarget,
    WrongSettings,
    find_backend,
)

if TYPE_CHECKING:
    from stagelang_compiler.diagnostics import Diagnostic
    from stagelang_compiler.plan import Plan
    from stagelang_compiler.settings import Settings


def backend_of(target: str) -> Backend:
    """Find a target's backend. Raises UsageError."""
    try:
        return find_backend(target)
    except UnknownTarget as error:
        raise UsageError(f"{error}\n  help: choose one, or install the package that brings it") from None


def repository_of(folder: Path) -> Path:
    """Give the root of the git repository that a folder lies in; the folder itself where there is none."""
    folder = folder.absolute()
    return next((each for each in (folder, *folder.parents) if (each / ".git").exists()), folder)


def output_folder(backend: Backend, spec: Path, chosen: Path | None) -> Path:
    """Say where a backend's files go: where they were asked for, else the repository's root for those that are committed."""
    if chosen is not None:
        return chosen.absolute()
    root = spec.absolute().parent
    return repository_of(root) if isinstance(backend, Kept) else root / "build" / backend.name


def options_for(
    backend: Backend, plan: Plan, spec: Path, folder: Path, settings: Settings, *, regroup: bool = False
) -> EmitOptions:
    """Gather what a backend is told besides the plan."""
    root = spec.absolute().parent
    return EmitOptions(
        to_root=_way(folder, root),
        in_repository=_way(repository_of(root), root),
        settings=settings.targets.get(backend.name, {}),
        there=lambda path: _text(folder / path),
        anew=regroup,
        seconds=lambda: _seconds(plan, home_of(spec)),
    )


def emitted(
    backend: Backend, plan: Plan, spec: Path, folder: Path, *, regroup: bool = False
) -> Mapping[PurePosixPath, str] | None:
    """Give a target's files; None where it can't express the plan or be set up so, which is said on the standard error."""
    from stagelang_compiler.settings import read_settings

    settings, _ = read_settings(spec.absolute().parent)
    try:
        return backend.emit(plan, options_for(backend, plan, spec, folder, settings, regroup=regroup))
    except CannotEmit as error:
        from stagelang_backends.cli.target_findings import refusal

        _say([refusal(backend.name, problem, plan) for problem in error.problems], spec)
    except WrongSettings as error:
        from stagelang_backends.cli.target_findings import wrong_setting

        _say([wrong_setting(backend.name, error, settings)], spec)
    return None


def _say(findings: Sequence[Diagnostic], spec: Path) -> None:
    from stagelang_compiler.rendering import render, wants_colour

    root, colour = spec.absolute().parent, wants_colour(sys.stderr)
    sys.stderr.write(render(findings, format="text", root=root, colour=colour))


def say_notes(
    backend: Kept, plan: Plan, spec: Path, files: Mapping[PurePosixPath, str], folder: Path
) -> None:
    """Say what else emitted files need in the repository, on the standard error."""
    from stagelang_compiler.settings import read_settings

    settings, _ = read_settings(spec.absolute().parent)
    options = options_for(backend, plan, spec, folder, settings)
    for text in files.values():
        for note in backend.notes(text, options):
            print(f"note: {note}", file=sys.stderr)


def say_engine(backend: Backend) -> None:
    """Say how to install what carries the files out, on the standard error, where it isn't found here."""
    if not isinstance(backend, NeedsEngine):
        return
    engine = backend.engine
    is_there = shutil.which(engine.program) if engine.program else find_spec(engine.module)
    if is_there is None:
        print(
            f"note: {engine.name}, which carries these files out, isn't installed here: {engine.install}",
            file=sys.stderr,
        )


def _way(start: Path, end: Path) -> PurePosixPath:
    return PurePosixPath(Path(os.path.relpath(end, start)).as_posix())


def _text(path: Path) -> str | None:
    return path.read_text(encoding="utf-8", errors="replace") if path.is_file() else None


def _seconds(plan: Plan, home: Path) -> Mapping[str, float]:
    """Give how long nodes took, as the store beside the pipeline remembers it."""
    from stagelang_runtime.execute.history import read_history
    from stagelang_runtime.store import Store

    if not (home / "store" / "version").is_file():
        return {}
    history = read_history(Store.open_or_create(home / "store"), plan.name)
    receipts = {node.name: history.last(node.name) for node in plan.nodes}
    return {name: float(receipt["seconds"]) for name, receipt in receipts.items() if receipt is not None}
