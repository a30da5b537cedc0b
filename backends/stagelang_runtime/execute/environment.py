"""What surrounds a stage: the versions in its key, and the settings made before its interpreter starts."""

from __future__ import annotations

import functools
import os
import platform
import re
import sys
from collections.abc import Iterable, Mapping
from pathlib import Path

THREAD_CAPS = (
    "OMP_NUM_THREADS",
    "OPENBLAS_NUM_THREADS",
    "MKL_NUM_THREADS",
    "NUMEXPR_NUM_THREADS",
    "VECLIB_MAXIMUM_THREADS",
    "BLIS_NUM_THREADS",
    "POLARS_MAX_THREADS",
)
"""The variables by which numeric libraries are told how many threads to use; most read them once, when loaded."""

_FIXED = {"PYTHONHASHSEED": "0", "PYTHONUTF8": "1", "TZ": "UTC", "LC_ALL": "C.UTF-8"}
OF_THE_RUNNER = frozenset((*_FIXED, *THREAD_CAPS))
"""Variables that a worker's interpreter is given whoever starts it, and that the receipt records."""

_NUMERIC_FEATURES = re.compile(r"sse4_2|avx\w*|fma|f16c|amx\w*|neon|asimd\w*|sve\w*")
_REQUIRED_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*")


def python_minor() -> str:
    """Give the interpreter's version as it enters a key: '3.11'."""
    return f"{sys.version_info.major}.{sys.version_info.minor}"


def versions(distributions: Iterable[str]) -> dict[str, str]:
    """Give the versions of distributions and of all that they require, by normalised name, sorted.

    One that isn't installed is 'missing'. Extras are left out; what a marker leaves out on this platform counts only
    where it is installed all the same.
    """
    found: dict[str, str] = {}
    for name in {_normalised(name) for name in distributions}:
        found |= _closure(name)
    return dict(sorted(found.items()))


@functools.cache
def _closure(name: str) -> Mapping[str, str]:
    found = {name: _version(name) or "missing"}
    waiting = [name]
    while waiting:
        for required in _requirements(waiting.pop()):
            version = _version(required)
            if required not in found and version is not None:
                found[required] = version
                waiting.append(required)
    return found


@functools.cache
def _version(name: str) -> str | None:
    import importlib.metadata

    try:
        return importlib.metadata.version(name)
    except importlib.metadata.PackageNotFoundError:
        return None


@functools.cache
def _requirements(name: str) -> frozenset[str]:
    import importlib.metadata

    try:
        lines = importlib.metadata.requires(name) or []
    except importlib.metadata.PackageNotFoundError:
        return frozenset()
    names = (_REQUIRED_NAME.match(line) for line in lines if not re.search(r";.*\bextra\s*==", line))
    return frozenset(_normalised(match[0]) for match in names if match)


def _normalised(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def worker_variables(threads: int, outer: Mapping[str, str]) -> dict[str, str]:
    """Give the environment of a worker's interpreter: the outer one, made repeatable."""
    written = {"PYTHONDONTWRITEBYTECODE": outer.get("PYTHONDONTWRITEBYTECODE", "")}
    return {**outer, **written, **_FIXED, **dict.fromkeys(THREAD_CAPS, str(threads))}


@functools.cache
def recorded() -> Mapping[str, object]:
    """Describe this process for a receipt; none of it is part of a key."""
    model, features = _processor()
    return {
        "python": platform.python_version(),
        "implementation": sys.implementation.name,
        "system": platform.system(),
        "machine": platform.machine(),
        "processor": model,
        "processor_features": features,
        "threads": os.environ.get(THREAD_CAPS[0], ""),
        "hash_seed": os.environ.get("PYTHONHASHSEED", ""),
        "time_zone": os.environ.get("TZ", ""),
        "locale": os.environ.get("LC_ALL", ""),
    }


def _processor() -> tuple[str, list[str]]:
    """Give the processor's name, and those of its features that can change the last bits of a sum."""
    try:
        text = Path("/proc/cpuinfo").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return platform.processor(), []
    first = text.partition("\n\n")[0]
    pairs = (line.partition(":") for line in first.splitlines())
    said = {key.strip(): value.strip() for key, _, value in pairs}
    words = said.get("flags", said.get("Features", "")).split()
    return said.get("model name", platform.processor()), sorted(filter(_NUMERIC_FEATURES.fullmatch, words))
