"""What a target can't express, and what can't be meant in its settings, as findings like all others."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

from stagelang_backends.cli.emitting import options_for, output_folder
from stagelang_backends.protocol import (
    Backend,
    CannotEmit,
    Configured,
    Inexpressible,
    UnknownTarget,
    WrongSettings,
    backend_names,
    find_backend,
)
from stagelang_compiler.checks import RULES
from stagelang_compiler.checks.settings_problems import WRONG_SETTING
from stagelang_compiler.checks.targets import INEXPRESSIBLE
from stagelang_compiler.diagnostics import Diagnostic, Place, did_you_mean
from stagelang_compiler.plan import Plan
from stagelang_compiler.settings import Settings

_RULES = {rule.code: rule for rule in RULES if rule.code.startswith("SL8")}


def target_check(spec: Path, chosen: Iterable[str]) -> Callable[[Plan, Settings], Iterator[Diagnostic]]:
    """Give a check whether targets can express a Plan: those that are chosen, and those that the project names."""
    wanted = tuple(chosen)

    def check_targets(plan: Plan, settings: Settings) -> Iterator[Diagnostic]:
        for name in dict.fromkeys((*wanted, *settings.rules.targets)):
            try:
                backend = find_backend(name)
            except UnknownTarget:
                continue  # said of the settings
            yield from refusals(backend, plan, spec, settings)

    return check_targets


def refusals(backend: Backend, plan: Plan, spec: Path, settings: Settings) -> Iterator[Diagnostic]:
    """Emit for a target, write nothing, and give what it can't express."""
    try:
        backend.emit(plan, options_for(backend, plan, spec, output_folder(backend, spec, None), settings))
    except CannotEmit as error:
        yield from (refusal(backend.name, problem, plan) for problem in error.problems)
    except WrongSettings as error:
        if not isinstance(backend, Configured):  # else it is found by itself
            yield wrong_setting(backend.name, error, settings)


def refusal(target: str, problem: Inexpressible, plan: Plan) -> Diagnostic:
    """Report what a target refuses."""
    return Diagnostic(
        rule=_RULES.get(problem.code, INEXPRESSIBLE),
        message=f"target {target!r}: {problem.message}",
        places=(Place(problem.origin or plan.origin),),
        subject=problem.subject or plan.name,
        help=problem.help,
    )


def check_tables(settings: Settings) -> Iterator[Diagnostic]:
    """Check the tables of all targets, each setting by itself and then all together, and that all targets there are that are named."""
    for name in settings.rules.targets:
        if name not in backend_names():
            meant = did_you_mean(name, backend_names())
            yield Diagnostic(
                rule=WRONG_SETTING,
                message=f"there is no target {name!r}",
                places=(Place(settings.origin("targets")),),
                subject="targets",
                expected=f"one of {', '.join(backend_names())}",
                help=f"did you mean {meant!r}?"
                if meant
                else "choose one, or install the package that brings it",
            )
    for target, table in settings.targets.items():
        backend = find_backend(target)
        if isinstance(backend, Configured):
            found = [each for part in table.items() for each in _wrong_part(backend, *part, settings)]
            yield from found or _wrong(backend, dict(table), settings)


def _wrong_part(backend: Configured, name: str, value: object, settings: Settings) -> Iterator[Diagnostic]:
    known = backend.settings({})
    if name in known:
        yield from _wrong(backend, {name: value}, settings)
        return
    meant = did_you_mean(name, known)
    yield Diagnostic(
        rule=WRONG_SETTING,
        message=f"[tool.stagelang.{backend.name}] has no setting {name!r}",
        places=(Place(settings.origin_in_target(backend.name, (name,))),),
        subject=f"{backend.name}.{name}",
        expected=", ".join(sorted(known)),
        help=f"did you mean {meant!r}?" if meant else "remove it; 'stagelang config' lists what may be said",
    )


def _wrong(backend: Configured, table: dict[str, object], settings: Settings) -> list[Diagnostic]:
    try:
        backend.settings(table)
    except WrongSettings as error:
        return [wrong_setting(backend.name, error, settings)]
    return []


def wrong_setting(target: str, error: WrongSettings, settings: Settings) -> Diagnostic:
    """Report what can't be meant in a target's table, where it was written."""
    message, _, action = str(error).partition("\n  help: ")
    return Diagnostic(
        rule=WRONG_SETTING,
        message=message,
        places=(Place(settings.origin_in_target(target, error.way)),),
        subject=".".join(map(str, (target, *error.way))),
        help=action or "correct it; 'stagelang config' lists what may be said",
    )
