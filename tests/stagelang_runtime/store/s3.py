"""An S3 server on this machine (moto), and what tests do to it behind the store's back, by plain HTTP."""

from __future__ import annotations

import os
import re
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Mapping
from pathlib import Path
from typing import final
from xml.etree import ElementTree

from attrs import define, field

ENVIRONMENT = {
    "AWS_ACCESS_KEY_ID": "key",
    "AWS_SECRET_ACCESS_KEY": "secret",
    "AWS_DEFAULT_REGION": "us-east-1",
    "AWS_EC2_METADATA_DISABLED": "true",
    "AWS_CONFIG_FILE": os.devnull,
    "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
}


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    return port


@final
@define
class S3Server:
    """A server at a port of its own; what it holds is gone when it is stopped."""

    log: Path
    port: int = field(factory=free_port)
    _process: subprocess.Popen[bytes] | None = None

    @property
    def endpoint(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def environment(self) -> Mapping[str, str]:
        return {**ENVIRONMENT, "AWS_ENDPOINT_URL": self.endpoint}

    def start(self) -> None:
        command = [sys.executable, "-m", "moto.server", "-H", "127.0.0.1", "-p", str(self.port)]
        with self.log.open("ab") as log:
            self._process = subprocess.Popen(command, stdout=log, stderr=log)
        until = time.monotonic() + 60
        while not self.answers():
            assert self._process.poll() is None, self.log.read_text(encoding="utf-8")
            assert time.monotonic() < until, "the server does not come up"
            time.sleep(0.05)

    def stop(self) -> None:
        if self._process is not None:
            self._process.kill()
            self._process.wait()

    def answers(self) -> bool:
        with socket.socket() as probe:
            return probe.connect_ex(("127.0.0.1", self.port)) == 0

    def requests(self) -> list[str]:
        """Give the requests since the last look, such as 'GET /bucket/version'."""
        text = self.log.read_text(encoding="utf-8")
        self.log.write_bytes(b"")
        return re.findall(r'"(?:\x1b\[\d+m)*([A-Z]+ [^ ?]+)', text)

    def make(self, bucket: str) -> None:
        self._ask("PUT", bucket)

    def names(self, bucket: str) -> list[str]:
        tree = ElementTree.fromstring(self._ask("GET", f"{bucket}?list-type=2"))
        return [str(each.text) for each in tree.iter() if each.tag.endswith("}Key")]

    def check_who_asks(self, after: int) -> None:
        """Refuse whoever isn't known, after so many more requests."""
        self._ask("POST", "moto-api/reset-auth", str(after).encode())

    def _ask(self, method: str, path: str, data: bytes | None = None) -> bytes:
        request = urllib.request.Request(
            f"{self.endpoint}/{path}", data, method=method, headers={"Content-Type": "text/plain"}
        )
        with urllib.request.urlopen(request, timeout=30) as answer:
            body: bytes = answer.read()
        return body
