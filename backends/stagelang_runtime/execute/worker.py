"""A worker process: carries out one node after another, told by JSON lines on stdin, answering by JSON lines on stdout.

Both are taken away from the user's code before any of it runs: it reads nothing from stdin,
and what it prints goes to files.
"""

from __future__ import annotations

import contextlib
import io
import json
import os
import queue
import signal
import sys
import threading
from pathlib import Path
from typing import Any, BinaryIO, final

from stagelang_compiler import plan_codec
from stagelang_runtime.execute.carry_out import carry_out
from stagelang_runtime.execute.failure import Failure, NodeFailed, raised, tail
from stagelang_runtime.execute.job import Job, LostInput
from stagelang_runtime.execute.loading import Loader
from stagelang_runtime.execute.work import Place
from stagelang_runtime.store import StoreError, attach_store

_TAIL_BYTES = 1 << 16


def main() -> None:
    """Serve until stdin ends."""
    requests, replies = _take_over_streams()
    lines: queue.SimpleQueue[bytes] = queue.SimpleQueue()
    idle = threading.Event()
    idle.set()
    threading.Thread(target=_listen, args=(requests, lines, idle), daemon=True).start()
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is the runner's to handle
    first = json.loads(lines.get())
    printed = _Printed(first["stdout"])
    place = _place(first)
    while True:
        line = lines.get()
        idle.clear()
        reply = _carry_out(place, json.loads(line), printed)
        replies.write(json.dumps(reply, separators=(",", ":")).encode() + b"\n")
        replies.flush()
        idle.set()


def _take_over_streams() -> tuple[BinaryIO, BinaryIO]:
    requests, replies = os.fdopen(os.dup(0), "rb"), os.fdopen(os.dup(1), "wb")
    nothing = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nothing, 0)
    os.close(nothing)
    os.dup2(2, 1)  # until the first message says where
    stdout: Any = sys.stdout
    if isinstance(stdout, io.TextIOWrapper):
        # The lines before a crash are kept, and those of a program stand where they belong.
        stdout.reconfigure(line_buffering=True)
    return requests, replies


def _listen(requests: BinaryIO, lines: queue.SimpleQueue[bytes], idle: threading.Event) -> None:
    """Hand over requests; when the runner is gone, end at once, with all programs that a node started."""
    for line in requests:
        lines.put(line)
    if not idle.is_set() and hasattr(os, "killpg"):
        os.killpg(os.getpgid(0), signal.SIGKILL)
    os._exit(0)


@final
class _Printed:
    """What the node that runs has printed; emptied before each."""

    def __init__(self, stdout: str) -> None:
        opened = os.open(stdout, os.O_RDWR | os.O_APPEND)
        os.dup2(opened, 1)
        os.close(opened)

    def clear(self) -> None:
        for stream in (1, 2):
            if os.fstat(stream).st_size:
                os.ftruncate(stream, 0)

    def tails(self) -> tuple[str, str]:
        for stream in (sys.stdout, sys.stderr):
            with contextlib.suppress(Exception):  # the user's code may have closed or replaced it
                stream.flush()
        return _tail(1), _tail(2)


def _tail(stream: int) -> str:
    size = os.fstat(stream).st_size
    if not size:
        return ""
    os.lseek(
        stream, max(0, size - _TAIL_BYTES), os.SEEK_SET
    )  # writers append, wherever this leaves the place
    return tail(os.read(stream, _TAIL_BYTES).decode("utf-8", "replace"))


def _place(first: dict[str, Any]) -> Place:
    plan = plan_codec.loads(Path(first["plan"]).read_text(encoding="utf-8"))
    root = Path(first["root"])
    sys.argv = [str(root / plan.spec)]
    return Place(
        plan=plan,
        root=root,
        store=attach_store(first["store"], first["cache"]),
        loader=Loader(root, plan.spec, plan.files),
        scratch=Path(first["scratch"]),
    )


def _carry_out(place: Place, request: dict[str, Any], printed: _Printed) -> dict[str, Any]:
    printed.clear()
    try:
        receipt = carry_out(place, Job.from_json(request), printed.tails)
    except LostInput as lost:
        return {"lost": [lost.artifact.node, lost.artifact.object]}
    except NodeFailed as failed:
        failure = failed.failure
    except StoreError as error:
        failure = Failure(kind="store", message=error.message, help=error.help)
    except BaseException as error:  # a fault of stagelang's own must name the node, not end the worker
        failure = _fault(error, place.root, request["node"])
    else:
        return {"receipt": receipt}
    stdout, stderr = printed.tails()
    return {"failure": {**failure.to_json(), "stdout": stdout, "stderr": stderr}}


def _fault(error: BaseException, root: Path, node: str) -> Failure:
    found = raised(error, root, f"carrying out {node!r}")
    return Failure(
        kind="internal",
        message=found.message,
        help="this is a fault of stagelang: please report it with the traceback that --trace shows",
        traceback=found.traceback,
    )


if __name__ == "__main__":
    main()
