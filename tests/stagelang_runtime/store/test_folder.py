from __future__ import annotations

import errno
import os
import pickle
import shutil
import stat
import time
from itertools import groupby
from pathlib import Path
from typing import Any

import pytest

from stagelang_runtime.store import (
    DamagedObject,
    MissingObject,
    NotADigest,
    NotAStore,
    NotJson,
    Store,
    StoreError,
    StoreTooNew,
    StoreUnavailable,
    errors,
    sha256_bytes,
    sha256_file,
)

KEY = sha256_bytes(b"key")
NODE = sha256_bytes(b"node")
DATA = b"some bytes"
DIGEST = sha256_bytes(DATA)


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store.open_or_create(tmp_path / "store")


def files_of(root: Path) -> dict[str, bytes]:
    return {
        path.relative_to(root).as_posix(): path.read_bytes()
        for path in sorted(root.rglob("*"))
        if path.is_file()
    }


def overwrite(path: Path, data: bytes) -> None:
    path.chmod(0o644)
    path.write_bytes(data)


def flip_a_byte(path: Path, at: int) -> None:
    data = bytearray(path.read_bytes())
    data[at] ^= 1
    overwrite(path, bytes(data))


def test_everything_stored_has_its_place(store: Store) -> None:
    digest = store.put_bytes(DATA)
    store.put_receipt(KEY, {"node": "fit", "outputs": [digest]})
    store.link_id(NODE, KEY)
    files = files_of(store.root)
    receipt = files.pop(f"receipts/{KEY[7:9]}/{KEY[7:]}.json")
    assert files == {
        "version": b"1\n",
        f"objects/{digest[7:9]}/{digest[7:]}": DATA,
        f"ids/{NODE[7:9]}/{NODE[7:]}": f"{KEY}\n".encode(),
    }
    tail = f'","key":"{KEY}","receipt":{{"node":"fit","outputs":["{digest}"]}}}}\n'
    assert receipt.decode() == f'{{"digest":"{sha256_bytes(tail.encode())}{tail}'


def test_what_was_put_is_given_back(store: Store, tmp_path: Path) -> None:
    (tmp_path / "f").write_bytes(b"of a file")
    of_file = store.put_file(tmp_path / "f")
    assert store.put_bytes(DATA) == DIGEST
    assert store.get_bytes(DIGEST) == store.get_path(DIGEST).read_bytes() == DATA
    assert store.get_path(of_file).read_bytes() == b"of a file"
    assert (tmp_path / "f").exists()
    assert (store.has(DIGEST), store.has(DIGEST, 10), store.has(DIGEST, 9), store.has(KEY)) == (
        True,
        True,
        False,
        False,
    )


def test_bytes_reach_the_disk_before_their_name_and_a_receipts_name_before_its_writer_goes_on(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    calls: list[str] = []

    def recorded(name: str) -> Any:
        call: Any = getattr(os, name)

        def record(*arguments: Any, **options: Any) -> Any:
            folder = name == "fsync" and stat.S_ISDIR(os.fstat(arguments[0]).st_mode)
            calls.append("fsync of the folder" if folder else name)
            return call(*arguments, **options)

        return record

    for name in ("write", "fsync", "replace", "link"):
        monkeypatch.setattr(os, name, recorded(name))
    store.put_bytes(DATA)
    assert [call for call, _ in groupby(calls)] == ["write", "fsync", "replace"]
    calls.clear()
    store.put_receipt(KEY, {})
    assert [call for call, _ in groupby(calls)] == ["write", "fsync", "link", "fsync of the folder"]


def test_an_empty_object_is_an_object(store: Store) -> None:
    assert store.get_bytes(store.put_bytes(b"")) == b""


def test_an_object_can_not_be_written_to(store: Store) -> None:
    path = store.get_path(store.put_bytes(DATA))
    assert stat.S_IMODE(path.stat().st_mode) & 0o222 == 0


def test_an_object_that_is_there_is_not_written_again(store: Store, tmp_path: Path) -> None:
    before = store.get_path(store.put_bytes(DATA)).stat()
    (tmp_path / "f").write_bytes(DATA)
    store.put_bytes(DATA)
    store.put_file(tmp_path / "f")
    after = store.get_path(DIGEST).stat()
    assert (after.st_ino, after.st_mtime_ns) == (before.st_ino, before.st_mtime_ns)


def test_an_object_cut_short_is_written_again(store: Store) -> None:
    path = store.get_path(store.put_bytes(DATA))
    overwrite(path, DATA[:3])
    assert not store.has(DIGEST, len(DATA))
    store.put_bytes(DATA)
    assert store.get_bytes(DIGEST) == DATA


def test_a_consumed_file_moves_into_the_store(store: Store, tmp_path: Path) -> None:
    source = tmp_path / "f"
    source.write_bytes(DATA)
    inode = source.stat().st_ino
    path = store.get_path(store.put_file(source, consume=True))
    assert (path.stat().st_ino, stat.S_IMODE(path.stat().st_mode), source.exists()) == (inode, 0o444, False)
    source.write_bytes(DATA)
    store.put_file(source, consume=True)
    assert not source.exists()


def test_a_consumed_file_of_another_file_system_is_copied(
    store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    source = tmp_path / "f"
    source.write_bytes(DATA)

    def other_device(_source: str, _target: str) -> None:
        raise OSError(errno.EXDEV, "Invalid cross-device link")

    monkeypatch.setattr(os, "rename", other_device)
    assert store.put_file(source, consume=True) == DIGEST
    assert (store.get_bytes(DIGEST), source.exists()) == (DATA, False)


def test_a_file_that_changes_while_it_is_copied_is_named_by_what_was_copied(
    store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    source = tmp_path / "f"
    source.write_bytes(b"before")

    def hash_then_change(path: str) -> str:
        digest = sha256_file(path)
        source.write_bytes(b"after")
        return digest

    monkeypatch.setattr("stagelang_runtime.store.folder.sha256_file", hash_then_change)
    assert store.put_file(source) == sha256_bytes(b"after")


@pytest.mark.parametrize("read", ["get_path", "get_bytes"])
@pytest.mark.parametrize("at", [0, 5, 9])
def test_a_flipped_byte_is_reported_by_name_and_the_object_can_be_put_again(
    store: Store, read: str, at: int
) -> None:
    path = store.get_path(store.put_bytes(DATA))
    flip_a_byte(path, at)
    found = sha256_file(path)
    with pytest.raises(DamagedObject) as caught:
        getattr(store, read)(DIGEST)
    assert caught.value.digest == DIGEST
    assert str(caught.value) == (
        f"object {DIGEST} is damaged: its bytes have the digest {found}\n"
        "  help: run again: the stage that makes it is carried out anew"
    )
    assert not store.has(DIGEST)
    assert [path.name[:72] for path in store.tmp.iterdir()] == [f"damaged-{DIGEST[7:]}"]
    store.put_bytes(DATA)
    assert getattr(store, read)(DIGEST) in (DATA, path)


def test_an_object_replaced_by_a_good_one_while_it_was_judged_stays(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = store.get_path(store.put_bytes(DATA))
    flip_a_byte(path, 0)

    def judge_then_replace(data: bytes) -> str:
        overwrite(path, DATA)
        return sha256_bytes(data)

    monkeypatch.setattr("stagelang_runtime.store.folder.sha256_bytes", judge_then_replace)
    with pytest.raises(DamagedObject):
        store.get_bytes(DIGEST)
    assert path.read_bytes() == DATA
    assert list(store.tmp.iterdir()) == []


@pytest.mark.parametrize("verify", [True, False])
def test_an_object_that_is_not_there_is_reported_by_name(store: Store, verify: bool) -> None:
    with pytest.raises(MissingObject) as caught:
        store.get_path(DIGEST, verify=verify)
    assert (
        str(caught.value) == f"object {DIGEST} is not in the store\n  help: run the stage that makes it again"
    )
    with pytest.raises(MissingObject):
        store.get_bytes(DIGEST)


def test_the_first_receipt_of_a_key_stays_and_the_second_writer_is_told(store: Store) -> None:
    assert store.put_receipt(KEY, {"outputs": ["a"]}) is None
    assert store.put_receipt(KEY, {"outputs": ["b"]}) == {"outputs": ["a"]}
    assert store.get_receipt(KEY) == {"outputs": ["a"]}
    assert list(store.tmp.iterdir()) == []


def test_a_withdrawn_receipt_makes_room_for_another(store: Store) -> None:
    store.put_receipt(KEY, {"n": 1})
    store.withdraw_receipt(KEY)
    assert store.get_receipt(KEY) is None
    assert store.put_receipt(KEY, {"n": 2}) is None
    store.withdraw_receipt(NODE)


def test_receipts_are_found_by_the_id_that_led_to_them_last(store: Store) -> None:
    assert store.receipt_for_id(NODE) is None
    store.put_receipt(KEY, {"n": 1})
    store.put_receipt(DIGEST, {"n": 2})
    store.link_id(NODE, KEY)
    assert (store.key_for_id(NODE), store.receipt_for_id(NODE)) == (KEY, {"n": 1})
    store.link_id(NODE, DIGEST)
    assert (store.key_for_id(NODE), store.receipt_for_id(NODE)) == (DIGEST, {"n": 2})
    assert list(store.receipt_keys()) == sorted([KEY, DIGEST])


def test_an_id_may_be_linked_before_its_receipt_is_there(store: Store) -> None:
    store.link_id(NODE, KEY)
    assert store.receipt_for_id(NODE) is None


def test_a_receipt_with_any_byte_flipped_or_cut_off_counts_as_absent_and_is_set_aside(store: Store) -> None:
    store.put_receipt(KEY, {"seed": 12, "text": "é"})
    path = store.root / "receipts" / KEY[7:9] / f"{KEY[7:]}.json"
    good = path.read_bytes()
    broken = [good[:i] + bytes([good[i] ^ 1]) + good[i + 1 :] for i in range(len(good))] + [
        good[:i] for i in range(0, len(good), 7)
    ]
    for text in broken:
        overwrite(path, text)
        assert store.get_receipt(KEY) is None
        assert not path.exists()
        assert store.put_receipt(KEY, {"seed": 12, "text": "é"}) is None
        assert path.read_bytes() == good
    assert len(list(store.tmp.iterdir())) == len(broken)


def test_a_damaged_receipt_does_not_hinder_the_next_writer(store: Store) -> None:
    store.put_receipt(KEY, {"n": 1})
    flip_a_byte(store.root / "receipts" / KEY[7:9] / f"{KEY[7:]}.json", -4)
    assert store.put_receipt(KEY, {"n": 2}) is None
    assert store.get_receipt(KEY) == {"n": 2}


def test_a_receipt_under_another_key_counts_as_absent(store: Store) -> None:
    store.put_receipt(KEY, {"n": 1})
    place = store.root / "receipts" / NODE[7:9]
    place.mkdir(parents=True, exist_ok=True)
    shutil.copy(store.root / "receipts" / KEY[7:9] / f"{KEY[7:]}.json", place / f"{NODE[7:]}.json")
    assert store.get_receipt(NODE) is None


@pytest.mark.parametrize(
    "text", [b"", b"sha256:12\n", b"\xff", f"{KEY[:-1]}Z\n".encode(), f"{KEY}\n{KEY}\n".encode()]
)
def test_a_damaged_id_counts_as_absent_and_can_be_linked_again(store: Store, text: bytes) -> None:
    store.put_receipt(KEY, {"n": 1})
    store.link_id(NODE, KEY)
    overwrite(store.root / "ids" / NODE[7:9] / NODE[7:], text)
    assert store.receipt_for_id(NODE) is None
    store.link_id(NODE, KEY)
    assert store.receipt_for_id(NODE) == {"n": 1}


@pytest.mark.parametrize(
    "receipt",
    [
        {"a": float("nan")},
        {"a": (1, 2)},
        {1: "a"},
        {"a": {2: "b"}},
        {"a": b"x"},
        {"a": {1, 2}},
        {"a": "\ud800"},
    ],
)
def test_a_receipt_that_would_be_read_back_otherwise_is_refused(store: Store, receipt: Any) -> None:
    with pytest.raises(NotJson):
        store.put_receipt(KEY, receipt)
    assert files_of(store.root) == {"version": b"1\n"}


@pytest.mark.parametrize("name", ["../../etc/passwd", "", "sha256:" + "g" * 64])
def test_a_name_that_is_no_digest_never_becomes_a_path(store: Store, name: str) -> None:
    calls: list[Any] = [
        store.has,
        store.get_path,
        store.get_bytes,
        store.get_receipt,
        store.key_for_id,
        store.withdraw_receipt,
    ]
    for call in calls:
        with pytest.raises(NotADigest):
            call(name)
    with pytest.raises(NotADigest):
        store.link_id(NODE, name)
    with pytest.raises(NotADigest):
        store.put_receipt(name, {})


def test_a_store_copied_to_another_folder_is_the_same_store(store: Store, tmp_path: Path) -> None:
    digest = store.put_bytes(DATA)
    store.put_receipt(KEY, {"outputs": [digest]})
    store.link_id(NODE, KEY)
    shutil.copytree(store.root, tmp_path / "elsewhere" / "copy")
    shutil.rmtree(store.root)
    copy = Store.open_or_create(tmp_path / "elsewhere" / "copy")
    assert copy.receipt_for_id(NODE) == {"outputs": [digest]}
    assert copy.get_bytes(digest) == DATA
    assert copy.put_bytes(b"more") == sha256_bytes(b"more")


def test_no_file_names_a_path_a_user_or_a_host(store: Store) -> None:
    store.put_receipt(KEY, {"outputs": [store.put_bytes(DATA)]})
    store.link_id(NODE, KEY)
    for name, data in files_of(store.root).items():
        assert os.fspath(store.root).encode() not in data
        assert os.uname().nodename not in name
        assert os.uname().nodename.encode() not in data


def test_an_absent_an_empty_and_an_existing_folder_open(tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    for name in ("empty", "a/b/absent", "empty"):
        store = Store.open_or_create(tmp_path / name)
        assert files_of(store.root)["version"] == b"1\n"
    assert pickle.loads(pickle.dumps(store)).put_bytes(DATA) == DIGEST
    assert store == Store.open_or_create(tmp_path / "empty")


def test_a_folder_whose_making_was_cut_off_becomes_a_store(tmp_path: Path) -> None:
    (tmp_path / ".version-0123").write_bytes(b"")
    assert Store.open_or_create(tmp_path).put_bytes(DATA) == DIGEST


def test_a_relative_root_survives_a_change_of_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    store = Store.open_or_create("store")
    (tmp_path / "other").mkdir()
    monkeypatch.chdir(tmp_path / "other")
    assert store.get_bytes(store.put_bytes(DATA)) == DATA
    assert list((tmp_path / "other").iterdir()) == []


NOT_STORES: list[tuple[str, bytes, type[StoreError], str]] = [
    (
        "notes.txt",
        b"hi",
        NotAStore,
        "{root!r} holds files but no store\n  help: name an empty or a new folder for the store",
    ),
    (
        "version",
        b"beta",
        NotAStore,
        "{root!r} is no store: its 'version' file holds no number\n  help: name an empty or a new folder for the store",
    ),
    (
        "version",
        b"2\n",
        StoreTooNew,
        (
            "the store {root!r} has format 2, and this stagelang reads up to 1\n"
            "  help: upgrade stagelang, or name another place for the store"
        ),
    ),
]


@pytest.mark.parametrize(("name", "text", "error", "message"), NOT_STORES)
def test_a_folder_that_holds_something_else_is_refused_and_left_alone(
    tmp_path: Path, name: str, text: bytes, error: type[StoreError], message: str
) -> None:
    (tmp_path / name).write_bytes(text)
    with pytest.raises(error) as caught:
        Store.open_or_create(tmp_path)
    assert str(caught.value) == message.format(root=str(tmp_path))
    assert files_of(tmp_path) == {name: text}


def test_a_file_is_no_store(tmp_path: Path) -> None:
    (tmp_path / "f").write_bytes(b"")
    with pytest.raises(NotAStore, match="is a file, not a store"):
        Store.open_or_create(tmp_path / "f")


def test_a_store_that_vanished_is_reported_and_does_not_come_back_half(store: Store) -> None:
    shutil.rmtree(store.root)
    with pytest.raises(StoreUnavailable, match="no such file or directory\n  help: check that it is there"):
        store.put_bytes(DATA)
    assert not store.root.exists()


def test_without_hard_links_the_first_receipt_still_stays(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    def no_links(_source: str, _target: str) -> None:
        raise OSError(errno.EPERM, "Operation not permitted")

    monkeypatch.setattr(os, "link", no_links)
    assert store.put_receipt(KEY, {"n": 1}) is None
    assert store.put_receipt(KEY, {"n": 2}) == {"n": 1}
    assert list(store.tmp.iterdir()) == []


def test_old_leftovers_are_swept_and_young_ones_stay(store: Store) -> None:
    assert store.sweep_tmp(0) == 0
    for name, age in (("new-old", 7200), ("new-young", 60)):
        path = store.tmp / name
        path.write_bytes(b"")
        os.utime(path, (time.time() - age, time.time() - age))
    assert store.sweep_tmp(3600) == 1
    assert [path.name for path in store.tmp.iterdir()] == ["new-young"]


def test_a_damaged_object_is_kept_for_as_long_as_a_new_leftover(store: Store) -> None:
    path = store.get_path(store.put_bytes(DATA))
    overwrite(path, b"no")
    os.utime(path, (0, 0))
    with pytest.raises(DamagedObject):
        store.get_path(DIGEST)
    assert store.sweep_tmp(3600) == 0
    assert len(list(store.tmp.iterdir())) == 1


def test_every_error_survives_the_way_between_processes() -> None:
    kinds = [
        kind for kind in vars(errors).values() if isinstance(kind, type) and issubclass(kind, StoreError)
    ]
    assert len(kinds) == 13
    for kind in kinds:
        made: StoreError = kind(DIGEST) if kind is MissingObject else kind(DIGEST, KEY)
        again = pickle.loads(pickle.dumps(made))
        assert (type(again), str(again), vars(again)) == (kind, str(made), vars(made))
