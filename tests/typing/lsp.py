"""A small client of pyright's language server: what an editor shows at a place in a file.

Run it on a place to see the same: `python tests/typing/lsp.py hover FILE LINE COLUMN`, all counted from 1.
"""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from types import TracebackType
from typing import Any, Self, cast

REQUESTS = {
    "hover": "textDocument/hover",
    "definition": "textDocument/definition",
    "completion": "textDocument/completion",
    "signature": "textDocument/signatureHelp",
    "mistakes": "textDocument/diagnostic",
}


class LanguageServer:
    """Pyright's language server, opened on a folder."""

    def __init__(self, root: Path) -> None:
        command = [sys.executable, "-m", "pyright.langserver", "--stdio"]
        self._process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
        )
        self._count = 0
        capabilities = {
            "textDocument": {
                "hover": {"contentFormat": ["markdown"]},
                "diagnostic": {},
                "signatureHelp": {"signatureInformation": {"documentationFormat": ["markdown"]}},
            },
            "workspace": {"configuration": True},
        }
        folder = {"uri": root.as_uri(), "name": root.name}
        session = {"processId": None, "rootUri": root.as_uri(), "workspaceFolders": [folder]}
        self._ask("initialize", {**session, "capabilities": capabilities})
        self._tell("initialized", {})

    def open(self, path: Path, text: str | None = None) -> None:
        """Open a file, perhaps with another text than it has on disk."""
        shown = path.read_text() if text is None else text
        document = {"uri": path.as_uri(), "languageId": "python", "version": 1, "text": shown}
        self._tell("textDocument/didOpen", {"textDocument": document})

    def at(self, request: str, path: Path, line: int, column: int) -> Any:
        """Ask one of `REQUESTS` at a place; line and column count from 0."""
        place = {"textDocument": {"uri": path.as_uri()}, "position": {"line": line, "character": column}}
        return self._ask(REQUESTS[request], place)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._process.kill()
        self._process.communicate()

    def _tell(self, method: str, parameters: object) -> None:
        self._send({"jsonrpc": "2.0", "method": method, "params": parameters})

    def _ask(self, method: str, parameters: object) -> Any:
        self._count += 1
        self._send({"jsonrpc": "2.0", "id": self._count, "method": method, "params": parameters})
        while "method" in (message := self._receive()) or message.get("id") != self._count:
            if "method" in message and "id" in message:
                self._answer(message)
        return message["result"]

    def _answer(self, request: dict[str, Any]) -> None:
        """Answer what the server asks: the only settings are where Python is, and that open files alone are checked."""
        settings: dict[str, object] = {
            "python": {"pythonPath": sys.executable},
            "python.analysis": {"diagnosticMode": "openFilesOnly"},
        }
        asked = request["method"] == "workspace/configuration"
        result = [settings.get(item["section"]) for item in request["params"]["items"]] if asked else None
        self._send({"jsonrpc": "2.0", "id": request["id"], "result": result})

    def _send(self, message: object) -> None:
        stream = self._process.stdin
        assert stream is not None
        body = json.dumps(message).encode()
        stream.write(b"Content-Length: %d\r\n\r\n" % len(body) + body)
        stream.flush()

    def _receive(self) -> dict[str, Any]:
        stream = self._process.stdout
        assert stream is not None
        length = 0
        while (header := stream.readline()) != b"\r\n":
            assert header, "the language server ended"
            name, _, value = header.partition(b":")
            length = int(value) if name.lower() == b"content-length" else length
        return cast(dict[str, Any], json.loads(stream.read(length)))


if __name__ == "__main__":
    request, file, line, column = sys.argv[1:]
    place = Path(file).resolve()
    with LanguageServer(place.parent) as server:
        server.open(place)
        print(json.dumps(server.at(request, place, int(line) - 1, int(column) - 1), indent=2))
