"""Writers that the tests kill, or start many of; run as a script, since a test process must not fork itself."""

from __future__ import annotations

import itertools
import json
import os
import random
import shutil
import signal
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from types import FrameType
from typing import Any

from stagelang_runtime.store import Store, sha256_bytes

OWN_FILES = ("atomic.py", "folder.py", "receipt_text.py")


def commit(store: Store, name: str, data: bytes, **more: object) -> dict[str, object] | None:
    """Store a result as the executor does: the object, then the receipt, then the id that leads to it."""
    digest = store.put_bytes(data)
    key = sha256_bytes(f"key {name}".encode())
    earlier = store.put_receipt(key, {"name": name, "object": digest, **more})
    store.link_id(sha256_bytes(f"id {name}".encode()), key)
    return earlier


def small_work(root: Path) -> None:
    """Take every way to write, from the making of the store on."""
    store = Store.open_or_create(root)
    commit(store, "first", b"of the first")
    (root / "tmp" / "made").write_bytes(b"made by a stage")
    store.put_file(root / "tmp" / "made")
    (root / "tmp" / "moved").write_bytes(b"moved by a stage")
    store.put_file(root / "tmp" / "moved", consume=True)
    commit(store, "second", b"of the second")
    store.withdraw_receipt(sha256_bytes(b"key second"))
    commit(store, "second", b"of the second")


def committed(root: Path) -> dict[str, bytes]:
    return {
        path.relative_to(root).as_posix(): path.read_bytes()
        for path in sorted(root.rglob("*"))
        if path.is_file() and path.parent.name != "tmp" and not path.name.startswith(".version")
    }


def check(root: Path) -> int:
    """Read everything: raise unless it is whole, and give the number of receipts."""
    store = Store.open_or_create(root)
    for path in root.glob("objects/*/*"):
        store.get_path(f"sha256:{path.name}")
    count = 0
    for key in store.receipt_keys():
        receipt = store.get_receipt(key)
        assert receipt is not None, f"receipt {key} is not whole"
        store.get_bytes(str(receipt["object"]))
        count += 1
    for path in root.glob("ids/*/*"):
        assert store.key_for_id(f"sha256:{path.name}") is not None, f"id {path.name} is not whole"
    return count


def kill_self_at(step: int) -> None:
    """Send SIGKILL to this process before it carries out its n-th line within the store."""
    steps = itertools.count()

    def trace(frame: FrameType, event: str, _: object) -> Any:
        if not frame.f_code.co_filename.endswith(OWN_FILES):
            return None
        if event == "line" and next(steps) == step:
            os.kill(os.getpid(), signal.SIGKILL)
        return trace

    sys.settrace(trace)


def killed_at_every_line(folder: Path) -> Iterator[int]:
    """Kill a writer at each line in turn; judge what it left; let another finish the work; compare with no kill."""
    # A kill loses nothing that the kernel has, so waiting for the disk would only cost time.
    os.fsync = lambda fd: None
    small_work(folder / "whole")
    expected = committed(folder / "whole")
    for step in itertools.count():
        root = folder / str(step)
        root.mkdir()
        child = os.fork()
        if child == 0:
            kill_self_at(step)
            small_work(root)
            os._exit(0)
        _, status = os.waitpid(child, 0)
        check(root)
        small_work(root)
        assert committed(root) == expected, f"killed at line {step}, then finished: another store"
        shutil.rmtree(root)
        if not os.WIFSIGNALED(status):
            return
        yield step


def write_without_end(root: Path, seed: int) -> None:
    store = Store.open_or_create(root)
    numbers = random.Random(seed)
    for i in itertools.count():
        commit(store, f"{seed}.{i}", numbers.randbytes(numbers.randrange(1, 1 << 20)))


def killed_at_any_time(root: Path) -> Iterator[int]:
    """Kill a writer of large objects from outside, 40 times, in one store."""
    numbers = random.Random(20261123)
    for seed in range(40):
        child = os.fork()
        if child == 0:
            write_without_end(root, seed)
        time.sleep(numbers.uniform(0.001, 0.02))
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)
        yield seed
    yield check(root)


def write_with_others(root: Path, who: str, start: float) -> Iterator[list[object]]:
    """Commit results that others commit at the same time; give what each receipt's writer was told."""
    time.sleep(max(0.0, start - time.time()))
    store = Store.open_or_create(root)
    for i in range(60):
        earlier = commit(store, str(i), f"the same for all {i}".encode(), by=who)
        yield [i, None if earlier is None else earlier["by"]]


if __name__ == "__main__":
    mode, place, *rest = sys.argv[1:]
    match mode:
        case "every-line":
            print(json.dumps(list(killed_at_every_line(Path(place)))))
        case "any-time":
            print(json.dumps(list(killed_at_any_time(Path(place)))))
        case _:
            print(json.dumps(list(write_with_others(Path(place), mode, float(rest[0])))))
