"""Tells whether what a receipt names is in the store, by existence and size; reading verifies the bytes."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from stagelang_runtime.store import DamagedObject, MissingObject, Store


def named_objects(receipt: Mapping[str, Any]) -> list[str]:
    """Give the digests of a receipt's outputs; of a folder, that of its list of files."""
    return [str(each["object"]) for each in receipt["outputs"]]


def outputs_present(store: Store, receipt: Mapping[str, Any]) -> bool:
    """Tell whether all outputs of a receipt are there."""
    outputs = receipt["outputs"]
    return store.has_all((each["object"], each["size"]) for each in outputs) and all(
        _files_present(store, each["object"]) for each in outputs if each["kind"] == "files"
    )


def is_present(store: Store, kind: str, digest: str, size: int) -> bool:
    """Tell whether an artifact is there; of a folder, all of its files."""
    return store.has(digest, size) and (kind != "files" or _files_present(store, digest))


def _files_present(store: Store, digest: str) -> bool:
    try:
        listing: list[tuple[str, str, int]] = json.loads(store.get_bytes(digest))
    except (MissingObject, DamagedObject, ValueError):
        return False
    return store.has_all((each, length) for _, each, length in listing)
