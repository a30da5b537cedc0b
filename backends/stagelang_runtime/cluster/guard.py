"""Ends process groups whose keeper is gone, however it went: a stage must not outlive the worker that carries it out.

Run as a program of its own: it reads '+GROUP' and '-GROUP' lines, and at the end of its input kills each group that is left.
A stage may hold Python's lock for hours, so that no thread of its own could notice; and a program's children know no parent.
"""

import os
import signal
import subprocess
import sys
import threading


class Guard:
    """The keeper's end: tells a guarding process which groups there are."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._process = subprocess.Popen(
            [sys.executable, "-I", "-S", __file__],
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            start_new_session=True,
        )

    def watch(self, group: int) -> None:
        """Have a group killed when this process is gone."""
        self._tell(f"+{group}\n")

    def unwatch(self, group: int) -> None:
        """Forget a group that has ended; its number may soon be another's."""
        self._tell(f"-{group}\n")

    def close(self) -> None:
        """Kill the groups that are left, and end."""
        with self._lock:
            if self._process.stdin is not None and not self._process.stdin.closed:
                self._process.stdin.close()
        self._process.wait()

    def _tell(self, line: str) -> None:
        with self._lock:
            if self._process.stdin is not None and not self._process.stdin.closed:
                self._process.stdin.write(line.encode())
                self._process.stdin.flush()


def main() -> None:
    """Guard until the input ends."""
    for each in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(each, signal.SIG_IGN)  # the keeper's end is the end, and nothing else
    groups: set[int] = set()
    for line in sys.stdin:
        group = int(line[1:])
        if line[0] == "+":
            groups.add(group)
        else:
            groups.discard(group)
    for group in groups:
        try:
            os.killpg(group, signal.SIGKILL)
        except OSError:
            continue


if __name__ == "__main__":
    main()
