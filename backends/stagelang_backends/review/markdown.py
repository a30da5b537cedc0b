"""Writes a difference as sections of a comment: what changed first, long lists folded; whoever assembles them may leave some out."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import final

from attrs import frozen

from stagelang_backends.review.escaping import code
from stagelang_backends.review.forecast import Forecast
from stagelang_compiler.diff import (
    MARKS,
    Entry,
    Group,
    Name,
    PlanDiff,
    Words,
    asides,
    counted,
    groups_of,
    moved_words,
    summary,
)

LIMIT = 60_000
"""How many characters a comment may have; GitHub refuses one of more than 65,536."""
_MOST = 10
_LONGEST_FOLD = 200


@final
@frozen(kw_only=True)
class Section:
    """A part of a comment. Those of the highest `shed` are left out first; one of 0 never is.

    `text` is whole Markdown blocks that end with a line end; `title` names the section where it is left out.
    """

    title: str
    text: str
    shed: int


def structure_sections(diff: PlanDiff, forecast: Forecast | None = None) -> tuple[Section, ...]:
    """Write what changed between two plans, and what a run would do if that is known.

    Args:
        diff: the difference.
        forecast: what a dry run of the head said.
    """
    first = f"**{_summary(diff)}** in {code(diff.head.name)}\n"
    moved = f"\n{moved_words(diff)}.\n" if diff.moved else ""
    sections = [Section(title="summary", text=first + moved, shed=0)]
    reached = "".join(_reached(diff))
    if reached:
        sections.append(Section(title="what can differ", text=reached, shed=1))
    for place, group in enumerate(groups_of(diff)):
        sections.append(
            Section(title=group.title, text="".join(_group(group)), shed=_SHED.get(group.title, 2 + place))
        )
    if diff.upstream:
        title = f"{counted(len(diff.upstream), 'node')} downstream of these"
        sections.append(Section(title="downstream nodes", text=_folded(title, diff.upstream), shed=20))
    if forecast is not None:
        sections.append(Section(title="what will run", text="".join(_forecast(forecast)), shed=10))
    return tuple(sections)


_SHED = {"stages": 2, "metrics": 2, "gates": 2, "contracts": 3, "settings": 4}


def assembled(sections: Sequence[Section], limit: int = LIMIT) -> str:
    """Put sections together; where they are too long, leave whole ones out, the highest `shed` first, and say which."""
    kept = list(sections)
    left_out: list[Section] = []
    text = _joined(kept, left_out)
    while len(text) > limit and any(section.shed for section in kept):
        # the last of those that matter least
        least = max(range(len(kept)), key=lambda place: (kept[place].shed, place))
        left_out.insert(0, kept.pop(least))
        text = _joined(kept, left_out)
    return text


def _joined(kept: Iterable[Section], left_out: Sequence[Section]) -> str:
    parts = [section.text for section in kept]
    if left_out:
        titles = ", ".join(section.title for section in left_out)
        parts.append(f"_Left out, since a comment has a limit: {titles}. `stagelang diff` shows them._\n")
    return "\n".join(parts)


def _summary(diff: PlanDiff) -> str:
    said = summary(diff)
    return said[:1].upper() + said[1:]


def _reached(diff: PlanDiff) -> Iterator[str]:
    for what, names in (("Metrics", diff.metrics_reached), ("Gates", diff.gates_reached)):
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


def _forecast(forecast: Forecast) -> Iterator[str]:
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
