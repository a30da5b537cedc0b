"""What an engine that carries out nodes one by one knows of each: a file that says what became of it.

    NODE.json     the node's last receipt, and why it ran; written last, so that it stands for the node being done
    NODE.out      the digests of its outputs' contents; rewritten only where they differ, so that its readers can wait for that
    NODE.failed   why its last try failed; gone once it is done
    .settled      what an engine keeps of all notes together; gone once one of them changes

A node's name may hold slashes; its files then lie in folders.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any, final

from attrs import asdict, frozen

from stagelang_runtime.execute.failure import Failure
from stagelang_runtime.execute.results import NodeResult, Reason, Receipt
from stagelang_runtime.execute.state import read_object, write_whole

SCHEMA = 1
SETTLED = ".settled"
_OUT_WORDS = 3


@final
@frozen(kw_only=True)
class Note:
    """What is known of a node that is done; `reason` says why it ran when it did."""

    receipt: Receipt
    reason: Reason | None = None


@final
@frozen
class Notes:
    """The notes of one plan, in a folder of their own."""

    folder: Path

    def get(self, node: str) -> Note | None:
        """Give what is noted of a node; None where nothing is, or nothing that can be read."""
        data = read_object(self._file(node, "json"), "schema", "receipt", "reason")
        if data is None or data["schema"] != SCHEMA:
            return None
        reason = data["reason"]
        return Note(receipt=data["receipt"], reason=Reason(**reason) if reason else None)

    def failure(self, node: str) -> Failure | None:
        """Give why a node failed; None where it didn't."""
        data = read_object(self._file(node, "failed"), "kind", "message")
        return None if data is None else Failure.from_json(data)

    def put(self, result: NodeResult) -> None:
        """Note what became of a node that ran, was up to date or failed. Raises OSError."""
        self._unsettle()
        if result.receipt is not None:
            self._put_done(result.node, result.receipt, result.reason)
        elif result.failure is not None:
            write_whole(self._file(result.node, "failed"), result.failure.to_json())
            self._file(result.node, "json").unlink(missing_ok=True)

    def forget(self, node: str) -> None:
        """Take a node as not done; the digests of its outputs stay, for its readers may find them made again. Raises OSError."""
        self._unsettle()
        self._file(node, "json").unlink(missing_ok=True)

    def contents(self, node: str) -> dict[str, str]:
        """Give the content digest of each output as a node made it last, by port; nothing where that isn't noted."""
        try:
            lines = self._file(node, "out").read_text(encoding="utf-8").splitlines()
        except OSError:
            return {}
        found = [line.split(" ") for line in lines]
        return {words[0]: words[-1] for words in found if len(words) == _OUT_WORDS}

    def forget_failure(self, node: str) -> None:
        """Forget why a node's last try failed: it is tried anew. Raises OSError."""
        self._file(node, "failed").unlink(missing_ok=True)

    def _put_done(self, node: str, receipt: Receipt, reason: Reason | None) -> None:
        contents = "".join(
            f"{each['port']} {each['kind']} {each['content']}\n" for each in receipt["outputs"]
        )
        out = self._file(node, "out")
        out.parent.mkdir(parents=True, exist_ok=True)
        if not out.is_file() or out.read_text(encoding="utf-8") != contents:
            beside = out.with_name(f".{out.name}-{os.urandom(6).hex()}")
            beside.write_text(contents, encoding="utf-8", newline="\n")
            beside.replace(out)
        if reason is None:
            before = self.get(node)
            reason = before.reason if before and before.receipt["key"] == receipt["key"] else None
        note: dict[str, Any] = {
            "schema": SCHEMA,
            "receipt": receipt,
            "reason": asdict(reason) if reason else None,
        }
        write_whole(self._file(node, "json"), note)
        self._file(node, "failed").unlink(missing_ok=True)

    def _unsettle(self) -> None:
        (self.folder / SETTLED).unlink(missing_ok=True)

    def _file(self, node: str, ending: str) -> Path:
        if ".." in node.split("/") or node.startswith("/"):
            raise ValueError(f"{node!r} is no name of a node")
        return self.folder / f"{node}.{ending}"
