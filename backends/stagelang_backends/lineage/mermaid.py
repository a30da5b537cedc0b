"""Writes a drawing as a Mermaid flowchart, small enough that every host of Mermaid draws it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from stagelang_backends.lineage import palette
from stagelang_backends.lineage.boxes import drawing_of
from stagelang_backends.lineage.collapse import Group, folded
from stagelang_backends.lineage.drawing import Arrow, Badge, Box, Drawing
from stagelang_compiler.plan import Plan

BOXES, ARROWS, CHARACTERS = 40, 60, 45_000
"""Beyond these a flowchart can't be read, and near 500 edges or 50,000 characters hosts refuse to draw it."""
LONGEST = 60
"""Texts in a box are shortened to so many characters."""


def mermaid_of(plan: Plan) -> str:
    """Draw a plan as a Mermaid flowchart, grouped until it is small enough to be drawn anywhere."""
    return mermaid_text(drawing_of(plan))


def mermaid_text(drawing: Drawing, first: Sequence[Mapping[str, Group]] = ()) -> str:
    """Write a drawing as a flowchart within the limits; what is too large is grouped, never cut, in the way of `first` if that helps."""
    boxes = BOXES
    text = _flowchart(folded(drawing, boxes=boxes, arrows=ARROWS, first=first))
    while len(text) > CHARACTERS and boxes > 1:
        boxes //= 2
        text = _flowchart(folded(drawing, boxes=boxes, arrows=ARROWS, first=first))
    return text


def _flowchart(drawing: Drawing) -> str:
    return "\n".join(_lines(drawing)) + "\n"


def _lines(drawing: Drawing) -> Iterator[str]:
    yield "flowchart TB"
    ids = {box.key: f"n{number}" for number, box in enumerate(drawing.boxes, 1)}
    yield from _scopes(drawing, ids)
    for arrow in drawing.arrows:
        yield f"  {ids[arrow.tail]} {_link(arrow)} {ids[arrow.head]}"
    yield from _arrow_styles(drawing)
    yield from _box_styles(drawing, ids)


def _scopes(drawing: Drawing, ids: Mapping[str, str]) -> Iterator[str]:
    """Write the boxes by scope; a scope within another is a subgraph of its own with the whole path for a title."""
    scopes: dict[str, list[Box]] = {"": []}
    for box in drawing.boxes:
        scopes.setdefault(box.scope, []).append(box)
    for number, (scope, boxes) in enumerate(scopes.items()):
        indent = "    " if scope else "  "
        if scope:
            yield f'  subgraph s{number}["{escaped(scope)}"]'
        yield from (f"{indent}{ids[box.key]}{_box(box)}" for box in boxes)
        if scope:
            yield "  end"
    if len(scopes) > 1:  # Mermaid's own colour for them is that of a warning
        yield f"  classDef scopeLook fill:none,stroke:{palette.LINE}"
        yield f"  class {','.join(f's{number}' for number, scope in enumerate(scopes) if scope)} scopeLook"


_SHAPES: Mapping[str, tuple[str, str]] = {
    "source": ("[(", ")]"),
    "split": ("{{", "}}"),
    "stage": ("[", "]"),
    "command": ("[[", "]]"),
    "metric": ("([", "])"),
    "expression": ("([", "])"),
    "group": ("[", "]"),
}


def _box(box: Box) -> str:
    before, after = _SHAPES[box.kind]
    if box.change:
        return f'{before}"{_line(box)}"{after}'
    heading = " · ".join(each for each in (box.heading, box.owner, box.population) if each)
    lines = [escaped(heading), f"<b>{escaped(box.title)}</b>"]
    lines += (escaped(each) for each in (*box.details, *map(_badge, box.badges)) if each)
    return f'{before}"{"<br/>".join(lines)}"{after}'


def _line(box: Box) -> str:
    """Write a box of a diff in one line, which its host wraps: its mark and name, what differs, and its gates."""
    mark = palette.CHANGES[box.change].mark
    name, details = (_group(box), box.details[1:]) if box.kind == "group" else (box.title, box.details)
    said = [*map(_whole, filter(None, details)), *map(_parts, box.badges)]
    return " · ".join((f"<b>{escaped(_whole(f'{mark} {name}'.strip()))}</b>", *map(escaped, said)))


def _group(box: Box) -> str:
    """Call a group by how many there are of what: 3 stages unchanged, 12 nodes in eu."""
    counted, (what, *more) = box.details[0], box.heading.split(" ")
    if what == "scope":
        return f"{counted} in {box.title}"
    return " ".join((counted, *more, box.title))


_UNBROKEN = 24
"""Hosts break the lines of a label; a text of so many characters fits into one."""


def _whole(text: str) -> str:
    return text.replace(" ", "\N{NO-BREAK SPACE}") if len(text) <= _UNBROKEN else text


def _parts(badge: Badge) -> str:
    """Write a badge so that it breaks between its verdict and its values, if at all."""
    sign = palette.SIGNS[badge.verdict]
    whole = _whole(_badge(badge))
    return whole if " " not in whole else f"{_whole(f'{sign.mark} {sign.word}'.strip())} {_whole(badge.text)}"


def _badge(badge: Badge) -> str:
    sign = palette.SIGNS[badge.verdict]
    return f"{sign.mark} {sign.word} {badge.text}".strip()


def _link(arrow: Arrow) -> str:
    if arrow.change:
        link = "-.->" if palette.CHANGES[arrow.change].dashed else "==>"
        return f'{link}|"{escaped(arrow.label)}"|' if arrow.label else link
    stroke = palette.stroke_of(arrow.population)
    link = "-->" if stroke is None else _LINKS[stroke.style] if float(stroke.width) < 2 else "==>"
    return f'{link}|"{escaped(arrow.label)}"|' if arrow.label else link


_LINKS: Mapping[str, str] = {"solid": "-->", "dashed": "-.->", "dotted": "-.->"}


def _arrow_styles(drawing: Drawing) -> Iterator[str]:
    strokes: dict[str, list[str]] = {}
    for number, arrow in enumerate(drawing.arrows):
        stroke = palette.stroke_of(arrow.population)
        if arrow.change:
            change = palette.CHANGES[arrow.change]
            line = f"stroke:{change.line},stroke-width:{change.width}px"
            strokes.setdefault(line, []).append(str(number))
        elif stroke:
            strokes.setdefault(f"stroke:{stroke.line}", []).append(str(number))
    for line, numbers in strokes.items():
        yield f"  linkStyle {','.join(numbers)} {line}"


def _box_styles(drawing: Drawing, ids: Mapping[str, str]) -> Iterator[str]:
    for kind, look in palette.LOOKS.items():
        there = [ids[box.key] for box in drawing.boxes if box.kind == kind and not box.change]
        if there:
            dashes = ",stroke-dasharray:4 3" if "dashed" in look.style else ""
            yield f"  classDef {kind}Look fill:{look.fill},stroke:{look.line},color:{palette.TEXT}{dashes}"
            yield f"  class {','.join(there)} {kind}Look"
    for name, change in palette.CHANGES.items():
        there = [ids[box.key] for box in drawing.boxes if box.change == name]
        if there:
            dashes = ",stroke-dasharray:4 3" if change.dashed else ""
            yield (
                f"  classDef {name}Look fill:{change.fill},stroke:{change.line},"
                f"stroke-width:{change.width}px,color:{palette.TEXT}{dashes}"
            )
            yield f"  class {','.join(there)} {name}Look"
    for tone, line in _TONES.items():
        there = [ids[box.key] for box in drawing.boxes if box.change and _tone(box) == tone]
        if there:
            yield f"  classDef {tone}Look stroke:{line},stroke-width:2.4px"
            yield f"  class {','.join(there)} {tone}Look"
    if drawing.focus in ids:
        yield f"  style {ids[drawing.focus]} stroke:{palette.FOCUS},stroke-width:3px"


_TONES: Mapping[str, str] = {
    "news": palette.CHANGES["changed"].line,
    "good": palette.CHANGES["added"].line,
    "bad": palette.CHANGES["removed"].line,
}


def _tone(box: Box) -> str:
    """Give what a diff's box says of its metrics: bad, which outdoes all, or good, or that a gate on it is another one."""
    tones = {palette.SIGNS[badge.verdict].tone for badge in box.badges if badge.verdict}
    news = ["news"] if any(badge.change for badge in box.badges) else []
    return next((tone for tone in ("bad", "good", *news) if tone in {*tones, *news}), "")


def escaped(text: str) -> str:
    """Write a text for a quoted label: letters, digits and a few harmless signs as they are, all else as its code."""
    shown = text if len(text) <= LONGEST else f"{text[: LONGEST - 1]}…"
    return "".join(
        each if each in _HARMLESS or (each.isalnum() and each.isprintable()) else f"#{ord(each)};"
        for each in shown
    )


_HARMLESS = frozenset(" \N{NO-BREAK SPACE}-_./,+=()·→↓≥≤≈≠−×…✓✗–")
"""No signs of Mermaid's or HTML's, and no colon: Mermaid takes some texts with `style` and a colon for a style."""
