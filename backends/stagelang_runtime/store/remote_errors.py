"""Tells what the libraries behind a URL mean by their errors, and puts it as one sentence and one next step.

Their classes are known by name, so that none of the libraries is imported to judge an error.
"""

from __future__ import annotations

import errno
from typing import Any

from stagelang_runtime.store.errors import StoreUnavailable

_NO_CREDENTIALS = frozenset(
    {"NoCredentialsError", "PartialCredentialsError", "ProfileNotFound", "TokenRetrievalError"}
)
_REFUSED = frozenset({"AuthenticationException", "ClientAuthenticationError", "BadHostKeyException"})
_NO_BUCKET = frozenset({"NoSuchBucket", "InvalidBucketName"})
_KEPT = "then run again: what was finished is kept"


def exists_already(error: BaseException) -> bool:
    """Tell whether a conditional write was refused because the file is there; not every S3 server says which condition failed."""
    return isinstance(error, FileExistsError) or _code(error) == "PreconditionFailed"


def is_disk_full(error: BaseException) -> bool:
    """Tell whether the disk of this machine is full."""
    return isinstance(error, OSError) and error.errno in (errno.ENOSPC, errno.EDQUOT)


def is_permanent(error: BaseException) -> bool:
    """Tell whether trying again won't help: no credentials, refused ones, no such bucket."""
    return (
        isinstance(error, PermissionError)
        or type(error).__name__ in _NO_CREDENTIALS | _REFUSED
        or _code(error) in _NO_BUCKET
    )


def unavailable(url: str, error: BaseException) -> StoreUnavailable:
    """Put into words why a place can't be used."""
    said = str(error).strip().rstrip(".") or type(error).__name__
    if type(error).__name__ in _NO_CREDENTIALS:
        return StoreUnavailable(
            f"no credentials for the store {url!r}: {said.lower()}",
            "set them as the provider's own tools expect, such as AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or AWS_PROFILE",
        )
    if isinstance(error, PermissionError) or type(error).__name__ in _REFUSED:
        return StoreUnavailable(
            f"the store {url!r} refuses access: {said}",
            "check the credentials, and that they allow to list, read, write and delete there",
        )
    if _code(error) in _NO_BUCKET or isinstance(error, FileNotFoundError):
        return StoreUnavailable(
            f"the store {url!r} can't be written: {said}", "create the bucket or folder, or correct the URL"
        )
    return StoreUnavailable(
        f"can't reach the store {url!r}: {said}", f"check the network and the endpoint, {_KEPT}"
    )


def _code(error: BaseException) -> str:
    """Give the code that an S3 server answered, if one did."""
    response: Any = getattr(error, "response", None) or getattr(error.__cause__, "response", None)
    try:
        return str(response["Error"]["Code"])
    except (TypeError, KeyError):
        return ""
