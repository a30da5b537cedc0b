"""Writes a drawing as DOT, the language of graphviz."""

from __future__ import annotations

import html
import re
from collections.abc import Iterator, Mapping

from stagelang_backends.lineage import palette
from stagelang_backends.lineage.boxes import drawing_of
from stagelang_backends.lineage.collapse import folded
from stagelang_backends.lineage.drawing import Arrow, Badge, Box, Drawing
from stagelang_compiler.plan import Contract, Plan
from stagelang_compiler.plan_text import column_words

FONT = "Arial"
"""One name only: graphviz measures a list of fonts as if it were Times."""
LONGEST = 46
"""Texts in a box are shortened to so many characters; the whole text is in the page and in the plan."""


def dot_of(plan: Plan, *, contracts: bool = False) -> str:
    """Draw a plan as DOT, its scopes collapsed where there are too many nodes to see."""
    return dot_text(folded(drawing_of(plan)), plan.contracts if contracts else {})


def dot_text(
    drawing: Drawing, contracts: Mapping[str, Contract] | None = None, *, headed: bool = True
) -> str:
    """Write a drawing as DOT; boxes list the columns of those contracts that are given, `headed` puts its name on top."""
    return "\n".join(_lines(drawing, contracts or {}, headed)) + "\n"


def _lines(drawing: Drawing, contracts: Mapping[str, Contract], headed: bool) -> Iterator[str]:
    yield f"digraph {quoted(drawing.name)} {{"
    yield f"  graph [{_heading(drawing) if headed else ''}{_GRAPH}]"
    yield f'  node [fontname="{FONT}" fontsize=12 margin="0.11,0.06" penwidth=1.2]'
    yield f'  edge [fontname="{FONT}" fontsize=9 fontcolor="{palette.QUIET}" color="{palette.LINE}" arrowsize=0.7 penwidth=1.2]'
    ids = {box.key: f"n{number}" for number, box in enumerate(drawing.boxes, 1)}
    yield from _scopes(drawing, ids, contracts)
    for number, arrow in enumerate(drawing.arrows, 1):
        yield f"  {quoted(arrow.tail)} -> {quoted(arrow.head)} [{_arrow(arrow, f'e{number}')}]"
    yield "}"


def _heading(drawing: Drawing) -> str:
    label = (
        f'<font point-size="15"><b>{escaped(drawing.name)}</b></font>'
        f'<font point-size="10" color="{palette.QUIET}">   {escaped(drawing.note)}</font>'
    )
    return f"label=<{label}> labelloc=t labeljust=l "


_GRAPH = (
    f'fontname="{FONT}" fontcolor="{palette.TEXT}" bgcolor="{palette.PAPER}" '
    "rankdir=TB nodesep=0.3 ranksep=0.42 pad=0.2"
)


def _scopes(drawing: Drawing, ids: Mapping[str, str], contracts: Mapping[str, Contract]) -> Iterator[str]:
    """Write the boxes, those of a scope within its cluster, and clusters within clusters."""
    inside: dict[str, list[Box]] = {"": []}
    for box in drawing.boxes:
        for outer in _with_outer(box.scope):
            inside.setdefault(outer, [])
        inside[box.scope].append(box)
    opened: list[str] = []
    for number, scope in enumerate(sorted(inside, key=lambda each: each.split("/"))):
        while opened and not scope.startswith(f"{opened[-1]}/"):
            yield f"{'  ' * len(opened)}}}"
            opened.pop()
        if scope:
            indent = "  " * (len(opened) + 1)
            yield f"{indent}subgraph {quoted(f'cluster_{scope}')} {{"
            opened.append(scope)
            yield f"{indent}  graph [{_cluster(scope, number)}]"
        indent = "  " * (len(opened) + 1)
        for box in inside[scope]:
            emphasis = f' penwidth=2.6 color="{palette.FOCUS}"' if box.key == drawing.focus else _outline(box)
            listed = [contracts[name] for name in box.contracts if name in contracts]
            yield f"{indent}{quoted(box.key)} [id={ids[box.key]} {_style(box, bool(listed))}{emphasis} label=<{_label(box, listed)}>]"
    while opened:
        yield f"{'  ' * len(opened)}}}"
        opened.pop()


def _with_outer(scope: str) -> Iterator[str]:
    while scope:
        yield scope
        scope = scope.rpartition("/")[0]


def _cluster(scope: str, number: int) -> str:
    name = scope.rpartition("/")[2]
    label = f'<font point-size="8">SCOPE</font>  <font point-size="11"><b>{escaped(name)}</b></font>'
    return (
        f'id=c{number} class=scope label=<{label}> labeljust=l labelloc=t fontcolor="{palette.QUIET}" '
        f'style="filled,rounded" fillcolor="{palette.SCOPE_FILL}" color="{palette.SCOPE_LINE}" margin=12'
    )


def _look(box: Box) -> palette.Look:
    return palette.LOOKS[box.kind]


def _outline(box: Box) -> str:
    if not box.change:
        return f' color="{_look(box).line}"'
    change = palette.CHANGES[box.change]
    return f' color="{change.line}" penwidth={change.width}'


def _style(box: Box, listed: bool) -> str:
    look = _look(box)
    shape = "box" if listed else look.shape  # no shape but a box holds a list well
    if not box.change:
        return f'class={box.kind} shape={shape} style="{look.style}" fillcolor="{look.fill}"'
    change = palette.CHANGES[box.change]
    dashes = ",dashed" if change.dashed and "dashed" not in look.style else ""
    return f'class={box.change} shape={shape} style="{look.style}{dashes}" fillcolor="{change.fill}"'


def _heading_of(box: Box) -> tuple[str, str]:
    """Give what stands over a box's title, and its colour."""
    said = box.heading.upper() + (f" · {_short(box.owner)}" if box.owner else "")
    if not box.change:
        return said, _look(box).ink
    change = palette.CHANGES[box.change]
    return f"{change.mark} {change.word.upper()} · {said}" if change.mark else said, change.ink


def _label(box: Box, listed: list[Contract]) -> str:
    heading, ink = _heading_of(box)
    chip = _chip(box.population)
    span = ' colspan="2"' if chip else ""
    rows = [
        f'<tr><td align="left">{_font(8, ink, heading)}</td>{chip}</tr>',
        _row(span, _font(12, palette.TEXT, box.title, bold=True)),
        *(_row(span, _font(9, palette.QUIET, each)) for each in box.details if each),
        *(_badge_row(each, span) for each in box.badges),
        *(row for contract in listed for row in _columns(contract, span)),
    ]
    return f'<table border="0" cellborder="0" cellspacing="0" cellpadding="1">{"".join(rows)}</table>'


def _row(span: str, content: str) -> str:
    return f'<tr><td align="left"{span}>{content}</td></tr>'


def _chip(population: str) -> str:
    stroke = palette.stroke_of(population)
    if stroke is None:
        return ""
    word = _font(7, stroke.ink, population.upper(), bold=True)
    return f'<td align="center" bgcolor="{stroke.fill}" style="rounded" cellpadding="2">{word}</td>'


def _badge_row(badge: Badge, span: str) -> str:
    sign = palette.SIGNS[badge.verdict]
    look = palette.CHANGES[badge.change] if badge.change else sign
    text = _font(9, look.ink, f"{sign.mark} {sign.word} {badge.text}".strip(), bold=True)
    return (
        f'<tr><td align="left"{span} bgcolor="{look.fill}" style="rounded" cellpadding="3">{text}</td></tr>'
    )


def _columns(contract: Contract, span: str) -> Iterator[str]:
    yield f'<tr><td{span} height="3"></td></tr><hr/><tr><td{span} height="3"></td></tr>'
    for column in contract.columns:
        words = " ".join((column.type, *column_words(column)))
        yield _row(span, f"{_font(9, palette.TEXT, column.name)}  {_font(9, palette.QUIET, words)}")


def _font(size: int, colour: str, text: str, *, bold: bool = False) -> str:
    shown = escaped(_short(text))
    return f'<font point-size="{size}" color="{colour}">{f"<b>{shown}</b>" if bold else shown}</font>'


def _short(text: str) -> str:
    return text if len(text) <= LONGEST else f"{text[: LONGEST - 1]}…"


def _arrow(arrow: Arrow, id_: str) -> str:
    if arrow.change:
        return f"id={id_} {_changed_arrow(arrow)}"
    stroke = palette.stroke_of(arrow.population)
    label = f" label=<&#160;{escaped(_short(arrow.label))}&#160;>" if arrow.label else ""
    if stroke is None:
        return f"id={id_}{label}"
    return (
        f'id={id_}{label} color="{stroke.line}" fontcolor="{stroke.ink}" style={stroke.style} '
        f"penwidth={stroke.width}"
    )


def _changed_arrow(arrow: Arrow) -> str:
    change = palette.CHANGES[arrow.change]
    label = f"label=<&#160;<b>{escaped(_short(arrow.label))}</b>&#160;> " if arrow.label else ""
    return (
        f'{label}color="{change.line}" fontcolor="{change.ink}" '
        f"style={'dashed' if change.dashed else 'solid'} penwidth={change.width}"
    )


def quoted(text: str) -> str:
    """Write a name for DOT; graphviz would pass its entities on to the SVG, and what a name can't hold is written as its code."""
    return '"' + visible(text).replace("\\", "\\\\").replace('"', '\\"').replace("&", "&amp;") + '"'


def escaped(text: str) -> str:
    """Write a text for an HTML-like label, where graphviz takes backslashes for escapes, and 2.43 trips over a bare `]`."""
    return html.escape(visible(text)).replace("\\", "\\\\").replace("]", "&#93;")


def visible(text: str) -> str:
    """Write what no XML can hold as its code."""
    return re.sub(
        r"[\x00-\x1f\x7f-\x9f\u2028\u2029\ufffe\uffff\ud800-\udfff]",
        lambda found: f"\\u{ord(found[0]):04x}",
        text,
    )
