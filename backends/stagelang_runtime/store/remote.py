"""Files at a URL, each whole or not there; the only module of the store that knows fsspec.

A file that is not there is None or False; everything else that goes wrong is tried again a few times and then raised as
StoreUnavailable, so that a broken network is never taken for an absent file.
"""

from __future__ import annotations

import functools
import os
import time
from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any, NamedTuple, TypeVar, final

from attrs import frozen

from stagelang_runtime.location import without_password
from stagelang_runtime.store.errors import StoreUnavailable
from stagelang_runtime.store.remote_errors import exists_already, is_disk_full, is_permanent, unavailable

_T = TypeVar("_T")

_WAITS: tuple[float, ...] = (0.2, 1.0, 3.0)
"""Seconds before each further try."""
AT_ONCE = 16
"""How many requests are made at the same time."""
_S3_CLIENT: Mapping[str, Any] = {"retries": {"total_max_attempts": 1, "mode": "standard"}}
_S3_TRIES = 2
"""The tries are counted here, for all kinds of places alike; those of s3fs and botocore would multiply them."""


class _Scheme(NamedTuple):
    """A kind of place: what to install for it, its options, and whether a file appears there only when it is whole."""

    needs: str
    options: Mapping[str, Any]
    appears_whole: bool
    reading: Mapping[str, Any] = {}


_OBJECTS: Mapping[str, Any] = {"use_listings_cache": False}
SCHEMES: Mapping[str, _Scheme] = {
    "s3": _Scheme("stagelang[s3]", _OBJECTS, True, {"max_concurrency": 1}),  # else it asks for the size first
    "gs": _Scheme("gcsfs", _OBJECTS, True),
    "abfs": _Scheme("adlfs", _OBJECTS, True),
    "sftp": _Scheme("paramiko", {}, False),
    "file": _Scheme("fsspec", {"auto_mkdir": True}, False),
    "memory": _Scheme("fsspec", {}, True),
}


@final
@frozen
class Remote:
    """The files below a URL, named by '/'-separated paths; cheap to pickle, usable in threads and after a fork."""

    url: str

    @property
    def shown(self) -> str:
        """The URL without a password."""
        return without_password(self.url)

    def read(self, name: str) -> bytes | None:
        """Give a file's bytes, or None when it is not there. Raises StoreUnavailable."""

        def cat(system: Any, path: str) -> bytes:
            data: bytes = system.cat_file(path, **self._scheme.reading)
            return data

        return self._if_there(cat, name)

    def fetch(self, name: str, target: str) -> bool:
        """Copy a file to a local path; False when it is not there. Raises StoreUnavailable, OSError when the disk is full."""

        def get(system: Any, path: str) -> bool:
            system.get_file(path, target)
            return True

        return bool(self._if_there(get, name))

    def size(self, name: str) -> int | None:
        """Give a file's size in bytes, or None when it is not there. Raises StoreUnavailable."""

        def info(system: Any, path: str) -> int | None:
            found = system.info(path)
            return None if found["type"] == "directory" else int(found["size"])

        return self._if_there(info, name)

    def sizes(self, names: Iterable[str]) -> list[int | None]:
        """Give the sizes of files, None for each that is not there, asked for at once. Raises StoreUnavailable."""
        wanted = [*names]
        if len(wanted) < 2:
            return [self.size(name) for name in wanted]
        with ThreadPoolExecutor(min(AT_ONCE, len(wanted))) as threads:
            return [*threads.map(self.size, wanted)]

    def write(self, name: str, data: bytes | memoryview) -> None:
        """Write a file, over whatever is there. Raises StoreUnavailable."""
        self._put(name, lambda system, path: system.pipe_file(path, bytes(data)))

    def upload(self, name: str, source: str) -> None:
        """Copy a local file here, over whatever is there. Raises StoreUnavailable."""
        self._put(name, lambda system, path: system.put_file(source, path))

    def create(self, name: str, data: bytes) -> bool:
        """Write a file unless there is one of this name; tell whether it was written. Raises StoreUnavailable.

        Of any number of writers exactly one is told so on S3, GS and Azure (a conditional write), on `file` (a hard link),
        and within one process on `memory`; on `sftp` two at the same instant may be. One whose connection broke after the
        server had taken its file is told that it came second, to its own.
        """
        if self._scheme.appears_whole:
            return self._created(
                lambda system, path: system.pipe_file(path, data, mode="create"), self._path(name)
            )
        temporary = self._temporary()
        self._done(lambda system, path: system.pipe_file(path, data), temporary)
        try:
            return self._created(lambda system, path: _link(system, temporary, path), self._path(name))
        finally:
            self._remove(temporary)

    def delete(self, name: str) -> None:
        """Delete a file if it is there. Raises StoreUnavailable."""
        self._remove(self._path(name))

    def is_empty(self) -> bool:
        """Tell whether nothing is here, but for files in the making. Raises StoreUnavailable."""

        def ls(system: Any, path: str) -> list[str]:
            return [str(each).rstrip("/").rpartition("/")[2] for each in system.ls(path, detail=False)]

        return {*(self._if_there(ls, "") or ())} <= {"tmp"}

    def names(self, folder: str) -> list[str]:
        """Give the last part of the name of each file below a folder, in no order. Raises StoreUnavailable."""

        def find(system: Any, path: str) -> list[str]:
            return [str(each).rpartition("/")[2] for each in system.find(path)]

        return self._if_there(find, folder) or []

    @property
    def _scheme(self) -> _Scheme:
        return _scheme_of(self.url)

    def _system(self) -> tuple[Any, str]:
        return _opened(self.url, os.getpid())

    def _path(self, name: str) -> str:
        base = self._system()[1].rstrip("/")
        return f"{base}/{name}" if name else base

    def _temporary(self) -> str:
        return self._path(f"tmp/new-{os.urandom(12).hex()}")

    def _put(self, name: str, put: Callable[[Any, str], object]) -> None:
        if self._scheme.appears_whole:
            self._done(put, self._path(name))
            return
        temporary, path = self._temporary(), self._path(name)
        try:
            self._done(put, temporary)
            self._done(lambda system, _: system.mv(temporary, path), path)
        except BaseException:
            self._remove(temporary)
            raise

    def _remove(self, path: str) -> None:
        try:
            self._try(lambda system, path: system.rm_file(path), path)
        except FileNotFoundError:
            return

    def _if_there(self, call: Callable[[Any, str], _T], name: str) -> _T | None:
        try:
            return self._try(call, self._path(name))
        except (FileNotFoundError, IsADirectoryError):
            return None

    def _done(self, call: Callable[[Any, str], object], path: str) -> None:
        """Write; a place that can't be found is a place that isn't there."""
        try:
            if not self._scheme.appears_whole:
                self._try(lambda system, path: system.makedirs(path.rpartition("/")[0], exist_ok=True), path)
            self._try(call, path)
        except (FileNotFoundError, IsADirectoryError) as error:
            raise unavailable(self.shown, error) from error

    def _created(self, call: Callable[[Any, str], object], path: str) -> bool:
        try:
            self._done(call, path)
        except FileExistsError:
            return False
        return True

    def _try(self, call: Callable[[Any, str], _T], path: str) -> _T:
        """Call, again after a while where that may help; lets what says that a file is there or not there through."""
        system, _ = self._system()
        for wait in (*_WAITS, None):
            try:
                return call(system, path)
            except Exception as error:  # each library has its own; botocore's aren't OSErrors
                if exists_already(error):
                    raise FileExistsError(path) from error
                permanent = is_permanent(error)
                if isinstance(error, FileNotFoundError | IsADirectoryError) and not permanent:
                    raise
                if is_disk_full(error):
                    raise
                if wait is None or permanent:
                    raise unavailable(self.shown, error) from error
                time.sleep(wait)
        raise AssertionError("the last try returns or raises")


@functools.cache
def _opened(url: str, process: int) -> tuple[Any, str]:
    """Give the file system and the path within it that a URL names, for one process: connections don't survive a fork."""
    scheme = _scheme_of(url)
    import fsspec

    options = {**scheme.options, "skip_instance_cache": True}
    if url.startswith("s3://"):
        own = fsspec.config.conf.get("s3", {}).get("config_kwargs", {})
        options["config_kwargs"] = {**_S3_CLIENT, **own}
    try:
        system, path = fsspec.core.url_to_fs(url, **options)
        if url.startswith("s3://"):
            system.retries = _S3_TRIES
    except ImportError as error:
        raise StoreUnavailable(
            f"a store at {without_password(url)!r} needs a library that isn't installed: {error}",
            f"install it with: pip install '{scheme.needs}'",
        ) from error
    except Exception as error:  # whatever a library says of an address, a key file or a host
        raise unavailable(without_password(url), error) from error
    return system, str(path)


def forget_connections() -> None:
    """Connect anew where a URL is used next, with the settings and credentials of then."""
    _opened.cache_clear()


def _scheme_of(url: str) -> _Scheme:
    name, _, rest = url.partition("://")
    if name not in SCHEMES or not rest or "::" in url:
        known = ", ".join(f"'{each}://'" for each in SCHEMES)
        raise StoreUnavailable(
            f"{without_password(url)!r} is no place for a store",
            f"give a folder, or a URL with one of {known}",
        )
    return SCHEMES[name]


def _link(system: Any, temporary: str, path: str) -> None:
    """Give a whole file its name, unless that is taken. Raises FileExistsError."""
    if hasattr(system, "link"):
        system.link(temporary, path)
        return
    if system.exists(path):
        raise FileExistsError(path)
    system.mv(temporary, path)
