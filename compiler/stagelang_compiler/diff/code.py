"""Compares the code of two functions piece by piece: by what it does, not by the module that it lies in."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import NamedTuple, final

from attrs import define, evolve

from stagelang_compiler.diff.model import Reason
from stagelang_compiler.fingerprint.normalise import digest
from stagelang_compiler.fingerprint.reach import import_text
from stagelang_compiler.fingerprint.trees import Target
from stagelang_compiler.plan import Code, Plan


class Piece(NamedTuple):
    """A component: its kind, the module it lies in, its name there ("" for the module itself), and its digest."""

    kind: str
    module: str
    name: str
    digest: str

    @property
    def words(self) -> str:
        """Name it for a person: without its module where it has a name in it."""
        return f"{self.kind} {self.name or self.module}"


def pieces_of(code: Code) -> list[Piece]:
    """Split the names of a function's components."""
    found: list[Piece] = []
    for component in code.components:
        kind, _, place = component.name.partition(" ")
        module, _, name = place.partition(":")
        found.append(Piece(kind, module, name, component.digest))
    return found


@final
@define
class CodeComparison:
    """Compares functions of two plans; what both need of all code is worked out once, when first needed."""

    base: Plan
    head: Plan
    _own_imports: frozenset[str] | None = None

    def reasons(self, old: Code, new: Code) -> tuple[tuple[Reason, ...], bool]:
        """Say which pieces differ, and whether (where none do) the code only lies elsewhere."""
        if old.digest == new.digest:  # it covers all pieces and their names
            return (), False
        before, after = _only_in_first(pieces_of(old), pieces_of(new))
        if not before and not after:
            elsewhere = (old.module, old.qualname) != (new.module, new.qualname)
            return (() if elsewhere else (Reason(cause="code", what="the function itself"),)), elsewhere
        before, after = self._without_own_imports(before), self._without_own_imports(after)
        found = (*_of_one_name(before, after), *_elsewhere(before, after, old, new), *_left(before, after))
        return tuple(map(self._of_contract, found)), not found

    def _of_contract(self, reason: Reason) -> Reason:
        """Lay a class that differs at the door of the contract that it is, where what this promises differs."""
        name = reason.what.removeprefix("class ")
        old, new = self.base.contracts.get(name), self.head.contracts.get(name)
        differs = old is not None and new is not None and old.digest != new.digest
        if name == reason.what or not differs:
            return reason
        return evolve(reason, cause="contract", what=f"contract {name}")

    def _without_own_imports(self, pieces: list[Piece]) -> list[Piece]:
        """Leave out imports of the project's own modules: what they bring is a piece itself."""
        if not any(piece.kind == "import" for piece in pieces):
            return pieces
        if self._own_imports is None:
            self._own_imports = frozenset(_imports_of_own((self.base, self.head)))
        return [piece for piece in pieces if piece.kind != "import" or piece.digest not in self._own_imports]


def _only_in_first(old: Sequence[Piece], new: Sequence[Piece]) -> tuple[list[Piece], list[Piece]]:
    """Give what only the one has, and what only the other has; an import of one name and meaning may lie anywhere."""
    before, after = Counter(old), Counter(new)
    gone, come = list((before - after).elements()), list((after - before).elements())
    named = {(piece.module, piece.name) for piece in gone} & {(piece.module, piece.name) for piece in come}

    def kept(pieces: list[Piece], others: Iterable[Piece]) -> list[Piece]:
        there = {piece[2:] for piece in others if piece.kind == "import"}
        return [
            piece
            for piece in pieces
            if piece.kind != "import" or (piece.module, piece.name) in named or piece[2:] not in there
        ]

    return kept(gone, new), kept(come, old)


def _of_one_name(before: list[Piece], after: list[Piece]) -> Iterator[Reason]:
    """Take out the pieces that both have and that differ."""
    for old, _ in _paired(before, after, lambda piece: piece[:3]):
        yield Reason(cause="code", what=old.words)


def _elsewhere(before: list[Piece], after: list[Piece], old_code: Code, new_code: Code) -> Iterator[Reason]:
    """Take out the pieces that only moved, or were renamed, or did either and differ."""
    for _ in _paired(before, after, lambda piece: (piece.kind, piece.name, piece.digest)):
        continue
    itself = (f"{old_code.module}:{old_code.qualname}", f"{new_code.module}:{new_code.qualname}")
    for old, new in _paired(before, after, lambda piece: (piece.kind, piece.digest)):
        if old.name != new.name and (f"{old.module}:{old.name}", f"{new.module}:{new.name}") != itself:
            yield Reason(cause="code", what=old.kind, kind="renamed", old=old.name, new=new.name)
    for old, _ in _paired(before, after, lambda piece: (piece.kind, piece.name) if piece.name else piece):
        yield Reason(cause="code", what=old.words)


def _left(before: list[Piece], after: list[Piece]) -> Iterator[Reason]:
    for piece in before:
        yield Reason(cause="code", what=piece.words, kind="removed")
    for piece in after:
        yield Reason(cause="code", what=piece.words, kind="added")


def _paired(
    before: list[Piece], after: list[Piece], key: Callable[[Piece], object]
) -> list[tuple[Piece, Piece]]:
    """Take the pieces of equal keys out of both lists, in pairs."""
    waiting: defaultdict[object, list[Piece]] = defaultdict(list)
    for piece in reversed(before):
        waiting[key(piece)].append(piece)
    pairs = [(waiting[key(piece)].pop(), piece) for piece in after if waiting[key(piece)]]
    for old, new in pairs:
        before.remove(old)
        after.remove(new)
    return pairs


def _imports_of_own(plans: Iterable[Plan]) -> Iterator[str]:
    """Give the digests that importing the project's own modules, or names of theirs, has, however it is written."""
    pieces = {
        (piece.module, piece.name.partition(".")[0])
        for plan in plans
        for stage in plan.stages.values()
        for piece in pieces_of(stage.code)
    }
    modules = {outer for module, _ in pieces for outer in _outer(module)}
    for module in modules:
        parent, _, last = module.rpartition(".")
        pieces |= {(module, ""), (module, "*"), (parent, last)}
    for module, name in pieces:
        parts = module.split(".") if module else []
        yield _imported(module, name, 0)
        for level in range(1, len(parts) + 2):
            for start in range(len(parts) + 1):
                yield _imported(".".join(parts[start:]), name, level)


def _outer(module: str) -> list[str]:
    parts = module.split(".")
    return [".".join(parts[:end]) for end in range(1, len(parts) + 1)]


def _imported(module: str, name: str, level: int) -> str:
    return digest([import_text(Target(module=module, attribute=name, level=level))])
