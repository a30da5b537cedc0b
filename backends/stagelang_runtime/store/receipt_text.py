"""The text of a stored receipt: one JSON object that carries its key and the digest of its own bytes.

    {"digest":"sha256:…","key":"sha256:…","receipt":{…}}

The digest covers every byte after itself, so that a flipped digit that is still JSON is noticed too.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import cast

from stagelang_runtime.store.digest import sha256_bytes
from stagelang_runtime.store.errors import NotJson

_HEAD = b'{"digest":"'
_DIGEST_END = len(_HEAD) + len("sha256:") + 64


def receipt_bytes(key: str, receipt: Mapping[str, object]) -> bytes:
    """Write a receipt. Raises NotJson when reading would give another mapping."""
    try:
        body = json.dumps(receipt, sort_keys=True, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
        tail = f'","key":"{key}","receipt":{body}}}\n'.encode()
        same = json.loads(body) == receipt
    except (TypeError, ValueError) as error:
        raise NotJson(
            f"the receipt {key} is not JSON: {error}", "use only JSON data with text keys"
        ) from error
    if not same:
        raise NotJson(
            f"the receipt {key} would be read back as something else",
            "use lists, not tuples, and text as keys",
        )
    return _HEAD + sha256_bytes(tail).encode() + tail


def parse_receipt(key: str, text: bytes) -> dict[str, object] | None:
    """Read a receipt; None when a byte is wrong, some are missing, or it is another key's."""
    if (
        not text.startswith(_HEAD)
        or sha256_bytes(text[_DIGEST_END:]).encode() != text[len(_HEAD) : _DIGEST_END]
    ):
        return None
    try:
        envelope: object = json.loads(text.decode())
    except ValueError:
        return None
    if not isinstance(envelope, dict) or cast("dict[str, object]", envelope).get("key") != key:
        return None
    receipt = cast("dict[str, object]", envelope).get("receipt")
    return cast("dict[str, object]", receipt) if isinstance(receipt, dict) else None
