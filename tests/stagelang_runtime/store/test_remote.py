"""What becomes of a network and a server that fail: tried again or said, never taken for an absent file."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from collections.abc import Generator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, final

import pytest

from stagelang_runtime.location import locate_store, without_password
from stagelang_runtime.store import Store, StoreUnavailable, open_store, remote
from stagelang_runtime.store.remote import Remote
from tests.stagelang_runtime.store.s3 import ENVIRONMENT, S3Server, free_port

KEPT = "check the network and the endpoint, then run again: what was finished is kept"
ABSENT, CONFLICT = (404, "NoSuchKey"), (409, "ConditionalRequestConflict")
SLOW, BROKEN = (503, "SlowDown"), (500, "InternalError")
CUT, SHORT, FINE = (0, "cut"), (0, "short"), (200, "")


@final
class Scripted:
    """An S3 server that answers as told, and then goes on with the last answer."""

    def __init__(self) -> None:
        self.answers: list[tuple[int, str]] = []
        self.asked = 0
        outer = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def log_message(self, format: str, *args: Any) -> None:
                pass

            def answer(self) -> None:
                outer.asked += 1
                self.rfile.read(int(self.headers.get("Content-Length", 0)))
                status, code = outer.answers.pop(0) if len(outer.answers) > 1 else outer.answers[0]
                self.close_connection = True
                if (status, code) == CUT:
                    return
                body = (
                    b"whole" * (self.command == "GET")
                    if status in (0, 200)
                    else f"<Error><Code>{code}</Code><Message>it said {code}</Message></Error>".encode()
                )
                self.send_response(status or 200)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body[:2] if (status, code) == SHORT else body)

            def __getattr__(self, name: str) -> Any:
                if name in ("do_GET", "do_PUT", "do_HEAD", "do_DELETE"):
                    return self.answer
                raise AttributeError(name)

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()


@pytest.fixture
def scripted(monkeypatch: pytest.MonkeyPatch) -> Generator[Scripted]:
    server = Scripted()
    for name, value in ENVIRONMENT.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("AWS_ENDPOINT_URL", server.url)
    monkeypatch.setattr(remote, "_WAITS", (0.0, 0.0, 0.0))
    remote.forget_connections()
    yield server
    server.server.shutdown()
    server.server.server_close()


@pytest.mark.parametrize("trouble", [SLOW, BROKEN, CUT, SHORT])
def test_a_passing_trouble_is_tried_again(scripted: Scripted, trouble: tuple[int, str]) -> None:
    scripted.answers = [trouble, trouble, FINE]
    assert Remote("s3://bucket").read("a") == b"whole"
    assert scripted.asked == 3


@pytest.mark.parametrize("trouble", [SLOW, BROKEN, CUT, SHORT])
def test_a_lasting_trouble_is_said_and_never_taken_for_an_absent_file(
    scripted: Scripted, trouble: tuple[int, str], tmp_path: Path
) -> None:
    scripted.answers = [trouble]
    there = Remote("s3://bucket")
    calls: list[Any] = [
        lambda: there.read("a"),
        lambda: there.fetch("a", str(tmp_path / "a")),
    ]
    if trouble != SHORT:  # the rest reads no body
        calls += [
            lambda: there.size("a"),
            lambda: there.sizes(["a", "b"]),
            lambda: there.names("receipts"),
            lambda: there.create("a", b"data"),
            lambda: there.write("a", b"data"),
            lambda: there.delete("a"),
        ]
    for call in calls:
        scripted.asked = 0
        with pytest.raises(StoreUnavailable) as caught:
            call()
        assert 4 <= scripted.asked <= 32  # two at once in the longest
        assert caught.value.help == KEPT


def test_absent_is_what_the_server_says_is_absent(scripted: Scripted, tmp_path: Path) -> None:
    scripted.answers = [ABSENT]
    there = Remote("s3://bucket")
    assert there.read("a") is None
    assert scripted.asked == 1
    assert there.fetch("a", str(tmp_path / "a")) is False
    assert list(tmp_path.iterdir()) == []


NO_BUCKET = (
    "the store 's3://bucket' can't be written: it said NoSuchBucket\n"
    "  help: create the bucket or folder, or correct the URL"
)
REFUSED = (
    "the store 's3://bucket' refuses access: it said {}\n"
    "  help: check the credentials, and that they allow to list, read, write and delete there"
)


@pytest.mark.parametrize(
    ("status", "code", "message"),
    [
        (404, "NoSuchBucket", NO_BUCKET),
        (403, "AccessDenied", REFUSED),
        (403, "SignatureDoesNotMatch", REFUSED),
    ],
)
def test_what_no_try_will_change_is_said_at_once(
    scripted: Scripted, status: int, code: str, message: str
) -> None:
    scripted.answers = [(status, code)]
    there = Remote("s3://bucket")
    for call in (lambda: there.read("a"), lambda: there.create("a", b""), lambda: there.write("a", b"")):
        scripted.asked = 0
        with pytest.raises(StoreUnavailable) as caught:
            call()
        assert (str(caught.value), scripted.asked) == (message.format(code), 1)


def test_a_conditional_write_that_comes_second_or_into_conflict_is_no_error(scripted: Scripted) -> None:
    scripted.answers = [(412, "PreconditionFailed")]
    assert Remote("s3://bucket").create("a", b"data") is False
    scripted.answers = [CONFLICT, FINE]
    assert Remote("s3://bucket").create("a", b"data") is True


def test_a_server_that_isnt_there_is_said(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    endpoint = f"http://127.0.0.1:{free_port()}"
    for name, value in {**ENVIRONMENT, "AWS_ENDPOINT_URL": endpoint}.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr(remote, "_WAITS", (0.0,))
    remote.forget_connections()
    with pytest.raises(StoreUnavailable) as caught:
        open_store("s3://bucket/p", cache=tmp_path / "cache")
    assert str(caught.value) == (
        "can't reach the store 's3://bucket/p': "
        f'Could not connect to the endpoint URL: "{endpoint}/bucket/p/version"\n  help: {KEPT}'
    )
    assert list(tmp_path.iterdir()) == []


def test_a_bucket_that_isnt_there_is_said(s3: S3Server, tmp_path: Path) -> None:
    remote.forget_connections()
    with pytest.raises(StoreUnavailable) as caught:
        open_store("s3://no-such-bucket/p", cache=tmp_path / "cache")
    assert str(caught.value) == (
        "the store 's3://no-such-bucket/p' can't be written: The specified bucket does not exist\n"
        "  help: create the bucket or folder, or correct the URL"
    )
    assert list(tmp_path.iterdir()) == []


def test_missing_credentials_are_said(
    s3: S3Server, bucket: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("AWS_ACCESS_KEY_ID")
    monkeypatch.delenv("AWS_SECRET_ACCESS_KEY")
    remote.forget_connections()
    with pytest.raises(StoreUnavailable) as caught:
        open_store(f"s3://{bucket}/p", cache=tmp_path / "cache")
    assert str(caught.value) == (
        f"no credentials for the store 's3://{bucket}/p': unable to locate credentials\n"
        "  help: set them as the provider's own tools expect, such as AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or AWS_PROFILE"
    )


def test_wrong_credentials_are_said(s3: S3Server, bucket: str, tmp_path: Path) -> None:
    remote.forget_connections()
    s3.check_who_asks(after=0)
    try:
        with pytest.raises(StoreUnavailable) as caught:
            open_store(f"s3://{bucket}/p", cache=tmp_path / "cache")
    finally:
        s3.check_who_asks(after=1_000_000)
    assert str(caught.value) == (
        f"the store 's3://{bucket}/p' refuses access: The AWS Access Key Id you provided does not exist in our records\n"
        "  help: check the credentials, and that they allow to list, read, write and delete there"
    )


def test_a_missing_library_is_said_with_the_command_that_installs_it(tmp_path: Path) -> None:
    program = (
        "import sys; sys.modules['s3fs'] = None\n"
        "from stagelang_runtime.store import open_store\n"
        "try: open_store('s3://bucket', cache='cache')\n"
        "except Exception as error: print(error)\n"
    )
    said = subprocess.check_output(
        [sys.executable, "-c", program],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
        text=True,
    )
    assert said == (
        "a store at 's3://bucket' needs a library that isn't installed: Install s3fs to access S3\n"
        "  help: install it with: pip install 'stagelang[s3]'\n"
    )
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    "url",
    ["ftp://host/a", "https://host/a", "s3://", "s3://bucket/a::file:///etc", "simplecache::s3://bucket"],
)
def test_what_is_no_place_for_a_store_is_refused(url: str, tmp_path: Path) -> None:
    with pytest.raises(StoreUnavailable) as caught:
        open_store(url, cache=tmp_path / "cache")
    assert str(caught.value) == (
        f"{url!r} is no place for a store\n"
        "  help: give a folder, or a URL with one of 's3://', 'gs://', 'abfs://', 'sftp://', 'file://', 'memory://'"
    )
    assert list(tmp_path.iterdir()) == []


def test_a_password_is_never_shown_and_names_no_folder(tmp_path: Path) -> None:
    url = "sftp://me:secret@host:22/results"
    assert without_password(url) == "sftp://me@host:22/results"
    root = locate_store(url, tmp_path).root
    assert "secret" not in str(root)
    assert root == locate_store("sftp://me:other@host:22/results/", tmp_path).root


def test_each_url_has_a_cache_and_a_state_of_its_own(tmp_path: Path) -> None:
    one, same, other = (locate_store(url, tmp_path) for url in ("s3://b/p", "s3://b/p/", "s3://b/q"))
    assert one == same
    assert one.root == tmp_path / "shared" / "s3-b-p-7fb96925" / "store"
    assert one.root.parent != other.root.parent
    assert locate_store(None, tmp_path) == (tmp_path / "store", "", tmp_path)
    assert locate_store(tmp_path / "far" / "store", Path("home")) == (tmp_path / "far" / "store", "", tmp_path / "far")  # fmt: skip


def test_a_folder_is_opened_as_before(tmp_path: Path) -> None:
    store = open_store(tmp_path / "store", cache=tmp_path)
    assert type(store) is Store
    assert (store.location, store.is_shared) == (str(tmp_path / "store"), False)
