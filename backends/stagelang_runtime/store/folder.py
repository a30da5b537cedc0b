"""The local store: a folder of objects named by their bytes, and of receipts that say what made them.

    version              the format, "1"
    objects/ab/ab12…     an object, named by the sha256 of its bytes; read-only
    receipts/ab/ab34….json   a receipt, named by its key
    ids/ab/ab56…         the key of the receipt that a node's static id led to last
    tmp/                 files being written, and damaged ones that were set aside

Nothing here holds a lock; any number of processes, also on other machines, use one store with rename and link only.

*A killed process* loses nothing and leaves nothing half written: a file is complete before it gets its name, and a
receipt is put after the objects that it names. What a kill does leave is a file in `tmp/`, swept by age.

*A power cut* can keep a name and lose its bytes. So bytes are flushed before their name is given, and the receipts'
folder after, which on a journalling file system takes the earlier renames along; a rename that is lost all the same is
a result that is made again. What lies beyond (a disk that lies about flushing, bit rot) is found by reading:
an object is hashed whenever it is read and a receipt carries its own digest. One that doesn't verify counts as absent.
"""

from __future__ import annotations

import errno
import hashlib
import os
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import suppress
from pathlib import Path

from attrs import field, frozen

from stagelang_runtime.store.atomic import (
    Disk,
    create,
    flush_folder,
    place,
    place_if_absent,
    read_if_there,
    remove,
    temporary_name,
    write_all,
    write_new,
)
from stagelang_runtime.store.digest import PREFIX, hex_of, sha256_bytes, sha256_file
from stagelang_runtime.store.errors import DamagedObject, MissingObject, NotADigest, NotAStore, StoreTooNew
from stagelang_runtime.store.receipt_text import parse_receipt, receipt_bytes

FORMAT = 1
_BLOCK = 1 << 20
_VERSION_IN_THE_MAKING = ".version"


@frozen
class Store:
    """A store in a local folder; made by `open_or_create`, cheap to pickle and to hand to workers.

    `SharedStore` is the one at a URL; nothing else derives from this.
    """

    root: Path
    _root: str = field(init=False, repr=False, eq=False)

    def __attrs_post_init__(self) -> None:
        object.__setattr__(self, "_root", os.fspath(self.root))

    @staticmethod
    def open_or_create(root: Path | str) -> Store:
        """Open the store in a folder; an absent or empty folder becomes one.

        Raises NotAStore, StoreTooNew (and then touches nothing), StoreFull, StoreUnavailable.
        """
        base = os.path.abspath(root)
        with Disk(base):
            _open_or_create(base)
        return Store(Path(base))

    @property
    def location(self) -> str:
        """What `open_store` opens this store by, in another process."""
        return self._root

    @property
    def is_shared(self) -> bool:
        """Whether the store is elsewhere and `root` only its cache."""
        return False

    @property
    def tmp(self) -> Path:
        """The folder for files in the making, on the same file system as the objects."""
        path = f"{self._root}/tmp"
        with Disk(self._root):
            os.makedirs(path, exist_ok=True)
        return Path(path)

    def put_bytes(self, data: bytes | memoryview) -> str:
        """Store an object and give its digest. Raises StoreFull, StoreUnavailable."""
        digest = sha256_bytes(data)
        path = self._object(digest)
        size = memoryview(data).nbytes
        with Disk(self._root):
            if _size(path) != size:
                place(write_new(f"{self._root}/tmp", data), path)
        return digest

    def put_file(self, source: Path | str, *, consume: bool = False) -> str:
        """Store a file's bytes as an object and give its digest.

        With `consume` the file is moved where that is possible and gone afterwards; nobody may write to it any more.
        Raises StoreFull, StoreUnavailable.
        """
        origin = os.fspath(source)
        with Disk(self._root):
            digest = sha256_file(origin)
            if _size(self._object(digest)) == os.stat(origin).st_size:
                if consume:
                    remove(origin)
            elif not (consume and _move(origin, self._object(digest))):
                digest = self._copy(origin)
                if consume:
                    remove(origin)
        return digest

    def has(self, digest: str, size: int | None = None) -> bool:
        """Tell whether an object is there, and of this many bytes; its bytes aren't read."""
        found = _size(self._object(digest))
        return found is not None and size in (None, found)

    def look_ahead(
        self, node_ids: Iterable[str], named_by: Callable[[Mapping[str, object]], Iterable[str]]
    ) -> None:
        """Prepare for questions about these nodes, where to ask takes long; `named_by` gives the objects of a receipt."""

    def has_all(self, objects: Iterable[tuple[str, int | None]]) -> bool:
        """Tell whether all of these objects are there, each of so many bytes."""
        return all(self.has(digest, size) for digest, size in objects)

    def get_path(self, digest: str, *, verify: bool = True) -> Path:
        """Give the path of an object, to be read only, once its bytes have been hashed.

        Raises MissingObject, DamagedObject, StoreUnavailable.
        """
        path = self._object(digest)
        if not verify:
            if _size(path) is None:
                raise MissingObject(digest)
            return Path(path)
        with Disk(self._root):
            try:
                found = sha256_file(path)
            except FileNotFoundError:
                raise MissingObject(digest) from None
            if found != digest:
                self._set_aside(path, lambda aside: sha256_file(aside) == digest)
                raise DamagedObject(digest, found)
        return Path(path)

    def get_bytes(self, digest: str) -> bytes:
        """Give an object's bytes, verified. Raises MissingObject, DamagedObject, StoreUnavailable."""
        path = self._object(digest)
        with Disk(self._root):
            data = read_if_there(path)
            if data is None:
                raise MissingObject(digest)
            found = sha256_bytes(data)
            if found != digest:
                self._set_aside(path, lambda aside: sha256_file(aside) == digest)
                raise DamagedObject(digest, found)
        return data

    def put_receipt(self, key: str, receipt: Mapping[str, object]) -> dict[str, object] | None:
        """Put a receipt unless there is one of this key: None when it was put, else the one that is there.

        Call it after every object that it names was put. Raises NotJson, StoreFull, StoreUnavailable.
        """
        path = self._receipt(key)
        text = receipt_bytes(key, receipt)
        with Disk(self._root):
            while not place_if_absent(write_new(f"{self._root}/tmp", text), path):
                earlier = self.get_receipt(key)
                if earlier is not None:
                    return earlier
            flush_folder(os.path.dirname(path))
        return None

    def get_receipt(self, key: str) -> dict[str, object] | None:
        """Give the receipt of a key, or None; a damaged one is set aside and counts as absent."""
        path = self._receipt(key)
        with Disk(self._root):
            text = read_if_there(path)
            if text is None:
                return None
            receipt = parse_receipt(key, text)
            if receipt is None:
                self._set_aside(
                    path, lambda aside: parse_receipt(key, read_if_there(aside) or b"") is not None
                )
        return receipt

    def withdraw_receipt(self, key: str) -> None:
        """Set a receipt aside whose objects are missing or damaged, so that another can be put."""
        with Disk(self._root):
            self._set_aside(self._receipt(key), lambda aside: False)

    def receipt_keys(self) -> Iterator[str]:
        """Give the keys of all receipts, sorted."""
        folder = f"{self._root}/receipts"
        with suppress(FileNotFoundError):
            for shard in sorted(os.listdir(folder)):
                for name in sorted(os.listdir(f"{folder}/{shard}")):
                    yield PREFIX + name.removesuffix(".json")

    def link_id(self, node_id: str, key: str) -> None:
        """Remember that a node's static id led to this receipt; a later link replaces an earlier one."""
        path = self._id(node_id)
        text = f"{PREFIX}{hex_of(key)}\n".encode()
        with Disk(self._root):
            if read_if_there(path) != text:
                place(write_new(f"{self._root}/tmp", text, flush=False), path)

    def key_for_id(self, node_id: str) -> str | None:
        """Give the key that a node's static id led to last, or None."""
        with Disk(self._root):
            return parse_id(read_if_there(self._id(node_id)))

    def receipt_for_id(self, node_id: str) -> dict[str, object] | None:
        """Give the receipt that a node's static id led to last, or None."""
        key = self.key_for_id(node_id)
        return None if key is None else self.get_receipt(key)

    def sweep_tmp(self, older_than: float) -> int:
        """Delete files in the making, and damaged ones, that are older than so many seconds; give their number.

        The age must exceed what the slowest write may take, since a process that still writes isn't asked.
        """
        limit = time.time() - older_than
        swept = 0
        with Disk(self._root), suppress(FileNotFoundError), os.scandir(f"{self._root}/tmp") as entries:
            for entry in entries:
                with suppress(FileNotFoundError):
                    if (
                        entry.is_file(follow_symlinks=False)
                        and entry.stat(follow_symlinks=False).st_mtime < limit
                    ):
                        os.unlink(entry.path)
                        swept += 1
        return swept

    def _object(self, digest: str) -> str:
        name = hex_of(digest)
        return f"{self._root}/objects/{name[:2]}/{name}"

    def _receipt(self, key: str) -> str:
        name = hex_of(key)
        return f"{self._root}/receipts/{name[:2]}/{name}.json"

    def _id(self, node_id: str) -> str:
        name = hex_of(node_id)
        return f"{self._root}/ids/{name[:2]}/{name}"

    def _copy(self, source: str) -> str:
        """Copy a file in, named by the bytes that were copied: the file may have changed since it was hashed."""
        temporary = temporary_name(f"{self._root}/tmp")
        hasher = hashlib.sha256()
        descriptor = create(temporary)
        try:
            with open(source, "rb", buffering=0) as file:
                while block := file.read(_BLOCK):
                    hasher.update(block)
                    write_all(descriptor, block)
            os.fsync(descriptor)
        except BaseException:
            remove(temporary)
            raise
        finally:
            os.close(descriptor)
        digest = PREFIX + hasher.hexdigest()
        place(temporary, self._object(digest))
        return digest

    def _set_aside(self, path: str, is_good: Callable[[str], bool]) -> None:
        """Move a damaged file to `tmp/`, back again if somebody put a good one in its place in the meantime."""
        os.makedirs(f"{self._root}/tmp", exist_ok=True)
        aside = temporary_name(f"{self._root}/tmp", f"damaged-{os.path.basename(path)}")
        try:
            os.rename(path, aside)
        except FileNotFoundError:
            return
        if is_good(aside):
            place_if_absent(aside, path)
        else:
            os.utime(aside)


def parse_id(text: bytes | None) -> str | None:
    """Give the key that a file in `ids/` holds; None where there is no file, or it is damaged."""
    try:
        key = (text or b"").decode("ascii").removesuffix("\n")
        hex_of(key)
    except (UnicodeDecodeError, NotADigest):
        return None
    return key


def _size(path: str) -> int | None:
    try:
        return os.stat(path).st_size
    except FileNotFoundError:
        return None


def _move(source: str, path: str) -> bool:
    """Flush a finished file and rename it into place; False when it lies on another file system."""
    descriptor = os.open(source, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
    os.makedirs(os.path.dirname(path), exist_ok=True)
    try:
        os.chmod(source, 0o444)
        os.rename(source, path)
    except OSError as error:
        if error.errno != errno.EXDEV:
            raise
        return False
    return True


def _open_or_create(root: str) -> None:
    # The listing comes first: a store in the making gets its version before anything else.
    try:
        names = os.listdir(root)
    except FileNotFoundError:
        names = []
        os.makedirs(root, exist_ok=True)
    except NotADirectoryError:
        raise NotAStore(f"{root!r} is a file, not a store", "name a folder for the store") from None
    text = read_if_there(f"{root}/version")
    if text is not None:
        check_version(root, text)
        return
    if any(not name.startswith(_VERSION_IN_THE_MAKING) for name in names):
        raise NotAStore(f"{root!r} holds files but no store", "name an empty or a new folder for the store")
    temporary = temporary_name(root, _VERSION_IN_THE_MAKING)
    descriptor = create(temporary)
    try:
        write_all(descriptor, f"{FORMAT}\n".encode())
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
    place(temporary, f"{root}/version")


def check_version(root: str, text: bytes) -> None:
    """Raise NotAStore or StoreTooNew unless a store's `version` file holds a format that is known."""
    version = text.strip()
    if not version.isdigit():
        raise NotAStore(
            f"{root!r} is no store: its 'version' file holds no number",
            "name an empty or a new folder for the store",
        )
    if int(version) > FORMAT:
        raise StoreTooNew(
            f"the store {root!r} has format {int(version)}, and this stagelang reads up to {FORMAT}",
            "upgrade stagelang, or name another place for the store",
        )
