"""Puts a node's outputs into the store, once they have passed their exit gates."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow as pa

from stagelang_compiler.plan import Output, Source
from stagelang_runtime.execute import artifacts, boundary
from stagelang_runtime.execute.artifacts import Entry
from stagelang_runtime.execute.command import Layout, made
from stagelang_runtime.execute.failure import Failure, NodeFailed
from stagelang_runtime.execute.key import label
from stagelang_runtime.execute.work import Work, found
from stagelang_runtime.store import CodecError, NoCodec, StoreError, UnreadableTable, UnsupportedTable
from stagelang_runtime.store.tables import read_table

_UNSTORABLE = (CodecError, NoCodec, UnreadableTable, UnsupportedTable)


def store_output(work: Work, output: Output, data: Any) -> Entry:
    """Check and store one output. Raises NodeFailed at an exit gate or where it can't be stored, StoreError."""
    store = work.place.store
    if output.kind == "table":
        if output.contract:
            data, record = boundary.leave(work.place.plan, work.node, output, data)
            work.exit.append(record)
        if output.rows:
            work.exit.append(_related(work, output, data))
        return _stored(work, output, lambda: artifacts.put_table(store, output, data))
    if output.kind == "metric":
        return _stored(work, output, lambda: artifacts.put_table(store, output, data))
    if output.kind == "files":
        return _stored(work, output, lambda: artifacts.put_files(store, output, data))
    return _stored(
        work,
        output,
        lambda: artifacts.put_value(store, output, data, work.place.output_codec(work.stage, output)),
    )


def _related(work: Work, output: Output, made: pa.Table) -> dict[str, Any]:
    """Judge how a table's rows relate to those that they are made of. Raises NodeFailed, LostInput."""
    plan = work.place.plan
    (read,) = (each for each in work.reads if label(each.input) == output.rows_of)
    before = None
    if boundary.row_keys(plan, output, read.input):
        with found(read.artifact):
            before = artifacts.get_table(work.place.store, read.artifact)
    return boundary.related(plan, work.node, output, read, before, made)


def collect(work: Work, layout: Layout, output: Output) -> Entry:
    """Check and store what a program has left. Raises NodeFailed, StoreError."""
    path, kind = made(layout, work.stage, work.node, output.name)
    if output.kind == "table":
        return store_output(work, output, _written_table(work, output, path, kind))
    if output.kind == "files":
        return store_output(work, output, path)
    # Read as the declared type and written again, so that equal values have equal bytes whoever wrote them.
    return _stored(work, output, lambda: _recoded(work, output, path.read_bytes()))


def _written_table(work: Work, output: Output, path: Path, kind: str) -> pa.Table:
    from stagelang_runtime.inputs.errors import InputError
    from stagelang_runtime.inputs.read import read_source

    contract = work.place.contract(output.contract)
    try:
        if contract is not None:
            source = Source(location=path.name, format="csv" if kind == "csv" else "parquet")
            return read_source(source, contract, path.parent)
        return _csv().read_csv(path) if kind == "csv" else read_table(path)
    except (InputError, UnreadableTable, pa.ArrowException) as error:
        message = f"what command {work.node.name!r} wrote as {output.name!r} can't be read: {error}"
        raise NodeFailed(Failure(kind="command", message=message, where=work.where)) from None


def _csv() -> Any:
    from pyarrow import csv

    return csv


def _recoded(work: Work, output: Output, data: bytes) -> Entry:
    codec = work.place.output_codec(work.stage, output)
    return artifacts.put_value(work.place.store, output, codec.decode(data), codec)


def _stored(work: Work, output: Output, put: Callable[[], Entry]) -> Entry:
    """Store an output; what can't be stored is the node's failure, a store that can't be used is not."""
    try:
        return put()
    except FileNotFoundError as error:
        message, action = f"there is no folder {error}", "return the folder that the files were written to"
    except ValueError as error:
        message, action = str(error), "copy the file into the folder"
    except StoreError as error:
        if not isinstance(error, _UNSTORABLE):
            raise
        message, action = error.message, error.help
    port = "" if output.name == "out" else f" {output.name!r}"
    failure = Failure(
        kind="result",
        message=f"output{port} of {work.node.name!r} can't be stored: {message}",
        where=work.where,
        help=action,
    )
    raise NodeFailed(failure)
