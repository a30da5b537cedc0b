"""Bring an emitted Makefile and the notes beside it up to date, as the Makefile asks where something has changed.

Compiles the pipeline into the current folder, takes away the notes of what is no longer up to date, and lists for Make all that was
looked at, so that it needn't ask again before something of that changes.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import time
from collections.abc import Iterable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from stagelang_backends.cli.main import FINDINGS, OK, UsageError
from stagelang_backends.cli.spec_arguments import add_spec, home_of
from stagelang_runtime.location import Location, locate_store
from stagelang_runtime.store import DamagedObject, MissingObject
from stagelang_runtime.store.digest import PREFIX

if TYPE_CHECKING:
    from stagelang_compiler.plan import Plan
    from stagelang_runtime.execute.notes import Notes
    from stagelang_runtime.store import Store


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare what the command takes."""
    add_spec(parser)
    parser.add_argument(
        "--notes", required=True, type=Path, metavar="FOLDER", help="where each node's last receipt is noted"
    )
    parser.add_argument(
        "--store", default=None, metavar="LOCATION", help="where results are kept: a folder or a URL"
    )
    parser.add_argument(
        "--with",
        required=True,
        dest="word",
        metavar="TEXT",
        help="what the Makefile compares the next time with what it would say then",
    )
    parser.add_argument(
        "--only-notes",
        action="store_true",
        help="compile nothing anew; where something has changed, leave it to the next time",
    )


def carry_out(arguments: argparse.Namespace) -> int:
    """Compile, settle the notes, and list what was looked at."""
    from stagelang_backends.cli.compiling import compiled_from
    from stagelang_backends.cli.emitting import emitted
    from stagelang_backends.cli.written import differing, put
    from stagelang_backends.protocol import find_backend
    from stagelang_runtime.execute.own_code import changed_files

    since = time.time_ns()
    arguments.spec = Path(os.path.normpath(arguments.spec.absolute()))
    found = compiled_from(arguments.spec, arguments.pipeline, home_of(arguments.spec))
    if found is None:
        return FINDINGS
    folder, root = Path.cwd(), arguments.spec.parent
    backend = find_backend("make")
    files = emitted(backend, found.plan, arguments.spec, folder)
    if files is None:
        return FINDINGS
    if arguments.only_notes:
        if differing(files, folder) or changed_files(found.plan, root):
            return OK
    else:
        code = put(files, folder, backend.name, say_unchanged=False)
        if code != OK:
            return code
    own = [folder / name for name in files]
    for path in own:
        if path.stat().st_mtime_ns > since:  # just written, or just found to be right
            os.utime(path, ns=(since, since))
    read = [*own, *found.files, *(root / each for each in _watched(found.plan, root)), *_installed()]
    return _settle(arguments, found.plan, root, read, since)


def _settle(arguments: argparse.Namespace, plan: Plan, root: Path, read: Iterable[Path], since: int) -> int:
    from stagelang_backends.makefile.escaping import NotForMake
    from stagelang_backends.makefile.settled import NAME, settled_text
    from stagelang_runtime.execute.notes import Notes
    from stagelang_runtime.execute.settle import settle
    from stagelang_runtime.session import keep_out_of_git
    from stagelang_runtime.store import StoreError

    notes, location = (
        Notes(arguments.notes.absolute()),
        locate_store(arguments.store, home_of(arguments.spec)),
    )
    target = arguments.notes / NAME
    try:
        store = location.open()
        keep_out_of_git(location.home)
        _set_damaged_aside(plan, notes, store, location, target)
        settle(plan, root=root, store=store, notes=notes, keep_waiting=True)
        objects = _paths(plan, notes, store, location)
        seen = (_seen_from_here(each, root) for each in (*read, *objects))
        text = settled_text(arguments.word, seen, arguments.notes.as_posix())
    except StoreError as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
    except NotForMake as error:
        raise UsageError(f"{error}, in {arguments.word!r}\n  help: name another store or program") from None
    _write(target, text, since)
    return OK


def _write(target: Path, text: str, since: int) -> None:
    """Write the list as of the moment when looking began: what has changed since then is looked at again."""
    target.parent.mkdir(parents=True, exist_ok=True)
    ignore = target.with_name(".gitignore")
    if not ignore.exists():
        ignore.write_text("*\n", encoding="utf-8")
    beside = target.with_name(f"{target.name}-{os.urandom(6).hex()}")
    beside.write_text(text, encoding="utf-8", newline="\n")
    os.utime(beside, ns=(since, since))
    beside.replace(target)


def _watched(plan: Plan, root: Path) -> list[str]:
    from stagelang_runtime.execute.watched import watched_paths

    return watched_paths(plan, root)


def _installed() -> Iterator[Path]:
    """Give the folders that change when a library is installed, upgraded or removed."""
    for place in sys.path:
        if place.endswith(("site-packages", "dist-packages")) and Path(place).is_dir():
            yield Path(place)


def _objects(plan: Plan, notes: Notes, store: Store) -> Iterator[str]:
    """Give the digests of all that the noted nodes left in the store."""
    for node in plan.nodes:
        note = notes.get(node.name)
        for output in note.receipt["outputs"] if note is not None else ():
            yield output["object"]
            if output["kind"] == "files":
                with suppress(MissingObject, DamagedObject):
                    yield from (digest for _, digest, _ in json.loads(store.get_bytes(output["object"])))


def _paths(plan: Plan, notes: Notes, store: Store, location: Location) -> Iterator[Path]:
    """Give the files of all results in a store that is a folder; of one at a URL, no file here tells whether they are there."""
    for digest in () if location.is_shared else _objects(plan, notes, store):
        with suppress(MissingObject):
            yield store.get_path(digest, verify=False)


def _set_damaged_aside(plan: Plan, notes: Notes, store: Store, location: Location, target: Path) -> None:
    """Read again what was written to since the notes were settled last, so that what is damaged counts as gone."""
    try:
        last = target.stat()
    except OSError:
        return
    if not last.st_size:  # made by the Makefile, just now
        return
    for path in list(_paths(plan, notes, store, location)):
        if path.stat().st_mtime_ns > last.st_mtime_ns:
            with suppress(MissingObject, DamagedObject):
                store.get_path(PREFIX + path.name)


def _seen_from_here(path: Path, root: Path) -> str:
    """Name a file of the project by the way to it, so that a project may be moved; any other by its whole path."""
    is_inside = path.is_relative_to(root) and Path.cwd().is_relative_to(root)
    return Path(os.path.relpath(path) if is_inside else path).as_posix()
