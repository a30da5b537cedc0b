"""Texts that a regular expression matches: all of them where they are few, else some, by which a need can be shown to be broken.

The expression is taken apart by Python's parser and every text is judged by RE2, which the run uses. Where the two read an expression
differently, or it has more texts than are worth listing, the list is not called complete, and nothing is proved by it.
"""

from __future__ import annotations

import importlib
import itertools
import re
import warnings
from collections.abc import Callable, Iterable, Sequence
from functools import lru_cache
from typing import Any, TypeAlias, final

from attrs import frozen

from stagelang_compiler.checks.patterns import unmatched

_MOST = 512
_MOST_REPEATS = 2
_ANY = ("a", "0", " ", "A", "é")
"""What stands for a class of too many characters."""


@final
@frozen
class Texts:
    """Texts, and whether they are all that there are."""

    texts: frozenset[str]
    complete: bool


_Part: TypeAlias = tuple[list[str], bool]
_NOTHING_KNOWN = Texts(frozenset(), complete=False)


class _Unreadable(Exception):
    """A part of an expression that isn't taken apart."""


@lru_cache(maxsize=1024)
def texts_of(pattern: str) -> Texts:
    """Give texts that a usable pattern matches from start to end."""
    parser: Any = importlib.import_module("re._parser")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            parsed = parser.parse(_unanchored(pattern))
        if parsed.state.flags & ~re.UNICODE:
            return _NOTHING_KNOWN
        found, complete = _sequence(parsed)
    except (re.error, _Unreadable, RecursionError, OverflowError):
        return _NOTHING_KNOWN
    refused = unmatched(pattern, found)
    # RE2 refuses texts of an expression that it reads differently.
    return Texts(frozenset(found) - refused, complete=complete and not refused)


def _unanchored(pattern: str) -> str:
    """Leave out anchors at the ends, which say nothing of a match from start to end."""
    return (
        pattern.removeprefix("^") if pattern.endswith(r"\$") else pattern.removeprefix("^").removesuffix("$")
    )


def _sequence(parts: Iterable[tuple[Any, Any]]) -> _Part:
    found, complete = [""], True
    for operation, argument in parts:
        texts, whole = _part(str(operation), argument)
        found, complete = _products([found, texts], complete and whole)
    return found, complete


def _products(parts: Sequence[Sequence[str]], complete: bool) -> _Part:
    joined = ("".join(each) for each in itertools.product(*parts))
    found = [*dict.fromkeys(itertools.islice(joined, 4 * _MOST))]
    size = 1
    for part in parts:
        size *= len(part)
    return found[:_MOST], complete and size <= 4 * _MOST and len(found) <= _MOST


def _part(operation: str, argument: Any) -> _Part:
    read = _READERS.get(operation)
    if read is None:
        raise _Unreadable(operation)
    return read(argument)


def _character(code: int) -> _Part:
    return [chr(code)], True


def _not_character(code: int) -> _Part:
    return [each for each in _ANY if each != chr(code)], False


def _any(_: object) -> _Part:
    return [*_ANY], False


def _class(items: Sequence[tuple[Any, Any]]) -> _Part:
    found: list[str] = []
    complete, negated = True, False
    for kind, argument in items:
        match str(kind):
            case "NEGATE":
                negated = True
            case "LITERAL":
                found.append(chr(argument))
            case "RANGE":
                first, last = argument
                complete = complete and last - first < _MOST
                found += [chr(code) for code in range(first, min(last, first + _MOST) + 1)]
            case "CATEGORY":
                found += _ANY
                complete = False
            case other:
                raise _Unreadable(other)
    if negated:
        return [each for each in _ANY if each not in found], False
    return found, complete


def _branch(argument: tuple[Any, Sequence[Any]]) -> _Part:
    parts = [_sequence(each) for each in argument[1]]
    found = [*dict.fromkeys(text for texts, _ in parts for text in texts)]
    return found[:_MOST], all(whole for _, whole in parts) and len(found) <= _MOST


def _group(argument: tuple[Any, int, int, Any]) -> _Part:
    _, added, removed, inner = argument
    if added or removed:
        raise _Unreadable("flags")
    return _sequence(inner)


def _repeat(argument: tuple[int, Any, Any]) -> _Part:
    least, most, inner = argument
    texts, complete = _sequence(inner)
    most = int(most)
    if least > _MOST:
        raise _Unreadable("repeats")
    if most - least > (_MOST_REPEATS if len(texts) > 1 else _MOST):
        complete, most = False, least + _MOST_REPEATS
    found: dict[str, None] = {}
    for count in range(least, most + 1):
        repeated, whole = _products([texts] * count, complete)
        complete = complete and whole
        found |= dict.fromkeys(repeated)
    return [*found][:_MOST], complete and len(found) <= _MOST


_READERS: dict[str, Callable[[Any], _Part]] = {
    "LITERAL": _character,
    "NOT_LITERAL": _not_character,
    "ANY": _any,
    "IN": _class,
    "BRANCH": _branch,
    "SUBPATTERN": _group,
    "MAX_REPEAT": _repeat,
    "MIN_REPEAT": _repeat,
}
