"""Opens a store, in a folder or at a URL."""

from __future__ import annotations

from pathlib import Path

from stagelang_runtime.location import is_url
from stagelang_runtime.store.folder import Store


def open_store(location: str | Path, *, cache: Path | str) -> Store:
    """Open a store, made where there is none.

    Args:
        location: a folder, or a URL such as `s3://bucket/prefix`; what a store gives as its `location` opens it again.
        cache: the local folder for the objects of a store at a URL; a store in a folder needs none.

    Raises:
        StoreError: it can't be opened; nothing was touched then.
    """
    if not is_url(str(location)):
        return Store.open_or_create(location)
    from stagelang_runtime.store.shared import open_shared

    return open_shared(str(location), cache)


def attach_store(location: str, cache: str) -> Store:
    """Give a store that this process was told of by one that has opened it; nothing is looked at before it is used."""
    if not is_url(location):
        return Store(Path(location))
    from stagelang_runtime.store.remote import Remote
    from stagelang_runtime.store.shared import SharedStore

    return SharedStore(Path(cache), Remote(location))
