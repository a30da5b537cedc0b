"""Puts whole files into place: written beside, flushed, then renamed or linked, never half visible."""

from __future__ import annotations

import errno
import os
from contextlib import suppress
from types import TracebackType
from typing import final

from stagelang_runtime.store.errors import StoreFull, StoreUnavailable

_FULL = frozenset({errno.ENOSPC, errno.EDQUOT})
_NO_LINKS = frozenset({errno.EPERM, errno.EACCES, errno.ENOSYS, errno.ENOTSUP, errno.EOPNOTSUPP})

_BINARY: int = getattr(os, "O_BINARY", 0)
_BLOCK = 1 << 16


@final
class Disk:
    """Turns the operating system's refusals within a `with` block into StoreFull and StoreUnavailable."""

    __slots__ = ("_root",)

    def __init__(self, root: str) -> None:
        self._root = root

    def __enter__(self) -> None:
        pass

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if not isinstance(error, OSError):
            return
        if error.errno in _FULL:
            raise StoreFull(
                f"no space left for the store {self._root!r}",
                "free some space and run again: nothing stored is lost",
            ) from error
        reason = (error.strerror or type(error).__name__).lower()
        raise StoreUnavailable(
            f"can't use {os.fspath(error.filename or self._root)!r}: {reason}",
            "check that it is there, readable and writable for this user, then run again",
        ) from error


def temporary_name(folder: str, kind: str = "new") -> str:
    """Name a file in `folder` that nobody else will name."""
    return f"{folder}/{kind}-{os.urandom(12).hex()}"


def create(path: str) -> int:
    """Open a new file for writing that is read-only for everyone after; makes its folder where that is missing."""
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | _BINARY
    try:
        return os.open(path, flags, 0o444)
    except FileNotFoundError:
        # One level only: a store whose folder vanished must not come back without its version.
        with suppress(FileExistsError):
            os.mkdir(os.path.dirname(path))
        return os.open(path, flags, 0o444)


def write_all(descriptor: int, data: bytes | memoryview) -> None:
    """Write every byte, however small the pieces that the system takes."""
    rest = memoryview(data).cast("B")
    while rest:
        rest = rest[os.write(descriptor, rest) :]


def write_new(folder: str, data: bytes | memoryview, *, flush: bool = True) -> str:
    """Write a new temporary file in `folder` and give its path; `flush` waits until the disk has the bytes."""
    path = temporary_name(folder)
    descriptor = create(path)
    try:
        write_all(descriptor, data)
        if flush:
            os.fsync(descriptor)
    except BaseException:
        remove(path)
        raise
    finally:
        os.close(descriptor)
    return path


def place(temporary: str, path: str) -> None:
    """Rename a temporary file into place, over whatever is there."""
    try:
        try:
            os.replace(temporary, path)
        except FileNotFoundError:
            os.makedirs(os.path.dirname(path), exist_ok=True)
            os.replace(temporary, path)
    except BaseException:
        remove(temporary)
        raise


def place_if_absent(temporary: str, path: str) -> bool:
    """Move a temporary file into place unless something is there; tell whether it was moved.

    Where the file system has no hard links, two writers at the same instant may both be told that they were first;
    what is there is whole in any case.
    """
    try:
        os.makedirs(os.path.dirname(path), exist_ok=True)
        os.link(temporary, path)
    except FileExistsError:
        return False
    except OSError as error:
        if error.errno not in _NO_LINKS:
            raise
        if os.path.exists(path):
            return False
        os.replace(temporary, path)
    finally:
        remove(temporary)
    return True


def flush_folder(path: str) -> None:
    """Wait until the disk knows the folder's names; does nothing where folders can't be flushed (Windows)."""
    if os.name != "posix":
        return
    descriptor = os.open(path, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def remove(path: str) -> None:
    """Delete a file if it is there and may be deleted."""
    with suppress(OSError):
        os.unlink(path)


def read_if_there(path: str) -> bytes | None:
    """Give a file's bytes, or None when there is no such file."""
    try:
        descriptor = os.open(path, os.O_RDONLY | _BINARY)
    except FileNotFoundError:
        return None
    try:
        # Small files, of which there are thousands, take two calls, not four.
        pieces = [os.read(descriptor, _BLOCK)]
        while pieces[-1]:
            pieces.append(os.read(descriptor, _BLOCK))
    finally:
        os.close(descriptor)
    return b"".join(pieces)
