"""Tells whether what a receipt names is in the store, by existence and size; reading verifies the bytes."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from stagelang_runtime.store import Store, StoreError


def outputs_present(store: Store, receipt: Mapping[str, Any]) -> bool:
    """Tell whether all outputs of a receipt are there."""
    return all(is_present(store, each["kind"], each["object"], each["size"]) for each in receipt["outputs"])


def is_present(store: Store, kind: str, digest: str, size: int) -> bool:
    """Tell whether an artifact is there; of a folder, all of its files."""
    if not store.has(digest, size):
        return False
    if kind != "files":
        return True
    try:
        listing: list[tuple[str, str, int]] = json.loads(store.get_bytes(digest))
    except (StoreError, ValueError):
        return False
    return all(store.has(each, length) for _, each, length in listing)
