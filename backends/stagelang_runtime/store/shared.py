"""A store at a URL, for machines that share no disk; a local folder caches its objects.

What is at the URL is laid out as in a local store, and alone decides what there is: receipts and ids are read from there,
and an object is there when it is there, whatever this machine holds. The cache saves downloads, nothing else:
it can be deleted at any time, and holds objects only.

An object is uploaded before the receipt that names it, so whoever sees a receipt can fetch what it names. A file appears
at the URL whole or not at all. What is fetched is hashed before it gets its name in the cache; an object that is damaged
at the URL is deleted there, so that it can be put again, and counts as absent.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import final

from attrs import field, frozen
from typing_extensions import override

from stagelang_runtime.store.atomic import Disk, place, remove, temporary_name
from stagelang_runtime.store.digest import PREFIX, hex_of, sha256_file
from stagelang_runtime.store.errors import (
    DamagedObject,
    MissingObject,
    NotAStore,
    StoreUnavailable,
)
from stagelang_runtime.store.folder import FORMAT, Store, check_version, parse_id
from stagelang_runtime.store.receipt_text import parse_receipt, receipt_bytes
from stagelang_runtime.store.remote import AT_ONCE, Remote

_SMALL = 1 << 20
"""Up to this many bytes, to upload takes no longer than to ask whether that is needed."""
_TRIES = 8


@final
@frozen
class SharedStore(Store):
    """A store at a URL; `root` is the folder that caches its objects."""

    remote: Remote
    _read_ahead: dict[str, bytes] = field(factory=dict[str, bytes], init=False, repr=False, eq=False)
    _sized_ahead: dict[str, int] = field(factory=dict[str, int], init=False, repr=False, eq=False)

    @property
    @override
    def location(self) -> str:
        return self.remote.url

    @property
    @override
    def is_shared(self) -> bool:
        return True

    @override
    def put_bytes(self, data: bytes | memoryview) -> str:
        digest = Store.put_bytes(self, data)
        size = memoryview(data).nbytes
        if size <= _SMALL or self.remote.size(_object(digest)) != size:
            self.remote.write(_object(digest), data)
        return digest

    @override
    def put_file(self, source: Path | str, *, consume: bool = False) -> str:
        # What is uploaded is the copy in the cache, which nobody changes; an earlier one must not have rotted.
        with Disk(self._root), suppress(MissingObject, DamagedObject):
            Store.get_path(self, sha256_file(source))
        digest = Store.put_file(self, source, consume=consume)
        path = Store.get_path(self, digest, verify=False)
        with Disk(self._root):
            size = path.stat().st_size
        if size <= _SMALL or self.remote.size(_object(digest)) != size:
            self.remote.upload(_object(digest), os.fspath(path))
        return digest

    @override
    def look_ahead(
        self, node_ids: Iterable[str], named_by: Callable[[Mapping[str, object]], Iterable[str]]
    ) -> None:
        with ThreadPoolExecutor(AT_ONCE) as threads:
            list(
                threads.map(partial(self._look_at, named_by), node_ids)
            )  # whatever one raises is raised here

    @override
    def has(self, digest: str, size: int | None = None) -> bool:
        return self.has_all([(digest, size)])

    @override
    def has_all(self, objects: Iterable[tuple[str, int | None]]) -> bool:
        wanted = [(_object(digest), size) for digest, size in objects]
        found: dict[str, int | None] = {
            name: self._sized_ahead.pop(name) for name, _ in wanted if name in self._sized_ahead
        }
        unknown = [name for name, _ in wanted if name not in found]
        found.update(zip(unknown, self.remote.sizes(unknown), strict=True))
        return all(found[name] is not None and size in (None, found[name]) for name, size in wanted)

    @override
    def get_path(self, digest: str, *, verify: bool = True) -> Path:
        try:
            return Store.get_path(self, digest, verify=verify)
        except (MissingObject, DamagedObject):
            self._fetch(digest)
        return Store.get_path(self, digest, verify=False)

    @override
    def get_bytes(self, digest: str) -> bytes:
        try:
            return Store.get_bytes(self, digest)
        except (MissingObject, DamagedObject):
            self._fetch(digest)
        return Store.get_bytes(self, digest)

    @override
    def put_receipt(self, key: str, receipt: Mapping[str, object]) -> dict[str, object] | None:
        name, text = _receipt(key), receipt_bytes(key, receipt)
        self._read_ahead.pop(name, None)
        for _ in range(_TRIES):
            if self.remote.create(name, text):
                return None
            earlier = self.get_receipt(key)
            if earlier is not None:
                return earlier
        raise StoreUnavailable(
            f"the store {self.remote.shown!r} says that receipt {key} is there, and doesn't give it",
            "check what else writes to the store",
        )

    @override
    def get_receipt(self, key: str) -> dict[str, object] | None:
        name = _receipt(key)
        # Read twice: what was damaged may have been replaced meanwhile, and what is good must not be deleted.
        for _ in range(2):
            text = self._read(name)
            if text is None:
                return None
            receipt = parse_receipt(key, text)
            if receipt is not None:
                return receipt
        self.remote.delete(name)
        return None

    @override
    def withdraw_receipt(self, key: str) -> None:
        self._read_ahead.pop(_receipt(key), None)
        self.remote.delete(_receipt(key))

    @override
    def receipt_keys(self) -> Iterator[str]:
        for name in sorted(self.remote.names("receipts")):
            yield PREFIX + name.removesuffix(".json")

    @override
    def link_id(self, node_id: str, key: str) -> None:
        name, text = _id(node_id), f"{PREFIX}{hex_of(key)}\n".encode()
        if self._read(name) != text:
            self.remote.write(name, text)

    @override
    def key_for_id(self, node_id: str) -> str | None:
        return parse_id(self._read(_id(node_id)))

    def _read(self, name: str) -> bytes | None:
        """Read a file, or take what was read ahead; that answers once, so that whoever asks again sees what is there now."""
        text = self._read_ahead.pop(name, None)
        return self.remote.read(name) if text is None else text

    def _look_at(self, named_by: Callable[[Mapping[str, object]], Iterable[str]], node_id: str) -> None:
        """Read ahead what a node's id led to last, and whether what its receipt names is there."""
        link = self.remote.read(_id(node_id))
        key = parse_id(link)
        if link is None or key is None:
            return
        text = self.remote.read(_receipt(key))
        receipt = parse_receipt(key, text or b"")
        if text is None or receipt is None:
            return
        for digest in named_by(receipt):
            size = self.remote.size(_object(digest))
            if size is not None:
                self._sized_ahead[_object(digest)] = size
        self._read_ahead.update({_id(node_id): link, _receipt(key): text})

    def _fetch(self, digest: str) -> None:
        """Bring an object into the cache. Raises MissingObject, DamagedObject, StoreFull, StoreUnavailable."""
        name, folder = _object(digest), os.fspath(self.tmp)
        temporary, found = temporary_name(folder), ""
        with Disk(self._root):
            try:
                for _ in range(2):  # the way here may damage it too
                    if not self.remote.fetch(name, temporary):
                        raise MissingObject(digest)
                    found = sha256_file(temporary)
                    if found == digest:
                        os.chmod(temporary, 0o444)
                        place(temporary, f"{self._root}/{name}")
                        return
            finally:
                remove(temporary)
        self.remote.delete(name)
        raise DamagedObject(digest, found)


def open_shared(url: str, cache: Path | str) -> SharedStore:
    """Open the store at a URL; a place where nothing is becomes one.

    Raises NotAStore, StoreTooNew (and then touches nothing), StoreFull, StoreUnavailable.
    """
    remote = Remote(url)
    version = remote.read("version") or _made(remote)
    check_version(remote.shown, version)
    return SharedStore(Store.open_or_create(cache).root, remote)


def _made(remote: Remote) -> bytes:
    is_empty = remote.is_empty()
    # Asked again: somebody may have made the store meanwhile, whose version comes before anything else.
    version = remote.read("version")
    if version is not None:
        return version
    if not is_empty:
        raise NotAStore(
            f"{remote.shown!r} holds files but no store", "name a prefix where nothing is for the store"
        )
    remote.create("version", f"{FORMAT}\n".encode())
    return remote.read("version") or b""


def _object(digest: str) -> str:
    name = hex_of(digest)
    return f"objects/{name[:2]}/{name}"


def _receipt(key: str) -> str:
    name = hex_of(key)
    return f"receipts/{name[:2]}/{name}.json"


def _id(node_id: str) -> str:
    name = hex_of(node_id)
    return f"ids/{name[:2]}/{name}"
