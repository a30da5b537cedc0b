"""The store: every result by its content, and the receipts that say what made it.

This package imports nothing heavy; tables (`tables`, `content`) and values (`codecs`) are modules of their own.
"""

from stagelang_runtime.store.digest import sha256_bytes, sha256_file
from stagelang_runtime.store.errors import (
    CodecError,
    DamagedObject,
    MissingObject,
    NoCodec,
    NotADigest,
    NotAStore,
    NotJson,
    StoreError,
    StoreFull,
    StoreTooNew,
    StoreUnavailable,
    UnreadableTable,
    UnsupportedTable,
)
from stagelang_runtime.store.folder import Store
from stagelang_runtime.store.opening import attach_store, open_store

__all__ = [
    "CodecError",
    "DamagedObject",
    "MissingObject",
    "NoCodec",
    "NotADigest",
    "NotAStore",
    "NotJson",
    "Store",
    "StoreError",
    "StoreFull",
    "StoreTooNew",
    "StoreUnavailable",
    "UnreadableTable",
    "UnsupportedTable",
    "attach_store",
    "open_store",
    "sha256_bytes",
    "sha256_file",
]
