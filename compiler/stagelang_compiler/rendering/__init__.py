"""Renders findings in the format that is asked for."""

from __future__ import annotations

import linecache
from collections.abc import Iterable
from pathlib import Path
from typing import Literal, assert_never

from stagelang_compiler.diagnostics import Diagnostic, sort_key
from stagelang_compiler.rendering.source import Sources
from stagelang_compiler.rendering.text import render_text, wants_colour

__all__ = ["Format", "render", "wants_colour"]

Format = Literal["text", "json", "sarif", "github", "junit"]


def render(
    diagnostics: Iterable[Diagnostic],
    *,
    format: Format,
    root: Path,
    colour: bool = False,
) -> str:
    """Give all findings as one text that ends with a line end, ordered by file, line, code and message.

    Files are shown relative to `root`, and their lines are read below it; `colour` is for the format "text".
    """
    linecache.checkcache()
    sources = Sources(root)
    findings = sorted(diagnostics, key=lambda finding: sort_key(sources.localised(finding)))
    match format:
        case "text":
            return render_text(findings, sources, colour=colour)
        case "json":
            from stagelang_compiler.rendering.json_ import render_json

            return render_json(findings, sources)
        case "sarif":
            from stagelang_compiler.rendering.sarif import render_sarif

            return render_sarif(findings, sources)
        case "github":
            from stagelang_compiler.rendering.github import render_github

            return render_github(findings, sources)
        case "junit":
            from stagelang_compiler.rendering.junit import render_junit

            return render_junit(findings, sources)
        case _:
            assert_never(format)
