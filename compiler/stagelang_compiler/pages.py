"""Reads the page of each rule, `explain/SLnnn.md`: for `stagelang explain`, for the docs and for a test."""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import cache
from importlib.resources import files
from typing import final

from attrs import field, frozen

from stagelang_compiler.diagnostics import Rule, did_you_mean

_HEADING = re.compile(r"# (SL[0-9]{3}): ([a-z0-9-]+)")
_WHY, _EXAMPLE, _OUTPUT, _GOOD = "Why is this bad?", "Example", "Output", "Use instead"
_SECTIONS = [_WHY, _EXAMPLE, _OUTPUT, _GOOD]


class UnknownCodeError(LookupError):
    """No rule has this code."""


class PageError(ValueError):
    """A page doesn't keep to the layout."""


@final
@frozen(kw_only=True)
class Page:
    """A rule explained; `bad`, `output` and `good` are empty where no pipeline file can show the rule."""

    code: str
    name: str
    title: str
    """What the rule finds, in a sentence."""
    why: str
    bad: str
    """A whole pipeline file that breaks this rule and no other."""
    output: str
    """What `check` prints of it."""
    good: str
    """The same pipeline put right."""
    text: str = field(repr=False)
    """The page itself, in Markdown."""
    bad_settings: str = ""
    """The pyproject.toml beside the bad pipeline, where the rule depends on what the project asks for."""
    good_settings: str = ""
    """The same beside the good one."""


def codes() -> tuple[str, ...]:
    """Give the codes of all rules that have a page, in order."""
    names = (entry.name for entry in files("stagelang_compiler").joinpath("explain").iterdir())
    return tuple(sorted(name.removesuffix(".md") for name in names if name.endswith(".md")))


@cache
def page(code: str) -> Page:
    """Read the page of a rule; raise UnknownCodeError for a code without one."""
    known = codes()
    if code not in known:
        nearest = did_you_mean(code, known)
        hint = f"; did you mean '{nearest}'?" if nearest else f"; they go from '{known[0]}' to '{known[-1]}'"
        raise UnknownCodeError(f"no rule has the code '{code}'{hint}")
    return parse(files("stagelang_compiler").joinpath("explain", f"{code}.md").read_text(encoding="utf-8"))


def rule_index(rules: Iterable[Rule]) -> str:
    """Give a Markdown table of rules for the docs, ordered by code, each linked to its page beside it."""
    rows = ["| code | name | severity | finds |", "| --- | --- | --- | --- |"]
    for rule in sorted(rules, key=lambda rule: rule.code):
        severity = rule.severity.value + ("" if rule.waivable else ", can't be waived")
        summary = rule.summary.replace("|", r"\|")
        rows.append(f"| [{rule.code}]({rule.code}.md) | {rule.name} | {severity} | {summary} |")
    return "\n".join(rows) + "\n"


def parse(text: str) -> Page:
    """Parse a page; raise PageError where it departs from the layout."""
    (_, opening), *parts = _split(text)
    titles, sections = [title for title, _ in parts], dict(parts)
    heading, _, title = opening.partition("\n")
    named = _HEADING.fullmatch(heading)
    if named is None:
        raise PageError(f"a page starts with '# SLnnn: name-of-rule', not {heading!r}")
    code, name = named.groups()
    if titles not in (_SECTIONS, _SECTIONS[:1]):
        raise PageError(
            f"the sections of {code} are {_SECTIONS} in this order, or the first alone, not {titles}"
        )
    if not title.strip() or not sections[_WHY].strip():
        raise PageError(f"{code} lacks its sentence below the heading or its reason below '## {_WHY}'")
    bad, bad_settings = _example(code, sections, _EXAMPLE)
    good, good_settings = _example(code, sections, _GOOD)
    return Page(
        code=code,
        name=name,
        title=title.strip(),
        why=sections[_WHY].strip(),
        bad=bad,
        output=_block(code, sections, _OUTPUT, "text"),
        good=good,
        text=text,
        bad_settings=bad_settings,
        good_settings=good_settings,
    )


def with_output(text: str, output: str) -> str:
    """Give a page's text with another block under '## Output'."""
    before, after = text.split(f"\n## {_OUTPUT}\n\n```text\n")
    return f"{before}\n## {_OUTPUT}\n\n```text\n{output}{after[after.index('```') :]}"


def _example(code: str, sections: dict[str, str], section: str) -> tuple[str, str]:
    """Give a pipeline's file, and the pyproject.toml that may stand before it."""
    settings = re.match(r"\n```toml\n((?:(?!```).*\n)*)```\n", sections.get(section, ""))
    if settings is None:
        return _block(code, sections, section, "python"), ""
    below = {section: sections[section][settings.end() :]}
    return _block(code, below, section, "python"), settings[1]


def _block(code: str, sections: dict[str, str], section: str, language: str) -> str:
    """Give the inside of the one fenced block that is a section, or nothing if the section is missing."""
    if section not in sections:
        return ""
    fenced = re.fullmatch(rf"\n```{language}\n((?:(?!```).*\n)*)```\n*", sections[section])
    if fenced is None:
        raise PageError(
            f"'## {section}' of {code} is one block that opens with '```{language}', and nothing else"
        )
    return fenced[1]


def _split(text: str) -> list[tuple[str, str]]:
    """Split a page at its '## ' headings; the same inside a fenced block is a comment of the example."""
    parts: list[tuple[str, list[str]]] = [("", [])]
    fenced = False
    for line in text.splitlines(keepends=True):
        fenced ^= line.startswith("```")
        if line.startswith("## ") and not fenced:
            parts.append((line[3:].strip(), []))
        else:
            parts[-1][1].append(line)
    return [(title, "".join(lines)) for title, lines in parts]
