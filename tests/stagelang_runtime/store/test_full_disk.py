from __future__ import annotations

import errno
import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from stagelang_runtime.store import Store, StoreFull, sha256_bytes

KEY = sha256_bytes(b"key")


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """Give a folder on a file system of 512 KiB."""
    folder = tmp_path / "disk"
    folder.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=512k", "tmpfs", str(folder)]
    try:
        done = subprocess.run(mount, capture_output=True, check=False).returncode == 0
    except FileNotFoundError:
        done = False
    if not done:
        pytest.skip("only root may mount a small disk")
    yield folder
    subprocess.run(["umount", str(folder)], check=True)


def test_a_full_disk_is_reported_and_what_was_stored_stays(small_disk: Path) -> None:
    store = Store.open_or_create(small_disk / "store")
    # Five of 100 kB and a folder each fit, with less than a sixth left.
    stored = [store.put_bytes(bytes([i]) * 100_000) for i in range(5)]
    with pytest.raises(StoreFull) as caught:
        store.put_bytes(b"x" * 100_000)
    assert str(caught.value) == (
        f"no space left for the store {str(small_disk / 'store')!r}\n"
        "  help: free some space and run again: nothing stored is lost"
    )
    with pytest.raises(StoreFull):
        store.put_receipt(KEY, {"text": "x" * 200_000})
    assert list(store.tmp.iterdir()) == []
    assert [len(store.get_bytes(digest)) for digest in stored] == [100_000] * len(stored)
    assert store.get_receipt(KEY) is None
    store.get_path(stored[0]).unlink()
    assert store.get_bytes(store.put_bytes(b"\xff" * 100_000)) == b"\xff" * 100_000


@pytest.mark.parametrize("code", [errno.ENOSPC, errno.EDQUOT])
@pytest.mark.parametrize("call", ["write", "fsync", "replace", "link", "mkdir"])
def test_a_disk_that_is_full_at_any_call_is_reported_and_nothing_is_left_over(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, call: str, code: int
) -> None:
    store = Store.open_or_create(tmp_path / "store")
    assert list(store.tmp.iterdir()) == []
    source = tmp_path / "source"
    source.write_bytes(b"of a file")

    def full(*_: object) -> None:
        raise OSError(code, "No space left on device")

    failed = 0
    with monkeypatch.context() as patch:
        patch.setattr(os, call, full)
        for put in (
            lambda: store.put_bytes(b"bytes"),
            lambda: store.put_file(source),
            lambda: store.put_receipt(KEY, {}),
            lambda: store.link_id(KEY, KEY),
        ):
            try:
                put()
            except StoreFull:
                failed += 1
    assert failed >= 1
    assert list(store.tmp.iterdir()) == []
    store.put_bytes(b"bytes")
    store.put_file(source)
    store.put_receipt(KEY, {"n": 1})
    assert store.get_receipt(KEY) in ({"n": 1}, {})
