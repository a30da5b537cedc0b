"""Digests of bytes, written `sha256:<hex>` as in OCI, and the check that a text is one."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable
from pathlib import Path

from stagelang_runtime.store.errors import NotADigest

PREFIX = "sha256:"
_is_digest: Callable[[str], object] = re.compile(r"sha256:[0-9a-f]{64}").fullmatch


def sha256_bytes(data: bytes | memoryview) -> str:
    """Give the digest of these bytes."""
    return PREFIX + hashlib.sha256(data).hexdigest()


def sha256_file(path: Path | str) -> str:
    """Give the digest of a file's bytes. Raises OSError."""
    with open(path, "rb", buffering=0) as file:
        return PREFIX + hashlib.file_digest(file, "sha256").hexdigest()


def hex_of(digest: str) -> str:
    """Give the 64 hex digits of a digest. Raises NotADigest."""
    if not _is_digest(digest):
        raise NotADigest(f"{digest!r} is not a digest", "give 'sha256:' and 64 lower-case hex digits")
    return digest[len(PREFIX) :]
