"""Results of some nodes as one file, to be carried from machine to machine: their notes, and the objects that these name.

A pack is an uncompressed tar with the same bytes for the same results:

    notes.json       for each node its last receipt and why it ran, or why it failed; and the receipts of all its ancestors
    objects/<hex>    the objects that the nodes' outputs name

It is data from elsewhere: nothing in it is executed, no name in it becomes a path, and an object counts only if its bytes
have the digest that it is named by.
"""

from __future__ import annotations

import io
import json
import os
import re
import shutil
import tarfile
from collections.abc import Collection, Iterator, Mapping
from pathlib import Path
from typing import IO, Any, final

from attrs import asdict, frozen

from stagelang_compiler.plan import Plan
from stagelang_runtime.execute.artifacts import listed_files
from stagelang_runtime.execute.failure import Failure
from stagelang_runtime.execute.notes import Notes
from stagelang_runtime.execute.results import NodeResult, Reason, Receipt, artifacts_of
from stagelang_runtime.store import DamagedObject, MissingObject, Store
from stagelang_runtime.store.digest import hex_of
from stagelang_runtime.store.errors import NotADigest

SCHEMA = 1
_OBJECT = re.compile(r"objects/([0-9a-f]{64})")
_NODE = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]*(/[A-Za-z0-9_][A-Za-z0-9_.-]*)*")


class NotAPack(Exception):
    """A file that is no pack that this version can read."""


@final
@frozen(kw_only=True)
class Packed:
    """What a pack says of nodes: what became of its own, and the receipts of their ancestors; `ran` names those that ran then."""

    own: Mapping[str, NodeResult]
    ancestors: Mapping[str, NodeResult]
    ran: frozenset[str]


def write_pack(
    path: Path, plan: Plan, nodes: Collection[str], *, ran: Collection[str], store: Store, notes: Notes
) -> None:
    """Pack what is noted of nodes, with all that their outputs name. Raises OSError, StoreError.

    Args:
        path: the file to write.
        plan: the plan that they belong to.
        nodes: their names.
        ran: those of them, and of their ancestors, that ran and weren't up to date already.
        store: where their outputs are.
        notes: what became of them.
    """
    own = {name: _told(name, notes) for name in nodes}
    above = {name: _told(name, notes) for name in _ancestors(plan, nodes)}
    said: dict[str, Any] = {
        "schema": SCHEMA,
        "own": {name: each for name, each in own.items() if each},
        "ancestors": {name: each for name, each in above.items() if each and "receipt" in each},
        "ran": sorted(ran),
    }
    path.parent.mkdir(parents=True, exist_ok=True)
    beside = path.with_name(f".{path.name}")
    try:
        with tarfile.open(beside, "w", format=tarfile.PAX_FORMAT) as pack:
            text = json.dumps(said, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode()
            pack.addfile(_entry("notes.json", len(text)), io.BytesIO(text))
            for digest in sorted(_objects(said["own"], store)):
                source = store.get_path(digest)
                with source.open("rb") as stream:
                    pack.addfile(_entry(f"objects/{hex_of(digest)}", source.stat().st_size), stream)
        beside.replace(path)
    finally:
        beside.unlink(missing_ok=True)


def read_pack(path: Path, store: Store) -> Packed:
    """Put a pack's objects and its own nodes' receipts into a store, and give what it says.

    Raises:
        NotAPack: the file is no pack; what was read of it until then does no harm.
        StoreError: the store can't be written.
    """
    try:
        with tarfile.open(path, "r:") as pack:
            said: Any = None
            for entry in pack:
                stream = pack.extractfile(entry) if entry.isfile() else None
                if stream is None:
                    raise NotAPack(f"{path.name}: {entry.name!r} is no file")
                if entry.name == "notes.json":
                    said = json.load(stream)
                else:
                    _take_object(entry.name, stream, store)
        packed = _packed(said)
    except (tarfile.TarError, OSError, ValueError, KeyError, TypeError, AttributeError, NotADigest) as error:
        raise NotAPack(f"{path.name}: {error}") from None
    for result in packed.own.values():
        if result.receipt is not None:
            store.put_receipt(result.key, result.receipt)
    return packed


def _take_object(name: str, stream: IO[bytes], store: Store) -> None:
    found = _OBJECT.fullmatch(name)
    if found is None:
        raise ValueError(f"{name!r} is no object's name")
    if store.has(f"sha256:{found[1]}"):
        return
    path = store.tmp / f"packed-{os.urandom(12).hex()}"
    try:
        with path.open("wb") as copy:
            shutil.copyfileobj(stream, copy)
        store.put_file(path, consume=True)  # under the digest of its bytes, whatever it is called
    finally:
        path.unlink(missing_ok=True)


def _packed(said: Any) -> Packed:
    if said["schema"] != SCHEMA:
        raise ValueError(f"expected schema {SCHEMA}, found {said['schema']!r}")
    return Packed(
        own={name: _result(name, each) for name, each in said["own"].items()},
        ancestors={name: _result(name, each) for name, each in said["ancestors"].items()},
        ran=frozenset(map(str, said["ran"])),
    )


def _result(name: str, told: Mapping[str, Any]) -> NodeResult:
    if not _NODE.fullmatch(name):
        raise ValueError(f"{name!r} is no node's name")
    if "failure" in told:
        return NodeResult(node=name, state="failed", failure=Failure.from_json(told["failure"]))
    receipt, reason = told["receipt"], told["reason"]
    for digest in (receipt["key"], *(each.object for each in artifacts_of(name, receipt))):
        hex_of(digest)
    dict(receipt["components"])
    return NodeResult(
        node=name,
        state="hit",
        key=receipt["key"],
        receipt=receipt,
        reason=Reason(**reason) if reason else None,
    )


def _told(name: str, notes: Notes) -> dict[str, Any]:
    note = notes.get(name)
    if note is not None:
        return {"receipt": note.receipt, "reason": asdict(note.reason) if note.reason else None}
    failure = notes.failure(name)
    return {"failure": failure.to_json()} if failure else {}


def _ancestors(plan: Plan, nodes: Collection[str]) -> list[str]:
    needed = set(nodes)
    for node in reversed(plan.nodes):
        if node.name in needed:
            needed |= {bound.node for bound in node.inputs}
    return [node.name for node in plan.nodes if node.name in needed and node.name not in nodes]


def _objects(own: Mapping[str, Any], store: Store) -> set[str]:
    return {digest for told in own.values() if "receipt" in told for digest in _named(told["receipt"], store)}


def _named(receipt: Receipt, store: Store) -> Iterator[str]:
    """Give the objects that a receipt names and that are there; a reader makes again what isn't."""
    for output in receipt["outputs"]:
        try:
            store.get_path(output["object"])
            yield output["object"]
            if output["kind"] == "files":
                yield from (digest for _, digest, _ in listed_files(store, output["object"]))
        except (MissingObject, DamagedObject):
            continue


def _entry(name: str, size: int) -> tarfile.TarInfo:
    entry = tarfile.TarInfo(name)
    entry.size = size
    return entry
