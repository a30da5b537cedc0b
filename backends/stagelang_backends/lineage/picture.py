"""Lays a drawing out as SVG with graphviz: the one from PyPI if it is installed, else the system's."""

from __future__ import annotations

import html
import re
import shutil
import subprocess
from collections import Counter
from collections.abc import Mapping
from importlib.metadata import PackageNotFoundError, files
from pathlib import Path
from typing import Any

from stagelang.errors import StagelangError
from stagelang_backends.lineage import palette
from stagelang_backends.lineage.boxes import drawing_of
from stagelang_backends.lineage.collapse import folded
from stagelang_backends.lineage.dot import FONT, dot_text, visible
from stagelang_backends.lineage.drawing import Drawing, counted
from stagelang_compiler.plan import Contract, Plan

FONTS = "Arial, Helvetica, 'Liberation Sans', sans-serif"


class NoRenderer(StagelangError):
    """Neither graphviz-pure nor a system graphviz can be started."""


def svg_of(plan: Plan, *, contracts: bool = False, outcome: Mapping[str, Any] | None = None) -> str:
    """Draw a plan as SVG, its scopes collapsed where there are too many nodes to see.

    Args:
        plan: what to draw.
        contracts: list each table's columns in the box that makes it.
        outcome: the record of the plan's last run, whose verdicts then stand on the gates.

    Raises:
        NoRenderer: there is no graphviz.
    """
    return svg_text(folded(drawing_of(plan, outcome)), plan.contracts if contracts else {})


def svg_text(
    drawing: Drawing,
    contracts: Mapping[str, Contract] | None = None,
    *,
    headed: bool = True,
    prefix: str = "",
) -> str:
    """Draw a drawing as SVG with a title and a description, no external reference, and colours for light and dark.

    `headed` writes the pipeline's name above the picture.

    Elements of boxes have the ids `n1`, `n2`, … and those of arrows `e1`, `e2`, … in the drawing's order, after `prefix`.
    """
    graph = laid_out(dot_text(drawing, contracts, headed=headed))
    start = graph.index("<svg ")
    head_end = graph.index(">", start) + 1
    size = _SIZE.search(graph[start:head_end])
    if size is None:
        raise NoRenderer("graphviz wrote an SVG without a size\n  help: install graphviz-pure")
    body = _compact(graph[head_end:], prefix)
    title, description = (
        html.escape(visible(text)) for text in (f"Pipeline {drawing.name}", _description(drawing))
    )
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" class="lineage" role="img" aria-labelledby="{prefix}title {prefix}desc" '
        f'width="{size["width"]}" height="{size["height"]}" viewBox="{size["box"]}" font-family="{FONTS}" fill="none" stroke-width="1.2">\n'
        f'<title id="{prefix}title">{title}</title>\n<desc id="{prefix}desc">{description}</desc>\n'
        f"<style>{STYLE}</style>\n{body}"
    )


_SIZE = re.compile(r'width="(?P<width>[^"]+)" height="(?P<height>[^"]+)"\s+viewBox="(?P<box>[^"]+)"')

_SWAPS = "".join(
    f'.lineage [{part}="{light}"]{{{part}:{dark}}}'
    for part in ("fill", "stroke")
    for light, dark in palette.DARK.items()
)
STYLE = f"@media (prefers-color-scheme: dark){{{_SWAPS}}}"
"""Graphviz writes colours as attributes, which any rule overrides: this one exchanges each for its dark counterpart."""


def _compact(body: str, prefix: str) -> str:
    """Leave out what every text repeats, and make the ids unique among several pictures in a page."""
    body = re.sub(r"<!--.*?-->\n", "", body, flags=re.DOTALL)
    body = body.replace(' xml:space="preserve"', "").replace(f' font-family="{FONT}"', "")
    for repeated in (' text-anchor="start"', ' fill="none"', ' stroke-width="1.2"', ' stroke="none"'):
        body = body.replace(repeated, "")
    body = re.sub(r'font-size="(\d+)\.00"', r'font-size="\1"', body)
    body = re.sub(r'(<g id="e\d+" class="edge">\n)<title>.*?</title>\n', r"\1", body)
    body = _COORDINATES.sub(lambda found: _FINE.sub(_tenths, found[0]), body)
    return re.sub(r'(<g id=")(?=[a-z]+\d+")', rf"\1{prefix}", body)


_COORDINATES = re.compile(r' (?:d|points|x|y|cx|cy|rx|ry)="[^"]*"')
_FINE = re.compile(r"\.(\d)\d*")


def _tenths(found: re.Match[str]) -> str:
    return "" if found[1] == "0" else f".{found[1]}"


def _description(drawing: Drawing) -> str:
    """Say in sentences what the picture shows, for those who can't see it."""
    counts = Counter(box.kind for box in drawing.boxes)
    what = ", ".join(counted(count, kind) for kind, count in counts.items())
    sources = [box.title for box in drawing.boxes if box.kind == "source"]
    gated = [
        f"{box.title} ({', '.join(badge.text for badge in box.badges)})"
        for box in drawing.boxes
        if box.badges and box.kind != "group"
    ]
    said = [f"{drawing.note}: {what}."]
    said += [f"Data comes from {', '.join(sources)}."] if sources else []
    said += [f"Gates stand on {', '.join(gated)}."] if gated else []
    return " ".join(said)


def laid_out(dot: str) -> str:
    """Have graphviz lay DOT out as SVG.

    Raises:
        NoRenderer: there is no graphviz, or it fails.
    """
    program = renderer()
    if program is None:
        raise NoRenderer(
            "a picture needs graphviz, and none is installed\n  help: 'pip install graphviz-pure', or your system's graphviz"
        )
    done = subprocess.run([program, "-Tsvg"], input=dot.encode(), capture_output=True, check=False)
    if done.returncode != 0:
        raise NoRenderer(
            f"{Path(program).name} failed: {done.stderr.decode(errors='replace').strip()[-500:]}"
        )
    return done.stdout.decode()


def renderer() -> str | None:
    """Find graphviz: the program that the package graphviz-pure installed, else `dot` on the path."""
    try:
        installed = [Path(str(file.locate())) for file in files("graphviz-pure") or ()]
    except PackageNotFoundError:
        installed = []
    for path in installed:
        if path.stem == "graphviz-pure" and path.is_file():
            return str(path)
    return shutil.which("graphviz-pure") or shutil.which("dot")
