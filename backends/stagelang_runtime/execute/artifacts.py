"""Moves artifacts between the store and memory: tables, models, values and folders of files."""

from __future__ import annotations

import json
import os
import shutil
from pathlib import Path
from typing import Any, TypeAlias

import pyarrow as pa

from stagelang_compiler.plan import Output
from stagelang_runtime.execute.key import Artifact
from stagelang_runtime.store import Store, sha256_bytes
from stagelang_runtime.store.codecs import Codec
from stagelang_runtime.store.content import content_digest
from stagelang_runtime.store.tables import read_table, table_bytes, write_table

Entry: TypeAlias = dict[str, Any]
"""One output as the receipt holds it."""

_IN_MEMORY = 1 << 26


def put_table(store: Store, output: Output, table: pa.Table) -> Entry:
    """Store a table. Raises UnsupportedTable, StoreFull, StoreUnavailable."""
    if table.nbytes <= _IN_MEMORY:
        data = memoryview(table_bytes(table))
        digest, size = store.put_bytes(data), data.nbytes
    else:
        path = store.tmp / f"table-{os.urandom(12).hex()}"
        try:
            write_table(table, path)
            size = path.stat().st_size
            digest = store.put_file(path, consume=True)
        finally:
            path.unlink(missing_ok=True)
    return _entry(output, "parquet", digest, content_digest(table), size, table.num_rows)


def get_table(store: Store, artifact: Artifact) -> pa.Table:
    """Read a table. Raises MissingObject, DamagedObject."""
    return read_table(store.get_path(artifact.object))


def put_value(store: Store, output: Output, value: Any, codec: Codec) -> Entry:
    """Store a value or a model. Raises CodecError, StoreFull, StoreUnavailable."""
    return put_encoded(store, output, codec.name, codec.encode(value))


def put_encoded(store: Store, output: Output, codec: str, data: bytes) -> Entry:
    """Store a value or a model that is bytes already; its bytes are its content."""
    digest = store.put_bytes(data)
    return _entry(output, codec, digest, digest, len(data), None)


def put_files(store: Store, output: Output, folder: Path) -> Entry:
    """Store a folder: each file an object, and a list of them that is an object too.

    Raises FileNotFoundError where there is no such folder, ValueError for a link that leads out of it.
    """
    if not folder.is_dir():
        raise FileNotFoundError(folder)
    listing: list[list[Any]] = []
    for path in sorted(folder.rglob("*"), key=lambda each: each.relative_to(folder).as_posix()):
        if path.is_symlink() and not path.resolve().is_relative_to(folder.resolve()):
            raise ValueError(f"{path.name!r} is a link to a place outside of the folder")
        if path.is_file():
            listing.append([path.relative_to(folder).as_posix(), store.put_file(path), path.stat().st_size])
    data = (json.dumps(listing, ensure_ascii=False, separators=(",", ":")) + "\n").encode()
    digest = store.put_bytes(data)
    return _entry(output, "files", digest, digest, len(data), None)


def get_files(store: Store, artifact: Artifact, folder: Path) -> Path:
    """Copy a folder out of the store, so that whoever gets it can't harm what is stored.

    Raises MissingObject, DamagedObject.
    """
    folder.mkdir(parents=True)
    for name, digest, _ in listed_files(store, artifact.object):
        target = folder / name
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(store.get_path(digest), target)
    return folder


def listed_files(store: Store, digest: str) -> list[tuple[str, str, int]]:
    """Give the files of a stored folder: path, digest and size. Raises MissingObject, DamagedObject."""
    return [(name, each, size) for name, each, size in json.loads(store.get_bytes(digest))]


def files_state(folder: Path) -> str:
    """Give a digest of a folder's names, sizes and times: it changes when a file does."""
    found: list[tuple[str, int, int]] = []
    for path in sorted(folder.rglob("*")):
        status = path.lstat()
        found.append((path.relative_to(folder).as_posix(), status.st_size, status.st_mtime_ns))
    return sha256_bytes(json.dumps(found).encode())


def _entry(output: Output, codec: str, digest: str, content: str, size: int, rows: int | None) -> Entry:
    return {
        "port": output.name,
        "kind": output.kind,
        "codec": codec,
        "object": digest,
        "content": content,
        "size": size,
        "rows": rows,
    }
