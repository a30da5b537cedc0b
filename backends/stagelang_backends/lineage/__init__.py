"""The lineage target: the pipeline as DOT, SVG, Mermaid and a page to explore."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import PurePosixPath
from typing import final

from attrs import frozen

from stagelang_backends.lineage.boxes import drawing_of
from stagelang_backends.lineage.collapse import folded
from stagelang_backends.lineage.dot import dot_text
from stagelang_backends.lineage.mermaid import mermaid_text
from stagelang_backends.lineage.page import html_of
from stagelang_backends.lineage.picture import svg_text
from stagelang_backends.protocol import EmitOptions
from stagelang_compiler.plan import Plan


@final
@frozen
class LineageBackend:
    """Emits `pipeline.dot`, `pipeline.svg`, `pipeline.mmd` and `pipeline.html`."""

    name: str = "lineage"
    summary: str = "pictures of the pipeline: DOT, SVG, Mermaid, and a page to explore"

    def emit(self, plan: Plan, options: EmitOptions) -> Mapping[PurePosixPath, str]:
        """Give the pictures; they hold no way to the pipeline's folder."""
        whole = drawing_of(plan)
        overview = folded(whole)
        return {
            PurePosixPath("pipeline.dot"): dot_text(overview),
            PurePosixPath("pipeline.svg"): svg_text(overview),
            PurePosixPath("pipeline.mmd"): mermaid_text(whole),
            PurePosixPath("pipeline.html"): html_of(plan, whole=whole, overview=overview),
        }


BACKEND = LineageBackend()
