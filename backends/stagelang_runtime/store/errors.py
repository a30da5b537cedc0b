"""What can go wrong in the store, each as one sentence and one next step.

Every class pickles, since workers hand them to the process that reports them.
"""

from __future__ import annotations

from typing import final


class StoreError(Exception):
    """Anything that the store refuses or can't do."""

    def __init__(self, message: str, help: str) -> None:
        super().__init__(message, help)
        self.message = message
        self.help = help

    def __str__(self) -> str:
        return f"{self.message}\n  help: {self.help}"


@final
class NotADigest(StoreError):
    """A text that names no object, receipt or node: it isn't `sha256:` and 64 lower-case hex digits."""


@final
class NotAStore(StoreError):
    """The folder holds something else; nothing in it was touched."""


@final
class StoreTooNew(StoreError):
    """The store was written in a later format; nothing in it was touched."""


@final
class StoreFull(StoreError):
    """The disk or a quota is exhausted; what was committed before is still valid."""


@final
class StoreUnavailable(StoreError):
    """The operating system refused to read or write: permissions, a vanished folder, a broken disk."""


@final
class MissingObject(StoreError):
    """The store holds no object of this digest."""

    def __init__(self, digest: str) -> None:
        super().__init__(f"object {digest} is not in the store", "run the stage that makes it again")
        self.args = (digest,)
        self.digest = digest


@final
class DamagedObject(StoreError):
    """An object's bytes no longer have its digest; it was set aside, so that the next commit replaces it."""

    def __init__(self, digest: str, found: str) -> None:
        message = f"object {digest} is damaged: its bytes have the digest {found}"
        super().__init__(message, "run again: the stage that makes it is carried out anew")
        self.args = (digest, found)
        self.digest = digest
        self.found = found


@final
class NotJson(StoreError):
    """A receipt that would not come back from JSON as it was put in."""


@final
class UnsupportedTable(StoreError):
    """A table holds a column that no stored table may hold."""


@final
class UnreadableTable(StoreError):
    """A file isn't a Parquet table, or lacks a column that was asked for."""


@final
class NoCodec(StoreError):
    """No codec is known for a type of value."""


@final
class CodecError(StoreError):
    """A codec can't turn this value into bytes, or these bytes into a value."""
