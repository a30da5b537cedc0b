"""Brings a source's data into the store, and sees that it is what the key says."""

from __future__ import annotations

import os
import shutil
from pathlib import PurePosixPath

from stagelang_compiler.plan import Output, Source
from stagelang_runtime.execute import artifacts, writing
from stagelang_runtime.execute.artifacts import Entry
from stagelang_runtime.execute.failure import Failure, NodeFailed
from stagelang_runtime.execute.prepare import source_cache, unreadable
from stagelang_runtime.execute.work import Work
from stagelang_runtime.inputs.errors import InputError
from stagelang_runtime.inputs.files import find, locate
from stagelang_runtime.inputs.opening import open_raw
from stagelang_runtime.inputs.read import read_source


def take_in(work: Work) -> Entry:
    """Read a source and store it. Raises NodeFailed where it can't be read, breaks its contract, or changes."""
    source, (output,) = work.node.source, work.node.outputs
    assert source is not None
    try:
        entry = _files(work, source, output) if source.format == "files" else _table(work, source, output)
        found = locate(source, work.place.root, source_cache(work.place.store))
    except InputError as error:
        raise NodeFailed(unreadable(work.node, error)) from None
    if {file.name: file.digest for file in found} != dict(work.job.source_files):
        message = f"source {work.node.name!r} changed while it was being read"
        raise NodeFailed(
            Failure(kind="source", message=message, where=work.where, help="run again once it is complete")
        )
    return entry


def _table(work: Work, source: Source, output: Output) -> Entry:
    contract = work.place.contract(output.contract)
    assert contract is not None, "a table's source has a contract"
    return writing.store_output(work, output, read_source(source, contract, work.place.root))


def _files(work: Work, source: Source, output: Output) -> Entry:
    """Copy a source's files, named from the last folder that they share."""
    root, names = work.place.root, find(source, work.place.root)
    base = os.path.commonpath([str(PurePosixPath(name).parent) for name in names])
    folder = work.folder / "source"
    for name in names:
        target = folder / os.path.relpath(name, base or ".")
        target.parent.mkdir(parents=True, exist_ok=True)
        with open_raw(name, root) as stream, target.open("wb") as copy:
            shutil.copyfileobj(stream, copy)
    return artifacts.put_files(work.place.store, output, folder)
