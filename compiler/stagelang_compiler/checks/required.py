"""SL4: what the project asks every declaration to say of itself: its owner, its name's form, its description, its version, its budget."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from fnmatch import fnmatchcase
from functools import cache
from typing import Any

from stagelang.contract import Column, Contract
from stagelang.governance import Budget
from stagelang.origin import Origin
from stagelang_compiler.checks.named_things import SINGULAR, Kind, Thing, things
from stagelang_compiler.diagnostics import Diagnostic, Place, Rule, Severity, did_you_mean
from stagelang_compiler.graph import Graph
from stagelang_compiler.lower.contracts import attribute_docs
from stagelang_compiler.parsed_files import Files
from stagelang_compiler.settings import Settings


def _rule(code: str, name: str, summary: str) -> Rule:
    return Rule(code=code, name=name, severity=Severity.ERROR, summary=summary)


MISSING_OWNER = _rule("SL406", "missing-owner", "nobody answers for something that the project wants owned")
UNLISTED_OWNER = _rule("SL407", "unlisted-owner", "an owner whom the project's list doesn't have")
OFF_PATTERN_NAME = _rule(
    "SL408", "off-pattern-name", "a name that isn't of the form that the project asks for"
)
MISSING_DESCRIPTION = _rule(
    "SL409", "missing-description", "nothing is said about something that the project wants described"
)
MISSING_VERSION = _rule(
    "SL410", "missing-version", "a contract without the version that the project asks for"
)
MISSING_BUDGET = _rule(
    "SL411", "missing-budget", "nothing says how long something may take that the project wants limited"
)

RULES = (
    MISSING_OWNER,
    UNLISTED_OWNER,
    OFF_PATTERN_NAME,
    MISSING_DESCRIPTION,
    MISSING_VERSION,
    MISSING_BUDGET,
)

_HOW_OWNED = {
    "pipelines": 'Pipeline(..., owner="...")',
    "sources": 'source(..., owner="...")',
    "stages": '@stage(owner="...")',
    "metrics": '@metric(..., owner="...")',
    "contracts": 'class {name}(Contract, owner="...")',
}
_HOW_NAMED = {
    "pipelines": "Pipeline({name!r}, ...)",
    "sources": "source(..., name={name!r})",
    "stages": "@stage(name={name!r}) or rename the function",
    "metrics": "@metric(..., name={name!r}) or rename the function",
    "contracts": "rename the class",
    "columns": "rename the column, in the data too",
}


def check_owners(graph: Graph, settings: Settings) -> Iterator[Diagnostic]:
    """Check that what has to be owned is, and by somebody whom the project knows."""
    required, allowed = settings.rules.require_owner, settings.rules.owners_allowed
    if not (required or allowed):
        return
    for thing in things(graph):
        if not thing.owner and thing.kind in required:
            yield _finding(
                MISSING_OWNER,
                thing,
                f"{thing.what} has no owner",
                settings.origin("require.owner"),
                help_=f"say who answers for it: {_HOW_OWNED[thing.kind].format(name=thing.name)}",
            )
        elif thing.owner and thing.kind != "columns":
            yield from _unlisted(thing.what, thing.owner, thing.subject, thing.origin, settings)
    for waiver in graph.pipeline.waivers:
        what = f"the waiver of {waiver.rule} for {waiver.where!r}"
        yield from _unlisted(what, waiver.owner, waiver.where, waiver.origin, settings)


def _unlisted(
    what: str, owner: str, subject: str, origin: Origin, settings: Settings
) -> Iterator[Diagnostic]:
    allowed = settings.rules.owners_allowed
    if not (allowed and owner.strip()) or any(fnmatchcase(owner, each) for each in allowed):
        return
    meant = did_you_mean(owner, allowed)
    yield Diagnostic(
        rule=UNLISTED_OWNER,
        message=f"{what} is owned by {owner!r}, whom the project doesn't list",
        places=(Place(origin), Place(settings.origin("owners.allowed"), "listed here")),
        subject=subject,
        expected=f"one of {', '.join(allowed)}",
        found=owner,
        help=f"did you mean {meant!r}?" if meant else "name one of them, or add it to the list",
    )


def check_name_forms(graph: Graph, settings: Settings) -> Iterator[Diagnostic]:
    """Check that names are of the form that the project asks for."""
    rules = settings.rules
    patterns: dict[Kind, str] = {
        "stages": rules.names_stages,
        "metrics": rules.names_metrics,
        "sources": rules.names_sources,
        "contracts": rules.names_contracts,
        "columns": rules.names_columns,
        "pipelines": rules.names_pipelines,
    }
    if not any(patterns.values()):
        return
    for thing in things(graph):
        pattern = patterns[thing.kind]
        if pattern and not _compiled(pattern).fullmatch(thing.name):
            other = next(
                (each for each in _respelled(thing.name) if _compiled(pattern).fullmatch(each)), None
            )
            way = _HOW_NAMED[thing.kind]
            named = (
                f"call it {other!r}: {way.format(name=other)}"
                if other
                else f"give it another name: {way.format(name='...')}"
            )
            yield _finding(
                OFF_PATTERN_NAME,
                thing,
                f"{thing.what} isn't named as the project names {thing.kind}",
                settings.origin(f"names.{thing.kind}"),
                expected=f"a name that matches {pattern!r}",
                found=thing.name,
                help_=named,
            )


@cache
def _compiled(pattern: str) -> re.Pattern[str]:
    return re.compile(pattern)


def _respelled(name: str) -> Iterator[str]:
    """Give the same words in the usual forms: snake_case, kebab-case, CamelCase, lower case."""
    words = re.findall(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|[0-9]+", name)
    lower = [word.lower() for word in words]
    yield "_".join(lower)
    yield "-".join(lower)
    yield "".join(word.capitalize() for word in lower)
    yield "".join(lower)


def check_descriptions(graph: Graph, settings: Settings) -> Iterator[Diagnostic]:
    """Check that what has to be described is."""
    required = settings.rules.require_description
    if not required:
        return
    files = Files()
    for thing in things(graph):
        if thing.kind in required and not _is_described(thing, files):
            how = (
                'write a docstring below it, or column(description="...")'
                if thing.kind == "columns"
                else f"say in a docstring what the {SINGULAR[thing.kind]} is"
            )
            yield _finding(
                MISSING_DESCRIPTION,
                thing,
                f"{thing.what} isn't described",
                settings.origin("require.description"),
                help_=how,
            )


def _is_described(thing: Thing, files: Files) -> bool:
    if thing.kind == "columns":
        contract: type[Contract] = thing.declared[0]
        column: Column[Any] = thing.declared[1]
        return bool(column.limits.description or attribute_docs(contract, files).get(column.name))
    if thing.kind == "contracts":
        return bool((thing.declared.__dict__.get("__doc__") or "").strip())
    function: Callable[..., Any] | None = getattr(thing.declared, "function", None)
    return function is None or bool((function.__doc__ or "").strip())


def check_versions(graph: Graph, settings: Settings) -> Iterator[Diagnostic]:
    """Check that contracts have a version where the project asks for one."""
    if "contracts" not in settings.rules.require_version:
        return
    for thing in things(graph):
        if thing.kind == "contracts" and not thing.declared.__version__:
            yield _finding(
                MISSING_VERSION,
                thing,
                f"{thing.what} has no version",
                settings.origin("require.version"),
                help_=f'number it: class {thing.name}(..., version="1")',
            )


def check_budgets_declared(graph: Graph, settings: Settings) -> Iterator[Diagnostic]:
    """Check that stages and pipelines say how long they may take where the project asks for it."""
    required = settings.rules.require_budget
    if not required:
        return
    for thing in things(graph):
        if thing.kind not in required:
            continue
        budget: Budget | None = (
            thing.declared.budget if thing.kind == "pipelines" else thing.declared.settings.budget
        )
        if budget is None or not budget.wall:
            how = (
                "Pipeline(..., budget=Budget(wall=...))"
                if thing.kind == "pipelines"
                else "@stage(budget=Budget(wall=...))"
            )
            yield _finding(
                MISSING_BUDGET,
                thing,
                f"{thing.what} declares no time that it may take",
                settings.origin("require.budget"),
                help_=f"declare one: {how}",
            )


def _finding(
    rule: Rule, thing: Thing, message: str, asked: Origin, *, help_: str, expected: str = "", found: str = ""
) -> Diagnostic:
    return Diagnostic(
        rule=rule,
        message=message,
        places=(Place(thing.origin), Place(asked, "asked for here")),
        subject=thing.subject,
        expected=expected,
        found=found,
        help=help_,
    )


CHECKS = (check_owners, check_name_forms, check_descriptions, check_versions, check_budgets_declared)
