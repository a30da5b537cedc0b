"""Renders findings for people: a message, code frames of the places it names, and what to do."""

from __future__ import annotations

import os
import unicodedata
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import TextIO

from stagelang.origin import Origin
from stagelang_compiler.diagnostics import Diagnostic, Place, Severity, finding_count
from stagelang_compiler.rendering.source import Sources, visible

Span = tuple[str, str]
"""A piece of text and its rich style; "" is the terminal's own."""

_LONGEST_LINE = 160
_GUTTER = "blue"
_STYLES = {Severity.ERROR: "bold red", Severity.WARNING: "bold yellow", Severity.NOTE: "bold cyan"}
_WAIVED = "dim"


def render_text(findings: Sequence[Diagnostic], sources: Sources, *, colour: bool) -> str:
    """Render findings in the order given, with a summary as the last paragraph."""
    lines: list[list[Span]] = []
    for finding in findings:
        lines += [*_finding(finding, sources), []]
    lines += [[(line, "")] for line in summary(findings)]
    return "".join(_paint(spans, colour) + "\n" for spans in lines)


def one_text(finding: Diagnostic, sources: Sources) -> str:
    """Render a single finding without colour and without a summary."""
    return "".join(_paint(spans, False) + "\n" for spans in _finding(finding, sources))


def summary(findings: Sequence[Diagnostic]) -> list[str]:
    """Say in a line how many findings stand and how many are waived, and in another how to learn more."""
    standing = [
        _number(count, severity.value) for severity, count in finding_count(findings).items() if count
    ]
    waived = sum(1 for finding in findings if finding.waived_by)
    head = f"found {', '.join(standing)}" if standing else "no findings"
    lines = [f"{head} ({waived} waived)" if waived else head]
    codes = {finding.rule.code for finding in findings}
    if codes:
        lines.append(f"to learn more: stagelang explain {codes.pop() if len(codes) == 1 else 'CODE'}")
    return lines


def wants_colour(stream: TextIO, environment: Mapping[str, str] = os.environ) -> bool:
    """Tell whether a stream is a terminal whose user has not refused colour (https://no-color.org)."""
    return stream.isatty() and not environment.get("NO_COLOR") and environment.get("TERM") != "dumb"


def _number(count: int, what: str) -> str:
    return f"{count} {what}" if count == 1 else f"{count} {what}s"


def _finding(finding: Diagnostic, sources: Sources) -> Iterator[list[Span]]:
    if finding.rule.severity is Severity.NOTE and not finding.waived_by:
        where = visible(str(sources.shown(finding.places[0].origin)))
        yield [*_head(finding), (f" ({where})", "")]  # a note asks for nothing, so it takes one line
        return
    yield _head(finding)
    places = finding.places[:1] if finding.waived_by else finding.places
    width = _gutter_width(places)
    if finding.waived_by:
        yield _arrow("-->", places[0], sources, width)
        yield _note("waived by", finding.waived_by, width)
        return
    framed: set[Origin] = set()
    for number, place in enumerate(places):
        primary = number == 0
        yield _arrow("-->" if primary else ":::", place, sources, width)
        line = None if place.revision else sources.line(place.origin)
        if line is not None and place.origin not in framed:
            framed.add(place.origin)
            caret = _STYLES[finding.rule.severity] if primary else ""
            yield from _frame(place.origin.line, line, width, caret)
    yield from (_note(name, text, width) for name, text in finding.remarks())


def _head(finding: Diagnostic) -> list[Span]:
    rule = finding.rule
    word, style = ("waived", _WAIVED) if finding.waived_by else (rule.severity.value, _STYLES[rule.severity])
    return [
        (f"{word}[{rule.code}]", style),
        (f": {visible(finding.message)}", "" if finding.waived_by else "bold"),
    ]


def _gutter_width(places: Iterable[Place]) -> int:
    return max(2, *(len(str(place.origin.line)) for place in places))


def _arrow(arrow: str, place: Place, sources: Sources, width: int) -> list[Span]:
    label = f": {visible(place.text)}" if place.text else ""
    return [(" " * width + arrow, _GUTTER), (f" {visible(sources.named(place))}{label}", "")]


def _frame(number: int, line: str, width: int, caret: str) -> Iterator[list[Span]]:
    """Give a line of source between empty gutter lines, with carets below it if a style for them is given."""
    shown = visible(line)
    if len(shown) > _LONGEST_LINE:
        shown = shown[: _LONGEST_LINE - 1] + "…"
    empty: list[Span] = [(" " * width + " |", _GUTTER)]
    yield empty
    yield [(f"{number:>{width}} |", _GUTTER), (f" {shown}", "")]
    if caret:
        text = shown.lstrip(" ")
        yield [*empty, (" " * (len(shown) - len(text) + 1), ""), ("^" * _columns(text), caret)]
    yield empty


def _columns(text: str) -> int:
    """Count the terminal columns of a text: two of a wide letter, none of one that is put onto another."""
    return sum(0 if unicodedata.combining(c) else 1 + (unicodedata.east_asian_width(c) in "WF") for c in text)


def _note(name: str, text: str, width: int) -> list[Span]:
    return [(" " * width, ""), (f"{name}:", "bold"), (f" {visible(text)}", "")]


def _paint(spans: Iterable[Span], colour: bool) -> str:
    if not colour:
        return "".join(text for text, _ in spans)
    from rich.color import ColorSystem
    from rich.style import Style

    return "".join(
        Style.parse(style).render(text, color_system=ColorSystem.STANDARD) for text, style in spans
    )
