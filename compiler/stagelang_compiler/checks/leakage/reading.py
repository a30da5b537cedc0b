"""Says of events whether, and where, their stages compute across rows: by declaration, or by reading their bodies."""

from __future__ import annotations

from typing import final

from stagelang_compiler.checks.leakage.body import mixings
from stagelang_compiler.checks.leakage.body_source import Sources
from stagelang_compiler.checks.leakage.body_value import Mixing
from stagelang_compiler.checks.leakage.follow import Event
from stagelang_compiler.checks.leakage.roles import declared_role
from stagelang_compiler.checks.leakage.spelled import Spelling


@final
class Bodies:
    """The bodies of one graph's stages, each read when first asked for."""

    def __init__(self) -> None:
        self._sources = Sources()
        self._spelling = Spelling()
        self._known: dict[tuple[object, frozenset[str]], tuple[Mixing, ...]] = {}

    def mixings(self, event: Event) -> tuple[Mixing, ...]:
        """List where an event's stage computes across the rows that it read; empty if it treats each by itself."""
        stage = event.node.stage
        function: object = stage.function if stage is not None else None
        if stage is None or (not event.certain and event.node.kind == "command"):
            return ()
        parameters = frozenset(event.reads)
        if event.certain:
            role = declared_role(event.node)
            word = f'role="{role}"' if role else ""
            copies = role == "augment"
            place = stage.origin
            return (
                Mixing(
                    word=word,
                    file=place.file,
                    line=place.line,
                    parameters=parameters,
                    copies=copies,
                    mixes=not copies,
                ),
            )
        key = (function, parameters)
        if key not in self._known:
            self._known[key] = mixings(function, parameters, self._sources, self._spelling)
        return self._known[key]
