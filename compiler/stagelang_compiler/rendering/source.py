"""Reads the lines that findings point at, and names their files relative to the root."""

from __future__ import annotations

import linecache
from pathlib import Path
from typing import final

from attrs import Factory, evolve, field, frozen

from stagelang.origin import Origin
from stagelang_compiler.diagnostics import Diagnostic, Place


def _both_spellings(sources: Sources) -> tuple[Path, ...]:
    """Give the root as it was named and with its symbolic links followed; an origin may use either."""
    return (sources.root.absolute(), sources.root.resolve())


@final
@frozen
class Sources:
    """The source files of a project below `root`; an origin's file is absolute or relative to it."""

    root: Path
    _roots: tuple[Path, ...] = field(init=False, default=Factory(_both_spellings, takes_self=True))
    _shown: dict[str, str] = field(init=False, factory=dict[str, str])

    def line(self, origin: Origin) -> str | None:
        """Give the text of a line without its line end, or None if it is blank or can't be read."""
        name = origin.file
        if not _is_cell(name):
            name = str(self._roots[0] / name)
        return linecache.getline(name, origin.line).rstrip().expandtabs(4) or None

    def shown(self, origin: Origin) -> Origin:
        """Give the same place with a POSIX path below the root; of a file elsewhere only the name is left."""
        file = self._shown.get(origin.file)
        if file is None:
            root = next((root for root in self._roots if Path(origin.file).is_relative_to(root)), self.root)
            file = self._shown[origin.file] = origin.relative_to(root).file
        return Origin(file, origin.line)

    def named(self, place: Place) -> str:
        """Write where a place is, as a reader finds it: 'pipeline.py:7', or 'main:pipeline.py:7' of another revision."""
        shown = str(self.shown(place.origin))
        return f"{place.revision}:{shown}" if place.revision else shown

    def localised(self, finding: Diagnostic) -> Diagnostic:
        """Give the same finding with every place as it is shown."""
        return evolve(finding, places=tuple(evolve(p, origin=self.shown(p.origin)) for p in finding.places))


def _is_cell(name: str) -> bool:
    """Tell whether a name such as '<stdin>' stands for code that was typed in; linecache may know it."""
    return name.startswith("<") and name.endswith(">")


def visible(text: str) -> str:
    """Escape what a terminal or an XML parser acts on: control characters, line ends, direction marks."""
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in text)
