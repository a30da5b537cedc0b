"""Carries out node N of plan P against store T: load, entry gates, body, exit gates, commit, receipt last.

Every engine ends here; it only decides in which order and where.
"""

from __future__ import annotations

import datetime as dt
import os
import shutil
import tempfile
from collections.abc import Callable, Generator, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeAlias, final

import pyarrow as pa
from attrs import define, field, frozen

from stagelang.handle import Handle
from stagelang_compiler.plan import Node, Output, Plan, Stage
from stagelang_runtime.execute import artifacts, body, boundary, command, environment
from stagelang_runtime.execute.artifacts import Entry
from stagelang_runtime.execute.failure import Failure, NodeFailed
from stagelang_runtime.execute.job import Job, LostInput
from stagelang_runtime.execute.key import Artifact, Read, label, measure
from stagelang_runtime.execute.loading import Loader
from stagelang_runtime.execute.measure import Meter
from stagelang_runtime.store import (
    CodecError,
    DamagedObject,
    MissingObject,
    NoCodec,
    Store,
    StoreError,
    UnreadableTable,
    UnsupportedTable,
    sha256_bytes,
)
from stagelang_runtime.store.codecs import Codec, codec_for

SCHEMA = 1
_CHECKED_VALUE = 1 << 16
_UNSTORABLE = (CodecError, NoCodec, UnreadableTable, UnsupportedTable)

Receipt: TypeAlias = dict[str, Any]
Printed: TypeAlias = Callable[[], tuple[str, str]]


@final
@frozen(kw_only=True)
class Place:
    """Where nodes are carried out: the plan, the pipeline's folder, the store, and the modules loaded so far."""

    plan: Plan
    root: Path
    store: Store
    loader: Loader
    scratch: Path


@final
@define(kw_only=True)
class _Work:
    """One node on its way: what it has loaded and checked so far."""

    place: Place
    node: Node
    stage: Stage | None
    job: Job
    folder: Path
    entry: list[dict[str, Any]] = field(factory=list[dict[str, Any]])
    exit: list[dict[str, Any]] = field(factory=list[dict[str, Any]])
    memory: dict[str, Any] = field(factory=dict[str, Any])

    @property
    def reads(self) -> Iterator[Read]:
        for bound, artifact in zip(self.node.inputs, self.job.reads, strict=True):
            yield Read(input=bound, artifact=artifact)


def carry_out(place: Place, job: Job, printed: Printed) -> Receipt:
    """Carry out a node and give the receipt that is in the store afterwards: another's, where that was first.

    Args:
        place: where.
        job: what.
        printed: gives the last that the node printed, to stdout and to stderr.

    Raises:
        NodeFailed: the node failed, for a reason in the user's code, data or machine.
        LostInput: an artifact that it reads is gone or damaged.
        StoreError: the store can't be used.
    """
    node = place.plan.node(job.node)
    started = dt.datetime.now(dt.UTC)
    meter = Meter()
    with _folder(place.scratch) as folder:
        stage = place.plan.stages[node.stage] if node.stage else None
        work = _Work(place=place, node=node, stage=stage, job=job, folder=folder)
        outputs = _KINDS[node.kind](work)
    measured = meter.stop()
    if work.memory:
        measured["memory"] = work.memory
    stdout, stderr = printed()
    receipt: Receipt = {
        "schema": SCHEMA,
        "state": "done",
        "node": node.name,
        "id": node.id,
        "kind": node.kind,
        "stage": node.stage,
        "key": job.key,
        "components": [[name, value] for name, value in job.components.items()],
        "inputs": [_input(read) for read in work.reads],
        "outputs": outputs,
        "gates": {"entry": work.entry, "exit": work.exit},
        "seed": node.seed,
        "started": started.isoformat(timespec="milliseconds"),
        **measured,
        "environment": dict(environment.recorded()),
        "stdout": stdout,
        "stderr": stderr,
    }
    return _commit(place.store, node, job.key, receipt)


def _commit(store: Store, node: Node, key: str, receipt: Receipt) -> Receipt:
    """Put the receipt; where another came first and its outputs are there, that one holds."""
    while True:
        earlier = store.put_receipt(key, receipt)
        if earlier is None or _has_outputs(store, earlier):
            break
        store.withdraw_receipt(key)
    store.link_id(node.id, key)
    return earlier or receipt


def _has_outputs(store: Store, receipt: Mapping[str, Any]) -> bool:
    return all(store.has(output["object"], output["size"]) for output in receipt["outputs"])


def _input(read: Read) -> dict[str, Any]:
    artifact = read.artifact
    return {
        "argument": read.input.argument,
        "index": read.input.index,
        "node": read.input.node,
        "port": read.input.output,
        "content": artifact.content,
        "object": artifact.object,
    }


@contextmanager
def _folder(scratch: Path) -> Generator[Path]:
    """Name a folder for the node's own files, made by whoever needs it and gone afterwards."""
    folder = scratch / os.urandom(8).hex()
    try:
        yield folder
    finally:
        if folder.exists():
            shutil.rmtree(folder, ignore_errors=True)


def _source(work: _Work) -> list[Entry]:
    from stagelang_runtime import inputs

    (output,) = work.node.outputs
    assert work.node.source is not None
    contract = work.place.plan.contracts[output.contract] if output.contract else None
    data: Any = inputs.read_source(work.node.source, contract, work.place.root)
    return [_store_output(work, output, data)]


def _split(work: _Work) -> list[Entry]:
    from stagelang_runtime import inputs

    (read,) = work.reads
    assert work.node.split is not None
    table = _load_table(work, read)
    parts = inputs.split_table(table, work.node.split, work.node.seed)
    return [_store_output(work, output, parts[output.name]) for output in work.node.outputs]


def _stage(work: _Work) -> list[Entry]:
    assert work.stage is not None
    declared = work.place.loader.declared(work.stage)
    handles = [(read, _load(work, read)) for read in work.reads]
    watched = [(read, handle, _state(work, read, handle)) for read, handle in handles]
    result = body.call(declared, work.node, handles, work.node.params, work.place.root)
    for read, handle, before in watched:
        if _state(work, read, handle) != before:
            raise _changed(work.stage, work.node, read)
    given = body.results(declared, work.stage, work.node, result)
    return [_store_output(work, output, given[output.name]) for output in work.node.outputs]


def _metric(work: _Work) -> list[Entry]:
    assert work.stage is not None
    (output,) = work.node.outputs
    declared = work.place.loader.declared(work.stage)
    handles = [(read, _load(work, read)) for read in work.reads]
    result = body.call(declared, work.node, handles, work.node.params, work.place.root)
    columns, cluster = measure(work.place.plan, work.node)
    table = body.metric_table(work.stage, work.node, result, columns)
    if cluster:
        tables: list[pa.Table] = [handle._data for read, handle in handles if read.artifact.kind == "table"]  # pyright: ignore[reportPrivateUsage]
        table = body.with_cluster(work.stage, work.node, table, tables, cluster)
    return [artifacts.put_table(work.place.store, output, table)]


def _command(work: _Work) -> list[Entry]:
    assert work.stage is not None
    work.folder.mkdir(parents=True)
    layout = command.Layout(work.folder, [_laid_out(work, read) for read in work.reads])
    work.memory = command.run(work.stage, work.node, layout, work.place.root)
    return [_collect(work, layout, output) for output in work.node.outputs]


_KINDS: Mapping[str, Callable[[_Work], list[Entry]]] = {
    "source": _source,
    "split": _split,
    "stage": _stage,
    "metric": _metric,
    "command": _command,
}


def _load(work: _Work, read: Read) -> Handle:
    if read.artifact.kind == "table":
        return body.handle_of("table", _load_table(work, read))
    with _found(read.artifact):
        if read.artifact.kind == "files":
            folder = artifacts.get_files(work.place.store, read.artifact, work.folder / label(read.input))
            return body.handle_of("files", folder)
        data = work.place.store.get_bytes(read.artifact.object)
    return body.handle_of(read.artifact.kind, _codec_of(work.place, read).decode(data))


def _load_table(work: _Work, read: Read) -> pa.Table:
    with _found(read.artifact):
        table = artifacts.get_table(work.place.store, read.artifact)
    if not read.input.contract:
        return table
    table, record = boundary.enter(work.place.plan, work.node, read, table, work.job.passed)
    work.entry.append(record)
    return table


@contextmanager
def _found(artifact: Artifact) -> Generator[None]:
    """Turn an artifact that isn't there any more, or isn't what it was, into LostInput."""
    try:
        yield
    except (MissingObject, DamagedObject) as error:
        raise LostInput(artifact) from error


def _codec_of(place: Place, read: Read) -> Codec:
    """Give the codec by which an input's producer stored it: its own annotation says how to read it."""
    producer = place.plan.node(read.input.node)
    declared = place.loader.declared(place.plan.stages[producer.stage])
    return codec_for(declared.signature.outputs[read.input.output].inner, read.artifact.codec)


def _store_output(work: _Work, output: Output, data: Any) -> Entry:
    store = work.place.store
    if output.kind == "table":
        if output.contract:
            data, record = boundary.leave(work.place.plan, work.node, output, data)
            work.exit.append(record)
        return _storable(work, output, lambda: artifacts.put_table(store, output, data))
    if output.kind == "files":
        return _storable(work, output, lambda: artifacts.put_files(store, output, data))
    return _storable(work, output, lambda: artifacts.put_value(store, output, data, _own_codec(work, output)))


def _own_codec(work: _Work, output: Output) -> Codec:
    assert work.stage is not None
    declared = work.place.loader.declared(work.stage)
    return codec_for(declared.signature.outputs[output.name].inner, output.codec or None)


def _storable(work: _Work, output: Output, put: Callable[[], Entry]) -> Entry:
    """Store an output; what can't be stored is the node's failure, a store that can't be used is not."""
    try:
        return put()
    except (FileNotFoundError, ValueError) as error:
        message, action = f"no folder {error}" if isinstance(error, FileNotFoundError) else str(error), ""
    except StoreError as error:
        if not isinstance(error, _UNSTORABLE):
            raise
        message, action = error.message, error.help
    port = "" if output.name == "out" else f" {output.name!r}"
    where = str(work.stage.origin if work.stage else work.node.origin)
    raise NodeFailed(
        Failure(
            kind="result",
            message=f"output{port} of {work.node.name!r} can't be stored: {message}",
            help=action,
            where=where,
        )
    )


def _state(work: _Work, read: Read, handle: Handle) -> str:
    """Give a digest that changes when an input does, where that is cheap to tell.

    Tables are Arrow's and can't be changed in place; frames made of them are copies. Models are read anew for each node.
    """
    data = handle._data  # pyright: ignore[reportPrivateUsage]
    if read.artifact.kind == "files":
        return artifacts.files_state(data)
    if read.artifact.kind == "value" and read.artifact.size <= _CHECKED_VALUE:
        try:
            return sha256_bytes(_codec_of(work.place, read).encode(data))
        except StoreError:
            return "changed to something that can't be stored"
    return ""


def _changed(stage: Stage, node: Node, read: Read) -> NodeFailed:
    return NodeFailed(
        Failure(
            kind="changed input",
            message=f"stage {node.name!r} changed input {label(read.input)!r}, which {read.input.node!r} made",
            where=str(stage.origin),
            help="copy it first, for example with copy.deepcopy(value): the stage's result would not repeat",
        )
    )


def _laid_out(work: _Work, read: Read) -> command.Given:
    """Put an input where a program finds it: each format that its arguments ask for."""
    artifact, place = read.artifact, work.place
    path = work.folder / "in" / label(read.input).replace("[", "_").replace("]", "")
    path.parent.mkdir(exist_ok=True)
    if artifact.kind == "table":
        table = _load_table(work, read)
        return command.Given(read.input.argument, read.input.index, _table_files(work, path, table))
    with _found(artifact):
        if artifact.kind == "files":
            files = {"": artifacts.get_files(place.store, artifact, path)}
        else:
            target = path.with_name(f"{path.name}.{artifact.codec}")
            shutil.copyfile(place.store.get_path(artifact.object), target)
            files = {"": target}
    return command.Given(read.input.argument, read.input.index, files)


def _table_files(work: _Work, path: Path, table: pa.Table) -> dict[str, Path]:
    from pyarrow import csv

    from stagelang_runtime.store.tables import write_table

    parquet, text = path.with_name(f"{path.name}.parquet"), path.with_name(f"{path.name}.csv")
    write_table(table, parquet)
    if work.stage and work.stage.command and any(":csv}" in each for each in work.stage.command.argv):
        writer: Any = csv
        writer.write_csv(table, text)
    return {"": parquet, "parquet": parquet, "csv": text}


def _collect(work: _Work, layout: command.Layout, output: Output) -> Entry:
    assert work.stage is not None
    path, kind = command.made(layout, work.stage, work.node, output.name)
    if output.kind == "table":
        from stagelang_compiler.plan import Source
        from stagelang_runtime import inputs

        contract = work.place.plan.contracts[output.contract] if output.contract else None
        source = Source(location=path.name, format="csv" if kind == "csv" else "parquet")
        return _store_output(work, output, inputs.read_source(source, contract, path.parent))
    if output.kind == "files":
        return _store_output(work, output, path)
    # What the program wrote is read as the declared type and written again, so that equal values have equal bytes.
    return _storable(work, output, lambda: _recoded(work, output, path.read_bytes()))


def _recoded(work: _Work, output: Output, data: bytes) -> Entry:
    codec = _own_codec(work, output)
    return artifacts.put_value(work.place.store, output, codec.decode(data), codec)


def scratch_folder() -> tempfile.TemporaryDirectory[str]:
    """Make a folder for what nodes need on disk while they run."""
    return tempfile.TemporaryDirectory(prefix="stagelang-")
