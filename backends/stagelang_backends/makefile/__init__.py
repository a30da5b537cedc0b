"""The make target: a Makefile that carries out what changed, needs no Python where nothing did, and keeps itself up to date."""

from __future__ import annotations

import textwrap
from collections.abc import Mapping
from pathlib import PurePosixPath
from typing import final

from attrs import frozen

from stagelang_backends.makefile.escaping import NotForMake, as_value
from stagelang_backends.makefile.rules import is_asked_each_time, note, rules, shadowed
from stagelang_backends.protocol import CannotEmit, EmitOptions, Engine, Inexpressible
from stagelang_backends.render import render
from stagelang_compiler.plan import Plan
from stagelang_compiler.plan_codec import dumps, text_digest

ENGINE = Engine(name="make", program="make", install="as root, apt-get install make")


@final
@frozen
class MakefileBackend:
    """Emits `Makefile` and `plan.json`."""

    name: str = "make"
    summary: str = "a Makefile: incremental, parallel with -j, and without Python where nothing changed"
    engine: Engine = ENGINE

    def emit(self, plan: Plan, options: EmitOptions) -> Mapping[PurePosixPath, str]:
        """Give the Makefile and the plan. Raises CannotEmit."""
        text = dumps(plan)
        names = [node.name for node in plan.nodes]
        hidden = shadowed(plan)
        makefile = render(
            "makefile/Makefile.j2",
            plan=plan,
            digest=text_digest(text),
            root=_value(plan, options.to_root),
            spec=_value(plan, options.to_root / plan.spec),
            variables=sorted({name for stage in plan.stages.values() for name in stage.env}),
            nodes=" \\\n".join(_lines(names)),
            shadowed=hidden,
            shadowed_notes=", ".join(map(note, hidden)),
            sample=next((name for name in reversed(names) if name not in hidden), "NODE"),
            expires=bool(plan.waivers),
            asked_each_time=is_asked_each_time(plan),
            rules="\n".join(rules(plan)),
        )
        return {PurePosixPath("Makefile"): makefile, PurePosixPath("plan.json"): text}


def _lines(names: list[str]) -> list[str]:
    return textwrap.wrap(
        " ".join(names), 100, initial_indent=" ", subsequent_indent=" ", break_long_words=False, break_on_hyphens=False
    )  # fmt: skip


def _value(plan: Plan, path: PurePosixPath) -> str:
    try:
        return as_value(path.as_posix())
    except NotForMake as error:
        problem = Inexpressible(
            code="SL810",
            subject=plan.name,
            message=f"a Makefile can't hold the path {str(path)!r} of the pipeline: {error}",
            help="rename the file or folder, or choose another output folder",
            origin=plan.origin,
        )
        raise CannotEmit((problem,)) from None


BACKEND = MakefileBackend()
