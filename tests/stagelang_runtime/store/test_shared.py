"""What a store at a URL does, on an S3 server, in memory and in a folder; `test_shared_law` has it agree with a local one."""

from __future__ import annotations

import errno
import os
import pickle
import stat
import subprocess
import sys
import threading
import time
import uuid
from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import fsspec
import pytest

from stagelang_runtime.execute.present import named_objects, outputs_present
from stagelang_runtime.store import (
    DamagedObject,
    MissingObject,
    NotADigest,
    NotAStore,
    NotJson,
    Store,
    StoreFull,
    StoreTooNew,
    StoreUnavailable,
    attach_store,
    open_store,
    sha256_bytes,
)
from stagelang_runtime.store.remote import Remote
from tests.stagelang_runtime.store.s3 import S3Server

KEY, NODE, DATA = sha256_bytes(b"key"), sha256_bytes(b"node"), b"some bytes"
DIGEST = sha256_bytes(DATA)
OBJECT = f"objects/{DIGEST[7:9]}/{DIGEST[7:]}"
RECEIPT = f"receipts/{KEY[7:9]}/{KEY[7:]}.json"
ID = f"ids/{NODE[7:9]}/{NODE[7:]}"
LARGE = b"0123456789abcdef" * (1 << 17)


class Place:
    """Somewhere that a store can be, and what lies there, seen without the store."""

    def __init__(self, url: str, folder: Path) -> None:
        self.url, self.folder, self._caches = url, folder, 0

    def store(self) -> Store:
        """Open the store as another machine does: with a cache of its own."""
        self._caches += 1
        return open_store(self.url, cache=self.folder / f"cache{self._caches}")

    def put(self, name: str, data: bytes) -> None:
        Remote(self.url).write(name, data)

    def get(self, name: str) -> bytes | None:
        return Remote(self.url).read(name)

    def delete(self, name: str) -> None:
        Remote(self.url).delete(name)

    def files(self) -> dict[str, bytes]:
        system, base = fsspec.core.url_to_fs(self.url, skip_instance_cache=True)
        return {path.removeprefix(base).lstrip("/"): system.cat_file(path) for path in system.find(base)}


@pytest.fixture(params=["s3", "memory", "file"])
def place(request: pytest.FixtureRequest, tmp_path: Path) -> Place:
    match request.param:
        case "s3":
            request.getfixturevalue("s3")
            return Place(f"s3://{request.getfixturevalue('bucket')}/some/prefix", tmp_path)
        case "memory":
            return Place(f"memory://{uuid.uuid4().hex}", tmp_path)
        case _:
            return Place(f"file://{tmp_path}/far", tmp_path)


@pytest.fixture
def store(place: Place) -> Store:
    return place.store()


def test_everything_stored_has_its_place(store: Store, place: Place) -> None:
    store.put_bytes(DATA)
    store.put_receipt(KEY, {"node": "fit", "outputs": [DIGEST]})
    store.link_id(NODE, KEY)
    files = place.files()
    tail = f'","key":"{KEY}","receipt":{{"node":"fit","outputs":["{DIGEST}"]}}}}\n'
    assert files == {
        "version": b"1\n",
        OBJECT: DATA,
        RECEIPT: f'{{"digest":"{sha256_bytes(tail.encode())}{tail}'.encode(),
        ID: f"{KEY}\n".encode(),
    }


def test_what_one_machine_puts_another_gets(place: Place, tmp_path: Path) -> None:
    here, there = place.store(), place.store()
    (tmp_path / "f").write_bytes(b"of a file")
    (tmp_path / "large").write_bytes(LARGE)
    digests = [here.put_bytes(DATA), here.put_file(tmp_path / "f"), here.put_bytes(LARGE[1:])]
    moved = here.put_file(tmp_path / "large", consume=True)
    assert here.put_receipt(KEY, {"n": 1}) is None
    here.link_id(NODE, KEY)
    assert [there.get_bytes(each) for each in digests] == [DATA, b"of a file", LARGE[1:]]
    assert there.get_path(moved).read_bytes() == LARGE
    assert ((tmp_path / "f").exists(), (tmp_path / "large").exists()) == (True, False)
    assert there.receipt_for_id(NODE) == {"n": 1}
    assert list(there.receipt_keys()) == [KEY]
    assert there.put_receipt(KEY, {"n": 2}) == {"n": 1}


def test_what_is_there_is_told_by_the_url_alone(place: Place) -> None:
    here, there = place.store(), place.store()
    assert not there.has(DIGEST)
    here.put_bytes(DATA)
    said = [there.has(DIGEST), there.has(DIGEST, 10), there.has(DIGEST, 9), there.has(KEY)]
    assert said == [True, True, False, False]
    assert there.has_all([(DIGEST, 10), (DIGEST, None)])
    assert not there.has_all([(DIGEST, 10), (KEY, 10)])
    place.delete(OBJECT)
    assert not here.has(DIGEST)  # though it is in the cache: another machine couldn't get it
    here.put_bytes(DATA)
    assert there.has(DIGEST)


def test_what_was_fetched_is_kept_whole_and_read_only(place: Place) -> None:
    place.store().put_bytes(DATA)
    there = place.store()
    path = there.get_path(DIGEST)
    assert (path.is_relative_to(there.root), stat.S_IMODE(path.stat().st_mode)) == (True, 0o444)
    place.delete(OBJECT)
    assert there.get_path(DIGEST) == path
    assert list(there.tmp.iterdir()) == []


@pytest.mark.parametrize("read", ["get_path", "get_bytes"])
def test_an_object_damaged_in_the_cache_is_fetched_again(place: Place, read: str) -> None:
    store = place.store()
    path = store.get_path(store.put_bytes(DATA))
    path.chmod(0o644)
    path.write_bytes(b"some Bytes")
    assert getattr(store, read)(DIGEST) in (DATA, path)
    assert path.read_bytes() == DATA


def test_an_object_that_rotted_in_the_cache_is_never_uploaded(place: Place, tmp_path: Path) -> None:
    store = place.store()
    (tmp_path / "f").write_bytes(DATA)
    path = store.get_path(store.put_bytes(DATA))
    path.chmod(0o644)
    path.write_bytes(b"some Bytes")
    store.put_bytes(DATA)
    assert place.get(OBJECT) == DATA
    store.put_file(tmp_path / "f")
    assert place.get(OBJECT) == DATA


@pytest.mark.parametrize("read", ["get_path", "get_bytes"])
@pytest.mark.parametrize("damage", [b"some Bytes", b"some", b""])
def test_a_damaged_object_is_reported_deleted_and_can_be_put_again(
    place: Place, read: str, damage: bytes
) -> None:
    writer, reader = place.store(), place.store()
    writer.put_bytes(DATA)
    place.put(OBJECT, damage)
    with pytest.raises(DamagedObject) as caught:
        getattr(reader, read)(DIGEST)
    assert (caught.value.digest, caught.value.found) == (DIGEST, sha256_bytes(damage))
    assert not reader.has(DIGEST)
    assert list(reader.tmp.iterdir()) == []
    with pytest.raises(MissingObject):
        getattr(reader, read)(DIGEST)
    writer.put_bytes(DATA)
    assert reader.get_bytes(DIGEST) == DATA


def test_a_large_object_cut_short_is_put_again(place: Place) -> None:
    store, digest = place.store(), sha256_bytes(LARGE)
    store.put_bytes(LARGE)
    place.put(f"objects/{digest[7:9]}/{digest[7:]}", LARGE[:-1])
    assert not store.has(digest, len(LARGE))
    store.put_bytes(LARGE)
    assert place.store().get_bytes(digest) == LARGE


def test_a_receipt_with_a_byte_flipped_or_cut_off_counts_as_absent_and_can_be_put_again(place: Place) -> None:
    store = place.store()
    store.put_receipt(KEY, {"n": 1})
    good = place.get(RECEIPT)
    assert good is not None
    for text in (b"", good[:-1], good.replace(b'"n":1', b'"n":2'), b"{}"):
        place.put(RECEIPT, text)
        assert store.get_receipt(KEY) is None
        assert place.get(RECEIPT) is None
        place.put(RECEIPT, text)
        assert store.put_receipt(KEY, {"n": 1}) is None
        assert place.get(RECEIPT) == good


def test_a_receipt_replaced_by_a_good_one_while_it_was_judged_stays(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = place.store()
    store.put_receipt(KEY, {"n": 1})
    good = place.get(RECEIPT)
    assert good is not None
    answers = [b"{}", good]

    def changing(*_: object) -> bytes:
        return answers.pop(0)

    monkeypatch.setattr(Remote, "read", changing)
    assert store.get_receipt(KEY) == {"n": 1}
    monkeypatch.undo()


def test_a_withdrawn_receipt_makes_room_for_another_everywhere(place: Place) -> None:
    here, there = place.store(), place.store()
    here.put_receipt(KEY, {"n": 1})
    assert there.get_receipt(KEY) == {"n": 1}
    there.withdraw_receipt(KEY)
    assert here.get_receipt(KEY) is None
    assert here.put_receipt(KEY, {"n": 2}) is None
    assert there.get_receipt(KEY) == {"n": 2}
    here.withdraw_receipt(NODE)


@pytest.mark.parametrize("text", [b"", b"sha256:12\n", b"\xff", f"{KEY}\n{KEY}\n".encode()])
def test_a_damaged_id_counts_as_absent_and_can_be_linked_again(place: Place, text: bytes) -> None:
    store = place.store()
    place.put(ID, text)
    assert (store.key_for_id(NODE), store.receipt_for_id(NODE)) == (None, None)
    store.link_id(NODE, KEY)
    assert store.key_for_id(NODE) == KEY


def test_bad_names_and_receipts_that_are_no_json_are_refused_before_anything_is_asked(place: Place) -> None:
    store = place.store()
    calls: list[Any] = [store.has, store.get_path, store.get_bytes, store.get_receipt, store.key_for_id]
    for call in (*calls, store.withdraw_receipt):
        for name in ("../../version", "", "sha256:" + "g" * 64):
            with pytest.raises(NotADigest):
                call(name)
    with pytest.raises(NotADigest):
        store.link_id(NODE, "../../version")
    with pytest.raises(NotJson):
        store.put_receipt(KEY, {"a": float("nan")})
    assert place.files() == {"version": b"1\n"}


def test_a_store_opens_again_by_its_location_and_survives_pickling(place: Place) -> None:
    store = place.store()
    store.put_bytes(DATA)
    for again in (pickle.loads(pickle.dumps(store)), attach_store(store.location, str(store.root))):
        assert again == store
        assert again.has(DIGEST)
    assert open_store(store.location, cache=store.root) == store


@pytest.mark.parametrize(
    ("name", "text", "error", "message"),
    [
        (
            "notes.txt",
            b"hi",
            NotAStore,
            "{url!r} holds files but no store\n  help: name a prefix where nothing is for the store",
        ),
        (
            "version",
            b"2\n",
            StoreTooNew,
            (
                "the store {url!r} has format 2, and this stagelang reads up to 1\n"
                "  help: upgrade stagelang, or name another place for the store"
            ),
        ),
    ],
)
def test_a_place_that_holds_something_else_is_refused_and_left_alone(
    place: Place, name: str, text: bytes, error: type[Exception], message: str
) -> None:
    place.put(name, text)
    with pytest.raises(error) as caught:
        place.store()
    assert str(caught.value) == message.format(url=place.url)
    assert place.files() == {name: text}
    assert list(place.folder.glob("cache*")) == []


def test_a_full_disk_is_said_and_leaves_nothing(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    place.store().put_bytes(DATA)
    store = place.store()

    def full(*_: object) -> bool:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(Remote, "fetch", full)
    with pytest.raises(StoreFull, match="no space left for the store"):
        store.get_bytes(DIGEST)
    assert list(store.tmp.iterdir()) == []


def test_threads_share_a_store(place: Place) -> None:
    store = place.store()
    texts = [f"text {i}".encode() for i in range(24)]
    said: list[bytes] = []

    def work(text: bytes) -> None:
        digest = store.put_bytes(text)
        store.put_receipt(digest, {"n": 1})
        said.append(store.get_bytes(digest))

    threads = [threading.Thread(target=work, args=(text,)) for text in texts]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(said) == sorted(texts)
    assert len(list(store.receipt_keys())) == 24


_FORKED = """
import os, sys
from stagelang_runtime.store import open_store
store = open_store(sys.argv[1], cache=sys.argv[2])
store.put_bytes(b"before")
child = os.fork()
if child == 0:
    os._exit(0 if store.get_bytes(store.put_bytes(b"in the child")) == b"in the child" else 1)
_, status = os.waitpid(child, 0)
assert status == 0
assert store.get_bytes(store.put_bytes(b"after")) == b"after"
"""


def test_a_store_works_in_a_forked_child_and_after_it(bucket: str, tmp_path: Path) -> None:
    command = [sys.executable, "-c", _FORKED, f"s3://{bucket}/p", str(tmp_path)]
    done = subprocess.run(
        command, env=with_sources(), capture_output=True, text=True, timeout=60, check=False
    )
    assert (done.returncode, done.stderr) == (0, "")


_WRITER = """
import sys, time
from stagelang_runtime.store import open_store, sha256_bytes
url, cache, who, start = sys.argv[1:]
store = open_store(url, cache=cache)
time.sleep(max(0.0, float(start) - time.time()))
for i in range(20):
    earlier = store.put_receipt(sha256_bytes(b"%d" % i), {"by": who})
    print(i, who if earlier is None else earlier["by"], earlier is None)
"""


@pytest.mark.parametrize("scheme", ["s3", "file"])
def test_of_eight_processes_exactly_one_puts_a_receipt(
    scheme: str, request: pytest.FixtureRequest, tmp_path: Path
) -> None:
    url = f"file://{tmp_path}/far"
    if scheme == "s3":
        url = f"s3://{request.getfixturevalue('bucket')}/p"
    store = open_store(url, cache=tmp_path / "cache")
    start = str(time.time() + 2)
    writers = [
        subprocess.Popen(
            [sys.executable, "-c", _WRITER, url, str(tmp_path / who), who, start],
            env=with_sources(),
            stdout=subprocess.PIPE,
            text=True,
        )
        for who in "ABCDEFGH"
    ]
    said = [line.split() for writer in writers for line in writer.communicate(timeout=100)[0].splitlines()]
    assert [writer.returncode for writer in writers] == [0] * 8
    assert Counter(i for i, _, first in said if first == "True") == {str(i): 1 for i in range(20)}
    winners = {i: who for i, who, first in said if first == "True"}
    assert all(winners[i] == who for i, who, _ in said)
    assert all(store.get_receipt(sha256_bytes(i.encode())) == {"by": who} for i, who in winners.items())


def with_sources() -> Mapping[str, str]:
    return {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}


def test_an_unfinished_upload_is_not_seen(bucket: str, s3: S3Server, tmp_path: Path) -> None:
    store = open_store(f"s3://{bucket}", cache=tmp_path / "cache")
    system = fsspec.filesystem("s3", skip_instance_cache=True, use_listings_cache=False)
    begun = system.call_s3("create_multipart_upload", Bucket=bucket, Key=OBJECT)
    system.call_s3(
        "upload_part", Bucket=bucket, Key=OBJECT, UploadId=begun["UploadId"], PartNumber=1, Body=DATA
    )
    assert not store.has(DIGEST)
    with pytest.raises(MissingObject):
        store.get_bytes(DIGEST)
    assert s3.names(bucket) == ["version"]
    store.put_bytes(DATA)
    assert open_store(f"s3://{bucket}", cache=tmp_path / "other").get_bytes(DIGEST) == DATA


def test_each_question_is_one_request(bucket: str, s3: S3Server, tmp_path: Path) -> None:
    store = open_store(f"s3://{bucket}", cache=tmp_path / "cache")
    s3.requests()
    store.put_bytes(DATA)
    store.put_receipt(KEY, {"outputs": [{"kind": "value", "object": DIGEST, "size": 10}]})
    store.link_id(NODE, KEY)
    assert s3.requests() == [
        f"PUT /{bucket}/{OBJECT}",
        f"PUT /{bucket}/{RECEIPT}",
        f"GET /{bucket}/{ID}",
        f"PUT /{bucket}/{ID}",
    ]
    receipt = store.get_receipt(KEY)
    assert receipt is not None
    assert outputs_present(store, receipt)
    store.link_id(NODE, KEY)
    store.get_bytes(DIGEST)
    assert s3.requests() == [f"GET /{bucket}/{RECEIPT}", f"HEAD /{bucket}/{OBJECT}", f"GET /{bucket}/{ID}"]


def test_what_was_looked_at_ahead_is_not_asked_again_and_answers_once(
    bucket: str, s3: S3Server, tmp_path: Path
) -> None:
    store = open_store(f"s3://{bucket}", cache=tmp_path / "cache")
    receipt: dict[str, object] = {"outputs": [{"kind": "value", "object": store.put_bytes(DATA), "size": 10}]}
    store.put_receipt(KEY, receipt)
    store.link_id(NODE, KEY)
    s3.requests()
    ahead = [f"GET /{bucket}/{ID}", f"GET /{bucket}/{RECEIPT}", f"HEAD /{bucket}/{OBJECT}"]
    store.look_ahead([NODE], named_objects)
    assert s3.requests() == ahead
    assert store.get_receipt(KEY) == receipt
    assert outputs_present(store, receipt)
    store.link_id(NODE, KEY)
    assert s3.requests() == []
    assert store.get_receipt(KEY) == receipt
    assert outputs_present(store, receipt)
    store.link_id(NODE, KEY)
    assert sorted(s3.requests()) == sorted(ahead)


def test_what_this_machine_does_after_looking_ahead_counts(place: Place) -> None:
    store = place.store()
    receipt: dict[str, object] = {"outputs": [{"object": store.put_bytes(DATA)}]}
    store.put_receipt(KEY, receipt)
    store.link_id(NODE, KEY)
    store.look_ahead([NODE, KEY], named_objects)
    store.withdraw_receipt(KEY)
    assert store.get_receipt(KEY) is None
    place.put(RECEIPT, b"junk")
    store.look_ahead([NODE], named_objects)
    assert store.put_receipt(KEY, {"outputs": []}) is None
    store.look_ahead([NODE], named_objects)
    store.link_id(NODE, DIGEST)
    assert store.key_for_id(NODE) == DIGEST
    place.put(ID, b"junk")
    store.look_ahead([NODE], named_objects)
    assert store.key_for_id(NODE) is None


def test_a_receipt_that_is_there_and_not_given_is_said(
    bucket: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = open_store(f"s3://{bucket}", cache=tmp_path / "cache")

    def taken(*_: object) -> bool:
        return False

    monkeypatch.setattr(Remote, "create", taken)
    with pytest.raises(StoreUnavailable) as caught:
        store.put_receipt(KEY, {})
    assert str(caught.value) == (
        f"the store 's3://{bucket}' says that receipt {KEY} is there, and doesn't give it\n"
        "  help: check what else writes to the store"
    )
