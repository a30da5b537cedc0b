"""Writes a difference as sections of a comment: what changed first, long lists folded; whoever assembles them may leave some out."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from typing import final

from attrs import frozen

from stagelang_backends.lineage import palette
from stagelang_backends.lineage.drawing import Drawing
from stagelang_backends.lineage.mermaid import mermaid_text
from stagelang_backends.review.breaking import TITLE, breaking_section
from stagelang_backends.review.differences import headline_sign, row, sentence, shown
from stagelang_backends.review.escaping import code
from stagelang_backends.review.forecast import Forecast
from stagelang_backends.review.gathered import Review
from stagelang_backends.review.picture import diff_drawing
from stagelang_backends.review.structure import listed_groups
from stagelang_compiler.diff import (
    MARKS,
    Entry,
    Group,
    Name,
    PlanDiff,
    Words,
    asides,
    counted,
    moved_words,
)
from stagelang_runtime.judge import MetricDifference

LIMIT = 60_000
"""How many characters a comment may have; GitHub refuses one of more than 65,536."""
_MOST = 10
_LONGEST_FOLD = 200
_LONGEST_CELL = 160
_LONGEST_REASON = 600


@final
@frozen(kw_only=True)
class Section:
    """A part of a comment. Those of the highest `shed` are left out first; one of 0 never is.

    `text` is whole Markdown blocks that end with a line end; `title` names the section where it is left out.
    """

    title: str
    text: str
    shed: int


def review_sections(review: Review) -> tuple[Section, ...]:
    """Write all that is known of a change: the verdict, the metrics, what changed and why, what will run, a picture, details."""
    diff, differences = review.diff, review.differences or ()
    sections = [
        Section(title="change", text=_verdict(review), shed=0),
        Section(title=TITLE, text=breaking_section(review.findings), shed=1),
        Section(title="results", text="".join(_results(review)), shed=1),
        Section(title="what can differ", text="".join(_reached(review)), shed=3),
        *_structure(diff),
        Section(title="what will run", text="".join(_forecast(review.forecast)), shed=10),
        Section(title="picture", text=_picture(diff, differences), shed=12),
        Section(title="how metrics were judged", text="".join(_judged(diff, differences)), shed=15),
    ]
    if diff.upstream:
        title = f"{counted(len(diff.upstream), 'node')} downstream of these"
        sections.append(Section(title="downstream nodes", text=_folded(title, diff.upstream), shed=20))
    return tuple(section for section in sections if section.text)


def _structure(diff: PlanDiff) -> Iterator[Section]:
    for place, group in enumerate(listed_groups(diff)):
        shed = _SHED.get(group.title, 5 + place)
        yield Section(title=group.title, text="".join(_group(group)), shed=shed)


_SHED = {"stages": 2, "metrics": 2, "gates": 2, "contracts": 4, "settings": 5}


def _verdict(review: Review) -> str:
    """Say in the first line what the change does."""
    sign = headline_sign(review.diff, review.differences)
    said = _written(sentence(review.diff, review.differences))
    if sign is None:
        first = f"**{said[:1].upper()}{said[1:]}** in {code(review.diff.head.name)}\n"
    else:
        first = f"**{sign.mark} {sign.word}** {code(review.diff.head.name)}: {said}\n"
    return first + (f"\n{moved_words(review.diff)}.\n" if review.diff.moved else "")


def _results(review: Review) -> Iterator[str]:
    rows = [row(each) for each in shown(review.diff, review.differences or ())]
    if not rows:
        return
    yield "| metric | base | head | difference | 95 % interval | verdict |\n"
    yield "| --- | --: | --: | --: | :-: | --- |\n"
    for each in rows[:_LONGEST_FOLD]:
        name = _cell(each.name) + (f", {_cell(each.unit)}" if each.unit else "")
        cells = " | ".join(
            value or "–" for value in (each.base, each.head, each.difference, _unbroken(each.interval))
        )
        aside = f": {_in_cell(each.aside)}" if each.aside else ""
        yield f"| {name} | {cells} | **{_unbroken(f'{each.sign.mark} {each.sign.word}')}**{aside} |\n"
    if len(rows) > _LONGEST_FOLD:
        yield f"\nand {len(rows) - _LONGEST_FOLD} more metrics\n"


def _cell(text: str) -> str:
    """Write a table's cell; a bar would end it, even in a code span."""
    return code(text, _LONGEST_CELL).replace("|", "\\|")


def _unbroken(text: str) -> str:
    return text.replace(" ", "\N{NO-BREAK SPACE}")


def _in_cell(words: Words) -> str:
    return "".join(_cell(word.text) if isinstance(word, Name) else word for word in words)


def _judged(diff: PlanDiff, differences: Sequence[MetricDifference]) -> Iterator[str]:
    """Tell how verdicts came about, but for those whose reason stands in the table."""
    rows = [row(each) for each in shown(diff, differences)]
    told = [each for each in rows if each.reason and each.aside != (Name(each.reason),)][:_LONGEST_FOLD]
    if told:
        yield "<details><summary>How the metrics were judged</summary>\n\n"
        yield from (f"- {code(each.name)}: {code(each.reason, _LONGEST_REASON)}\n" for each in told)
        yield "\n</details>\n"


def _picture(diff: PlanDiff, differences: Sequence[MetricDifference]) -> str:
    """Draw what a change touches, and say below what the marks in the picture mean."""
    if diff.is_empty:
        return ""
    made = diff_drawing(diff, differences)
    if not made.drawing.boxes:
        return ""
    return (
        f"```mermaid\n{mermaid_text(made.drawing, made.groupings)}```\n\n{', '.join(_legend(made.drawing))}\n"
    )


def _legend(drawing: Drawing) -> Iterator[str]:
    there = {box.change for box in drawing.boxes}
    there |= {badge.change for box in drawing.boxes for badge in box.badges}
    for state, look in palette.CHANGES.items():
        if state in there:
            word = f"{look.word} by one of these" if state == "upstream" else look.word
            yield f"`{look.mark}` {word}" if look.mark else "no mark: unchanged"


def assembled(sections: Sequence[Section], limit: int = LIMIT) -> str:
    """Put sections together; where they are too long, leave whole ones out, the highest `shed` first, and say which."""
    # the last of those that matter least is the first to go
    going = sorted(
        (place for place, section in enumerate(sections) if section.shed),
        key=lambda place: (sections[place].shed, place),
    )
    left_out: set[int] = set()
    text = _joined(sections, left_out)
    while len(text) > limit and going:
        left_out.add(going.pop())
        text = _joined(sections, left_out)
    return text


def _joined(sections: Sequence[Section], left_out: Collection[int]) -> str:
    parts = [section.text for place, section in enumerate(sections) if place not in left_out]
    if left_out:
        titles = ", ".join(sections[place].title for place in sorted(left_out))
        parts.append(f"_Left out, since a comment has a limit: {titles}. `stagelang diff` shows them._\n")
    return "\n".join(parts)


def _reached(review: Review) -> Iterator[str]:
    """Name the metrics that can differ, where no table does, and the gates."""
    listed = () if shown(review.diff, review.differences or ()) else review.diff.metrics_reached
    for what, names in (("Metrics", listed), ("Gates", review.diff.gates_reached)):
        if names:
            yield f"- {what} that can differ: {_names(names)}\n"


def _group(group: Group) -> Iterator[str]:
    yield f"### {group.title.capitalize()}\n\n"
    shown = [_entry(entry) for entry in group.entries]
    yield from shown[:_MOST]
    if len(shown) > _MOST:
        rest = shown[_MOST:]
        yield f"\n<details><summary>{len(rest)} more</summary>\n\n"
        yield from rest[:_LONGEST_FOLD]
        if len(rest) > _LONGEST_FOLD:
            yield f"- and {len(rest) - _LONGEST_FOLD} more\n"
        yield "\n</details>\n"


def _entry(entry: Entry) -> str:
    mark = f"`{MARKS[entry.kind]}`"
    if not (entry.old or entry.new):
        return "".join(f"- {mark} {_written(words)}{_names(entry.nodes)}\n" for words in entry.said)
    behind = "; ".join(_written(words) for words in asides(entry))
    head = f"- {mark} **{code(entry.new or entry.old)}**{f' ({behind})' if behind else ''}\n"
    return head + "".join(f"  - {_written(words)}\n" for words in entry.said)


def _forecast(forecast: Forecast | None) -> Iterator[str]:
    if forecast is None:
        return
    words = forecast.words()
    yield f"{words[:1].upper()}{words[1:]}.\n"
    for names, word in ((forecast.will_run, "will run"), (forecast.would_fail, "would fail")):
        if names:
            yield "\n" + _folded(f"{counted(len(names), 'node')} {word}", names)


def _folded(title: str, names: Sequence[str]) -> str:
    """Fold a list away; its title is ours alone, since Markdown isn't read where it stands."""
    return f"<details><summary>{title}</summary>\n\n{_names(names, _LONGEST_FOLD)}\n\n</details>\n"


def _names(names: Sequence[str], most: int = _MOST) -> str:
    rest = len(names) - most
    return ", ".join(map(code, names[:most])) + (f" and {rest} more" if rest > 0 else "")


def _written(words: Words) -> str:
    return "".join(code(word.text) if isinstance(word, Name) else word for word in words)
