"""Compiles a spec for the commands that need its plan, and keeps the plan for the next of them."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from stagelang_compiler import plan_cache

if TYPE_CHECKING:
    from stagelang_compiler.compiler import Checked
    from stagelang_compiler.plan import Plan


def plans_folder(home: Path) -> Path:
    """Give the folder in which compiled plans are kept."""
    return home / "plans"


class Compiled(NamedTuple):
    """A plan, its digest, the files that it was compiled from, and the findings that are waived.

    A waived finding has its `code`, its `message`, its `place` and `by` whom it is waived, why and until when.
    """

    plan: Plan
    digest: str
    files: tuple[Path, ...]
    waived: tuple[Mapping[str, str], ...]


def compiled(spec: Path, pipeline: str, home: Path, *, notes: bool = False) -> tuple[Plan, str] | None:
    """Give a spec's plan and its digest, from what is kept if nothing changed; None where errors stand.

    Findings are printed to the standard error; notes among them only if they are asked for.
    """
    found = compiled_from(spec, pipeline, home, notes=notes)
    return None if found is None else (found.plan, found.digest)


def compiled_from(spec: Path, pipeline: str, home: Path, *, notes: bool = False) -> Compiled | None:
    """Do as `compiled`, and give the files that were compiled besides."""
    from stagelang_compiler.plan_codec import dumps, loads, text_digest

    kept = plan_cache.kept(spec, pipeline, plans_folder(home))
    if kept is not None:
        sys.stderr.write(kept["notes" if notes else "findings"])
        root = spec.absolute().parent
        read = tuple(root / each for each in kept["read"])
        return Compiled(loads(kept["text"]), kept["digest"], read, tuple(kept["waived"]))
    from stagelang_compiler.compiler import check_file
    from stagelang_compiler.rendering import wants_colour

    since = time.time_ns()
    result = check_file(spec, pipeline=pipeline)
    sys.stderr.write(_said(result, spec, notes=notes, colour=wants_colour(sys.stderr)))
    if result.plan is None:
        return None
    text = dumps(result.plan)
    plan, mark = result.plan, text_digest(text)
    read = tuple(sorted({*result.files, *(each for each in result.settings.files if each.is_file())}))
    waived = waived_findings(result, spec)
    if result.cacheable:
        told = {
            name: _said(result, spec, notes=name == "notes", colour=False) for name in ("findings", "notes")
        }
        root = spec.absolute().parent
        from_root = [os.path.relpath(each, root) for each in read]
        content = {
            "name": plan.name,
            "digest": mark,
            "text": text,
            "read": from_root,
            "waived": waived,
            **told,
        }
        plan_cache.keep(
            spec,
            pipeline,
            plans_folder(home),
            files=result.files,
            since=since,
            last_day=result.last_day.isoformat() if result.last_day else "",
            content=content,
            alone=result.settings.files,
        )
    return Compiled(plan, mark, read, waived)


def waived_findings(result: Checked, spec: Path) -> tuple[Mapping[str, str], ...]:
    """Give the waived findings as plain facts, for reports."""
    root = spec.absolute().parent
    return tuple(
        {
            "code": each.rule.code,
            "message": each.message,
            "place": str(each.places[0].origin.relative_to(root)),
            "by": each.waived_by,
        }
        for each in result.diagnostics
        if each.waived_by
    )


def _said(result: Checked, spec: Path, *, notes: bool, colour: bool) -> str:
    """Write the findings, with or without the notes; nothing where there are none."""
    from stagelang_compiler.diagnostics import Severity
    from stagelang_compiler.rendering import render

    wanted = [each for each in result.diagnostics if notes or each.rule.severity is not Severity.NOTE]
    return render(wanted, format="text", root=spec.absolute().parent, colour=colour) if wanted else ""
