"""The settings that a project can make, each with its default, what it says, and how its value is read."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from typing import Any, final

from attrs import field, frozen

from stagelang_compiler.diagnostics import did_you_mean
from stagelang_compiler.quantities import seconds

_LIST: Any = list
_DICT: Any = dict
"""Any, so that what is in them is Any too, and not unknown."""


@final
class Unfit(Exception):
    """A value that a setting can't have: what was expected, which value isn't that, and what may have been meant.

    `way` leads to it, where it is inside of the setting's table.
    """

    def __init__(
        self, expected: str, found: object, meant: str | None = None, way: tuple[str, ...] = ()
    ) -> None:
        self.expected, self.found, self.meant, self.way = expected, found, meant, way
        super().__init__(expected)


@final
@frozen(kw_only=True)
class Rules:
    """What a project asks of its pipelines; the defaults ask nothing.

    A setting `require.owner` stands in `require_owner`. A list of kinds names what the setting holds for.
    """

    targets: tuple[str, ...] = ()
    unwaivable: tuple[str, ...] = ()
    require_owner: tuple[str, ...] = ()
    require_description: tuple[str, ...] = ()
    require_version: tuple[str, ...] = ()
    require_budget: tuple[str, ...] = ()
    owners_allowed: tuple[str, ...] = ()
    names_stages: str = ""
    names_metrics: str = ""
    names_sources: str = ""
    names_contracts: str = ""
    names_columns: str = ""
    names_pipelines: str = ""
    budget_wall: str = ""
    licences_allow: tuple[str, ...] = ()
    licences_known: Mapping[str, str] = field(factory=dict[str, str])


@final
@frozen(kw_only=True)
class Setting:
    """One setting: its key, what it says, an example of a value, and its reader, which raises `Unfit`."""

    key: str
    says: str
    example: str
    read: Callable[[Any], Any]

    @property
    def field(self) -> str:
        """The attribute of `Rules` that holds it."""
        return self.key.replace(".", "_")


def texts(value: Any) -> tuple[str, ...]:
    """Read a list of texts."""
    expected = "a list of texts"
    if not isinstance(value, _LIST):
        raise Unfit(expected, value)
    for each in value:
        if not isinstance(each, str) or not each.strip():
            raise Unfit(expected, each)
    return tuple(value)


def _kinds(*kinds: str) -> Callable[[Any], tuple[str, ...]]:
    def read(value: Any) -> tuple[str, ...]:
        return _among(texts(value), kinds)

    return read


def _among(words: Iterable[str], known: Iterable[str]) -> tuple[str, ...]:
    possible = tuple(known)
    given = tuple(words)
    for word in given:
        if word not in possible:
            raise Unfit(f"a list of {', '.join(map(repr, possible))}", word, did_you_mean(word, possible))
    return given


def _pattern(value: Any) -> str:
    expected = "a regular expression that the whole name matches"
    if not isinstance(value, str) or not value:
        raise Unfit(expected, value)
    try:
        re.compile(value)
    except re.error as error:
        raise Unfit(f"{expected}: {error}", value) from None
    return value


def _duration(value: Any) -> str:
    expected = "a duration such as '20s', '5min' or '1h30min'"
    if not isinstance(value, str):
        raise Unfit(expected, value)
    try:
        seconds(value)
    except ValueError:
        raise Unfit(expected, value) from None
    return value


def _rule_codes(value: Any) -> tuple[str, ...]:
    from stagelang_compiler.pages import codes

    return _among_codes(texts(value), codes())


def _among_codes(given: tuple[str, ...], known: tuple[str, ...]) -> tuple[str, ...]:
    for code in given:
        if code not in known:
            raise Unfit("a list of rules' codes, such as 'SL204'", code, did_you_mean(code, known))
    return given


def _licences(value: Any) -> tuple[str, ...]:
    return tuple(_licence(each) for each in texts(value))


def _licence(text: Any) -> str:
    from stagelang_compiler.licences.spdx import UnknownLicence, canonical, nearest

    expected = "identifiers of the SPDX list, such as 'MIT' or 'BSD-3-Clause'"
    if not isinstance(text, str):
        raise Unfit(expected, text)
    try:
        return canonical(text)
    except UnknownLicence:
        raise Unfit(expected, text, nearest(text)) from None


def _licences_known(value: Any) -> Mapping[str, str]:
    if not isinstance(value, _DICT):
        raise Unfit("a table of distributions and their licences, such as { scanlib = 'MIT' }", value)
    found: dict[str, str] = {}
    for name, text in value.items():
        try:
            found[re.sub(r"[-_.]+", "-", name).lower()] = _licence(text)
        except Unfit as error:
            raise Unfit(error.expected, error.found, error.meant, (name,)) from None
    return found


SETTINGS: tuple[Setting, ...] = (
    Setting(
        key="targets",
        says="what `check` always looks at too: the targets that the pipelines have to be expressible for",
        example='["gha"]',
        read=texts,
    ),
    Setting(
        key="unwaivable",
        says="rules that no pipeline of the project may waive, besides those that can't be waived anyway",
        example='["SL601"]',
        read=_rule_codes,
    ),
    Setting(
        key="require.owner",
        says="what must name its owner",
        example='["stages", "contracts", "metrics", "sources", "pipelines"]',
        read=_kinds("stages", "contracts", "metrics", "sources", "pipelines"),
    ),
    Setting(
        key="require.description",
        says="what must be described: by a docstring, or a column's `description`",
        example='["stages", "contracts", "metrics", "columns"]',
        read=_kinds("stages", "contracts", "metrics", "columns"),
    ),
    Setting(
        key="require.version",
        says="what must have a version; a metric always has one",
        example='["contracts"]',
        read=_kinds("contracts"),
    ),
    Setting(
        key="require.budget",
        says="what must declare how long it may take, `Budget(wall=...)`",
        example='["stages", "pipelines"]',
        read=_kinds("stages", "pipelines"),
    ),
    Setting(
        key="owners.allowed",
        says="the owners that there are, of waivers too; `*` stands for any letters",
        example='["vision", "team-*"]',
        read=texts,
    ),
    *(
        Setting(
            key=f"names.{kind}",
            says=f"a regular expression that the whole name of {what} must match",
            example=f"'{example}'",
            read=_pattern,
        )
        for kind, what, example in (
            ("stages", "a stage", "[a-z][a-z0-9_]*"),
            ("metrics", "a metric", "[a-z][a-z0-9_]*"),
            ("sources", "a source", "[a-z][a-z0-9_]*"),
            ("contracts", "a contract", "[A-Z][A-Za-z0-9]*"),
            ("columns", "a column", "[a-z][a-z0-9_]*"),
            ("pipelines", "a pipeline", "[a-z][a-z0-9-]*"),
        )
    ),
    Setting(
        key="budget.wall",
        says="how long any pipeline may take from end to end; a pipeline's own budget may only be smaller",
        example='"2h"',
        read=_duration,
    ),
    Setting(
        key="licences.allow",
        says="the licences that distributions may have which stages' code reaches, by SPDX identifier",
        example='["MIT", "BSD-3-Clause", "Apache-2.0"]',
        read=_licences,
    ),
    Setting(
        key="licences.known",
        says="the licence of a distribution whose own metadata doesn't say it, or says it wrong, once somebody has looked",
        example='{ scanlib = "MIT" }',
        read=_licences_known,
    ),
)
