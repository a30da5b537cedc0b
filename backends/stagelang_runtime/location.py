"""Says where a store is: a folder, or a URL with a local folder as its cache. Standard library only: each command asks this first."""

from __future__ import annotations

import hashlib
import re
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from stagelang_runtime.store import Store

_PASSWORD = re.compile(r"(?<=//)([^/@:]*):[^/@]*@")


class Location(NamedTuple):
    """Where a store is.

    Attributes:
        root: the store's folder; of a store at a URL, the local folder that caches its objects.
        url: the store's URL, or nothing where it is a folder.
        home: the folder that holds what stagelang keeps beside the store.
    """

    root: Path
    url: str
    home: Path

    @property
    def is_shared(self) -> bool:
        """Whether the store is at a URL, so that what is in `root` isn't all there is to know."""
        return bool(self.url)

    def open(self) -> Store:
        """Open the store, made where there is none. Raises StoreError."""
        from stagelang_runtime.store import open_store

        return open_store(self.url or self.root, cache=self.root)


class NoPlace(Exception):
    """A URL that ends before it says where."""


def locate_store(text: str | Path | None, home: Path) -> Location:
    """Say where a store is.

    Raises NoPlace.

    Args:
        text: what `--store` says: a folder, a URL such as `s3://bucket/prefix`, or nothing for the folder `store` in `home`.
        home: the pipeline's `.stagelang`, which holds the cache of a store at a URL.
    """
    if not text:
        return Location(home / "store", "", home)
    if is_url(str(text)):
        url = str(text).rstrip("/")
        if url.endswith(":"):
            raise NoPlace(f"{str(text)!r} names no place\n  help: say where, such as 's3://bucket/prefix'")
        return Location(home / "shared" / _folder_of(url) / "store", url, home)
    root = Path(text).absolute()
    return Location(root, "", root.parent)


def is_url(text: str) -> bool:
    """Tell whether a text is a URL rather than a folder."""
    return "://" in text


def without_password(url: str) -> str:
    """Give a URL as it may be shown."""
    return _PASSWORD.sub(r"\1@", url)


def _folder_of(url: str) -> str:
    shown = without_password(url)
    words = re.sub(r"[^A-Za-z0-9]+", "-", shown)[:40].strip("-")
    return f"{words}-{hashlib.sha256(shown.encode()).hexdigest()[:8]}"
