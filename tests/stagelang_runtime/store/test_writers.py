from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from stagelang_runtime.store import Store, sha256_bytes

WRITERS = Path(__file__).with_name("writers.py")


def start(mode: str, root: Path, *rest: str) -> subprocess.Popen[str]:
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    command = [sys.executable, str(WRITERS), mode, str(root), *rest]
    return subprocess.Popen(
        command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )


def told(process: subprocess.Popen[str]) -> Any:
    out, err = process.communicate()
    assert process.returncode == 0, err
    return json.loads(out)


def test_a_writer_killed_at_any_line_leaves_a_whole_store_that_another_finishes() -> None:
    memory = Path("/dev/shm")
    with TemporaryDirectory(dir=memory if memory.is_dir() else None) as folder:
        killed_at = told(start("every-line", Path(folder)))
    assert killed_at == list(range(len(killed_at)))
    assert len(killed_at) > 200


def test_a_writer_killed_at_any_time_leaves_a_whole_store(tmp_path: Path) -> None:
    *kills, receipts = told(start("any-time", tmp_path / "store"))
    assert len(kills) == 40
    assert receipts > 0


def test_eight_writers_of_the_same_results_leave_one_of_each(tmp_path: Path) -> None:
    root = tmp_path / "store"
    begin = str(time.time() + 0.7)
    writers = {who: start(who, root, begin) for who in "ABCDEFGH"}
    answers = {who: told(process) for who, process in writers.items()}
    first = {i: who for who, answer in answers.items() for i, earlier in answer if earlier is None}
    wins = Counter(i for answer in answers.values() for i, earlier in answer if earlier is None)
    assert wins == dict.fromkeys(range(60), 1)
    for answer in answers.values():
        for i, earlier in answer:
            assert earlier in (None, first[i])
    store = Store.open_or_create(root)
    assert list(store.tmp.iterdir()) == []
    for i in range(60):
        receipt = store.receipt_for_id(sha256_bytes(f"id {i}".encode()))
        digest = sha256_bytes(f"the same for all {i}".encode())
        assert receipt == {"name": str(i), "object": digest, "by": first[i]}
        assert store.get_bytes(digest) == f"the same for all {i}".encode()


def test_eight_writers_that_find_a_damaged_receipt_replace_it(tmp_path: Path) -> None:
    store = Store.open_or_create(tmp_path)
    for i in range(60):
        name = sha256_bytes(f"key {i}".encode())[7:]
        path = tmp_path / "receipts" / name[:2] / f"{name}.json"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes((b"", b"{}", b"junk")[i % 3])
    begin = str(time.time() + 0.7)
    for process in [start(who, tmp_path, begin) for who in "ABCDEFGH"]:
        told(process)
    for i in range(60):
        receipt = store.receipt_for_id(sha256_bytes(f"id {i}".encode()))
        assert receipt is not None
        assert receipt["name"] == str(i)
