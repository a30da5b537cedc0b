"""Takes a node's inputs out of the store: as loaded handles for a function, as files for a program."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import pyarrow as pa

from stagelang.handle import Handle
from stagelang_runtime.execute import artifacts, body, boundary
from stagelang_runtime.execute.command import Given
from stagelang_runtime.execute.failure import Failure, NodeFailed
from stagelang_runtime.execute.key import Read, label
from stagelang_runtime.execute.work import Work, found
from stagelang_runtime.store import StoreError, sha256_bytes
from stagelang_runtime.store.tables import write_table

_CHECKED_VALUE = 1 << 16


def load(work: Work, read: Read) -> Handle:
    """Give a loaded handle. Raises NodeFailed at an entry gate, LostInput."""
    return body.handle_of(read.artifact.kind, _data(work, read))


def load_table(work: Work, read: Read) -> pa.Table:
    """Give a table that has passed its entry gate. Raises NodeFailed there, LostInput."""
    with found(read.artifact):
        table = artifacts.get_table(work.place.store, read.artifact)
    if not read.input.contract:
        return table
    table, record = boundary.enter(work.place.plan, work.node, read, table, work.job.passed)
    work.entry.append(record)
    return table


def _data(work: Work, read: Read) -> Any:
    if read.artifact.kind == "table":
        return load_table(work, read)
    with found(read.artifact):
        if read.artifact.kind == "files":
            return artifacts.get_files(work.place.store, read.artifact, work.folder / label(read.input))
        data = work.place.store.get_bytes(read.artifact.object)
    return work.place.input_codec(read).decode(data)


def state(work: Work, read: Read, data: Any) -> str:
    """Give a digest that changes when an input does, where that is cheap to tell; else the empty text.

    Tables are Arrow's and can't be changed in place, and frames made of them are copies; models are read anew for each
    node.
    """
    if read.artifact.kind == "files":
        return artifacts.files_state(data)
    if read.artifact.kind == "value" and read.artifact.size <= _CHECKED_VALUE:
        try:
            return sha256_bytes(work.place.input_codec(read).encode(data))
        except StoreError:
            return "no longer of its type"
    return ""


def changed(work: Work, read: Read) -> NodeFailed:
    """Say that a node changed what it read."""
    name = label(read.input)
    return NodeFailed(
        Failure(
            kind="changed input",
            message=f"stage {work.node.name!r} changed its input {name!r}, which {read.input.node!r} made",
            where=work.where,
            help=f"work on a copy, such as copy.deepcopy({read.input.argument}.value)"
            if read.artifact.kind == "value"
            else "write to a folder of its own",
        )
    )


def lay_out(work: Work, read: Read) -> Given:
    """Put an input where a program finds it, a table in each format that its arguments may ask for."""
    path = work.folder / "in" / label(read.input).replace("[", "_").removesuffix("]")
    path.parent.mkdir(parents=True, exist_ok=True)
    if read.artifact.kind == "table":
        files = _table_files(work, path, load_table(work, read))
    else:
        files = {"": _copy(work, read, path)}
    return Given(read.input.argument, read.input.index, files)


def _copy(work: Work, read: Read, path: Path) -> Path:
    with found(read.artifact):
        if read.artifact.kind == "files":
            return artifacts.get_files(work.place.store, read.artifact, path)
        target = path.with_name(f"{path.name}.{read.artifact.codec}")
        shutil.copyfile(work.place.store.get_path(read.artifact.object), target)
    return target


def _table_files(work: Work, path: Path, table: pa.Table) -> dict[str, Path]:
    parquet, text = path.with_name(f"{path.name}.parquet"), path.with_name(f"{path.name}.csv")
    write_table(table, parquet)
    asked = work.stage.command.argv if work.stage.command else ()
    if any(":csv}" in each for each in asked):
        from pyarrow import csv

        writer: Any = csv
        writer.write_csv(table, text)
    return {"": parquet, "parquet": parquet, "csv": text}
