"""Maps modules to the installed distributions that provide them, with what those require, and their versions."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterable
from functools import cache
from importlib.metadata import Distribution, PackageNotFoundError, distribution, distributions, version

# stagelang is left out: what it does to every stage alike is covered by the version of the key's format
_NEVER = frozenset(
    {"stagelang", "stagelang_compiler", "stagelang_runtime", "stagelang_backends", "", "__future__"}
)


def providers(modules: Iterable[str]) -> tuple[str, ...]:
    """Name the distributions that outermost packages come from, sorted; one that isn't installed stands for itself.

    Modules of the standard library come from none.
    """
    found: set[str] = set()
    for module in modules:
        if module not in _NEVER and module not in sys.stdlib_module_names:
            found.update(_providers(module))
    return tuple(sorted(found))


def requirements(names: Iterable[str]) -> tuple[str, ...]:
    """Name the given distributions and all installed ones that they require, directly or not; extras are left out."""
    found: set[str] = set()
    pending = [_normal(name) for name in names]
    while pending:
        name = pending.pop()
        if name not in found:
            found.add(name)
            pending += required(name)
    return tuple(sorted(found))


def versions(names: Iterable[str]) -> dict[str, str]:
    """Give the installed version of each distribution; one that isn't installed is left out."""
    found: dict[str, str] = {}
    for name in sorted(set(names)):
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            continue
    return found


@cache
def _providers(module: str) -> tuple[str, ...]:
    if f"\n{module}/__init__.py" in _record_of(module):
        return (_normal(module),)  # the usual case, without reading what all others install
    owners = [each for each, record in _records() if f"\n{module}/" in record or f"\n{module}." in record]
    names = {_normal(each.metadata["Name"]) for each in owners if each.metadata["Name"]}
    return tuple(sorted(names)) or (_normal(module),)


@cache
def _records() -> list[tuple[Distribution, str]]:
    """Read what every distribution installs; its metadata is read where it is asked for only, since that is slow."""
    return [(each, f"\n{_record(each)}") for each in distributions()]


def _record_of(name: str) -> str:
    try:
        return distribution(name).read_text("RECORD") or ""
    except PackageNotFoundError:
        return ""


def _record(installed: Distribution) -> str:
    tops = installed.read_text("top_level.txt")
    if tops:
        return "".join(f"{line.strip()}/\n" for line in tops.splitlines())
    return installed.read_text("RECORD") or ""


@cache
def required(name: str) -> tuple[str, ...]:
    """Name the installed distributions that one requires by itself; extras are left out."""
    try:
        lines = distribution(name).requires or []
    except PackageNotFoundError:
        return ()
    wanted = [
        _normal(re.split(r"[^\w.-]", line, maxsplit=1)[0])
        for line in lines
        if not re.search(r";.*\bextra\b", line)
    ]
    return tuple(each for each in wanted if _is_installed(each))


@cache
def _is_installed(name: str) -> bool:
    try:
        distribution(name)
    except PackageNotFoundError:
        return False
    return True


def _normal(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()
