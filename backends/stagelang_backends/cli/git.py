"""What the command line asks of git: which commit a name means, and its files in a folder of their own for a while."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Generator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from types import FrameType
from typing import TYPE_CHECKING, final

from attrs import frozen

from stagelang_backends.cli.main import UsageError

if TYPE_CHECKING:
    from stagelang_compiler.diff import Kind

_KEPT_FROM_GIT = (
    "GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE", "GIT_PREFIX", "GIT_OBJECT_DIRECTORY", "GIT_COMMON_DIR",
    "GIT_ALTERNATE_OBJECT_DIRECTORIES", "GIT_NAMESPACE",
)  # fmt: skip
"""What a hook sets for its own repository: the one that the pipeline lies in is found from its folder."""
_INSTEAD = "or compare plans that 'stagelang plan --format json' wrote: stagelang diff base.json head.json"
_KINDS: Mapping[str, Kind] = {"A": "added", "D": "removed"}


class GitFailed(Exception):
    """git ended with an error: what it said last."""


@final
@frozen
class Repository:
    """A git repository's working tree."""

    top: Path

    @classmethod
    def around(cls, folder: Path) -> Repository:
        """Find the repository that a folder lies in. Raises UsageError."""
        if shutil.which("git") is None:
            raise UsageError(f"git isn't installed\n  help: install git, {_INSTEAD}")
        try:
            return cls(Path(_git(folder, "rev-parse", "--show-toplevel")))
        except GitFailed as error:
            if "dubious ownership" in str(error):
                raise UsageError(
                    f"git refuses to read the repository: {error}\n  help: do as git says"
                ) from None
            raise UsageError(
                f"{str(folder)!r} lies in no git working tree\n  help: run 'git init' and commit, {_INSTEAD}"
            ) from None

    def commit(self, name: str) -> str:
        """Give the commit that a revision means. Raises UsageError."""
        try:
            return self._ask("rev-parse", "--verify", "--quiet", "--end-of-options", f"{name}^{{commit}}")
        except GitFailed:
            raise UsageError(f"{self._unknown(name)}") from None

    def path_at(self, commit: str, path: str) -> str:
        """Give the path that a file had in a commit: its own, or the one it was renamed from; "" if it wasn't there."""
        if self._is_file(commit, path):
            return path
        renamed = self._ask(
            "diff", "--no-ext-diff", "--find-renames", "--diff-filter=R", "--name-status", "-z", commit
        )
        fields = renamed.split("\0")
        before = {new: old for old, new in zip(fields[1::3], fields[2::3], strict=False)}
        return before.get(path, "")

    def changed(self, base: str, head: str, folder: Path) -> dict[str, Kind]:
        """Give the files whose content differs between two commits, by their paths seen from a folder.

        Args:
            base: a commit.
            head: another, or "" for the working tree, in which files that git doesn't keep don't count.
            folder: a folder of the working tree.
        """
        words = ("diff", "--no-ext-diff", "--no-renames", "--name-status", "--no-relative", "-z", base)
        fields = self._ask(*words, *([head] if head else []), "--").split("\0")
        found: dict[str, Kind] = {
            name: _KINDS.get(status, "changed")
            for status, name in zip(fields[::2], fields[1::2], strict=False)
        }
        top, here = self.top.resolve(), folder.resolve()
        return {Path(os.path.relpath(top / name, here)).as_posix(): kind for name, kind in found.items()}

    def set_aside(self, commit: str) -> list[str]:
        """Say what of a commit isn't brought into its folder: submodules, and files that Git LFS keeps elsewhere."""
        notes: list[str] = []
        if self._is_file(commit, ".gitmodules"):
            notes.append("submodules are left empty")
        if self._is_file(commit, ".gitattributes"):
            attributes = self._ask("show", f"{commit}:.gitattributes")
            notes += ["files of Git LFS are left as pointers"] if "filter=lfs" in attributes else []
        return notes

    @contextmanager
    def files_of(self, commit: str) -> Generator[Path]:
        """Give a commit's files in a temporary folder, which is gone afterwards, come what may. Raises UsageError."""
        with (
            _ended_by_signals(),
            tempfile.TemporaryDirectory(prefix="stagelang-diff-", ignore_cleanup_errors=True) as made,
        ):
            folder = Path(made).resolve() / self.top.name
            try:
                try:
                    # a hook is somebody's program, and may well expect the main working tree
                    self._ask(
                        "-c",
                        f"core.hooksPath={os.devnull}",
                        *("worktree", "add", "--quiet", "--detach", "--force", str(folder), commit),
                    )
                except GitFailed as error:
                    raise UsageError(
                        f"git can't make a folder of {commit[:12]}: {error}\n  help: correct that, {_INSTEAD}"
                    ) from None
                yield folder
            finally:
                self._remove(folder)

    def _remove(self, folder: Path) -> None:
        """Remove a worktree and what git notes of it, whatever a second Ctrl-C says."""
        before = signal.signal(signal.SIGINT, signal.SIG_IGN) if _in_main_thread() else None
        try:
            with suppress(GitFailed):
                self._ask("worktree", "remove", "--force", "--force", str(folder))
            shutil.rmtree(folder, ignore_errors=True)
            with suppress(GitFailed):
                self._ask("worktree", "prune")
        finally:
            if before is not None:
                signal.signal(signal.SIGINT, before)

    def _is_file(self, commit: str, path: str) -> bool:
        try:
            return self._ask("cat-file", "-t", f"{commit}:{path}") == "blob"
        except GitFailed:
            return False

    def _unknown(self, name: str) -> str:
        if self._ask("rev-parse", "--is-shallow-repository") == "true":
            return (
                f"there is no revision {name!r} in this clone, which is a shallow one\n"
                "  help: fetch the history with 'git fetch --unshallow' (actions/checkout: fetch-depth: 0)"
            )
        from stagelang_compiler.diagnostics import did_you_mean

        known = self._ask("for-each-ref", "--format=%(refname:short)").split()
        elsewhere = [each for each in known if each.endswith(f"/{name}")]
        meant = elsewhere[0] if elsewhere else did_you_mean(name, known)
        action = (
            f"did you mean {meant!r}?" if meant else "name a branch, a tag or a commit ('git log --oneline')"
        )
        return f"there is no revision {name!r}\n  help: {action}"

    def _ask(self, *words: str) -> str:
        return _git(self.top, *words)


def environment() -> dict[str, str]:
    """Give the environment without what binds git to another repository."""
    return {name: value for name, value in os.environ.items() if name not in _KEPT_FROM_GIT}


def _git(folder: Path, *words: str) -> str:
    found = subprocess.run(
        ["git", "-C", os.fspath(folder), *words],
        capture_output=True,
        encoding="utf-8",
        errors="surrogateescape",
        env={**environment(), "GIT_LFS_SKIP_SMUDGE": "1", "GIT_TERMINAL_PROMPT": "0", "LC_ALL": "C"},
        stdin=subprocess.DEVNULL,
        check=False,
    )
    if found.returncode:
        raise GitFailed(_last_line(found.stderr))
    return found.stdout.removesuffix("\n")


def _last_line(text: str) -> str:
    lines: Sequence[str] = [line for line in text.splitlines() if line.strip()]
    said = next(
        (line for line in lines if line.startswith("fatal: ")), lines[-1] if lines else "it said nothing"
    )
    return said.removeprefix("fatal: ")


@contextmanager
def _ended_by_signals() -> Generator[None]:
    """Let SIGTERM and SIGHUP end the block as Ctrl-C does, so that what it made is removed."""

    def end(number: int, _: FrameType | None) -> None:
        raise SystemExit(128 + number)

    if not _in_main_thread():
        yield
        return
    before = {number: signal.signal(number, end) for number in (signal.SIGTERM, signal.SIGHUP)}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _in_main_thread() -> bool:
    import threading

    return threading.current_thread() is threading.main_thread()
