"""What differs between two sides though no plan says so: the files that sources read, and the libraries that are installed."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import final

from attrs import field, frozen

from stagelang_compiler.diff.model import Change, Kind, Reason

_MOST_FILES = 3
_FILE, _LIBRARY, _PYTHON = "source file ", "distribution ", "python"


@final
@frozen(kw_only=True)
class Beside:
    """What is known of both sides beside their plans; what nobody looked at is taken to be the same.

    Args:
        files: the files that differ, by the source of the head that reads them: each one's path, and how.
        libraries: the version of each library that differs, in the base and in the head, one of them empty where it lacks it.
        users: the nodes of the head whose results depend on such a library.
    """

    files: Mapping[str, Mapping[str, Kind]] = field(factory=dict[str, Mapping[str, Kind]])
    libraries: Mapping[str, tuple[str, str]] = field(factory=dict[str, tuple[str, str]])
    users: frozenset[str] = frozenset()

    def reasons(self, source: str) -> tuple[Reason, ...]:
        """Say why a source differs; of many files, how many were added, removed and changed."""
        files = self.files.get(source, {})
        if len(files) > _MOST_FILES:
            counts = sorted(Counter(files.values()).items())
            return tuple(Reason(cause="data", what=f"{count:,} files", kind=kind) for kind, count in counts)
        return tuple(Reason(cause="data", what=f"file {name}", kind=kind) for name, kind in files.items())

    def changes(self) -> Iterator[Change]:
        """Give the libraries that differ, by name."""
        for name, (old, new) in sorted(self.libraries.items()):
            kind: Kind = "changed" if old and new else "added" if new else "removed"
            reason = Reason(cause="environment", what="version", kind=kind, old=old, new=new)
            yield Change(
                subject="library",
                kind=kind,
                old=name if old else "",
                new=name if new else "",
                reasons=(reason,),
            )


SAME = Beside()


def beside_receipts(
    before: Mapping[str, Mapping[str, str]], after: Mapping[str, Mapping[str, str]], sources: Sequence[str]
) -> Beside:
    """Compare what the results of both sides were made from: the components of the keys of nodes that both have, by name."""
    files: dict[str, dict[str, Kind]] = {}
    libraries: dict[str, tuple[str, str]] = {}
    users: set[str] = set()
    for node, new in after.items():
        old = before.get(node)
        if old is None:
            continue
        for name in dict.fromkeys((*old, *new)):
            was, now = old.get(name, ""), new.get(name, "")
            if was == now:
                continue
            kind: Kind = "changed" if was and now else "added" if now else "removed"
            if name.startswith(_FILE) and node in sources:
                files.setdefault(node, {})[name.removeprefix(_FILE)] = kind
            elif name == _PYTHON or name.startswith(_LIBRARY):
                libraries[name.removeprefix(_LIBRARY)] = (was, now)
                users.add(node)
    return Beside(files=files, libraries=libraries, users=frozenset(users))
