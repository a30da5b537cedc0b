"""The words for one reason, and for names and counts, which a text and a comment then write each in their own way."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeAlias, final

from attrs import frozen

from stagelang_compiler.diff.model import Reason

_LONGEST = 100


@final
@frozen
class Name:
    """Words of the pipeline's author's, which a writer escapes; long ones are shortened."""

    text: str


Words: TypeAlias = tuple[str | Name, ...]
"""A line: our own words as texts, and names."""


def words_of(reason: Reason) -> Words:
    """Say a reason."""
    what = _cause_words(reason)
    match reason.kind:
        case "renamed":
            return (*what, " ", Name(reason.old), " is now called ", Name(reason.new))
        case "added":
            said: Words = (": ", Name(reason.new)) if reason.new else ()
            return (*what, " added", *said)
        case "removed":
            said = (": ", Name(reason.old)) if reason.old else ()
            return (*what, " removed", *said)
        case "changed":
            if not (reason.old and reason.new):
                return (*what, " changed")
            return (*what, ": ", Name(reason.old), " → ", Name(reason.new))


def plain(words: Words) -> str:
    """Write words as one text, names as they are."""
    return "".join(word.text if isinstance(word, Name) else word for word in words)


def _cause_words(reason: Reason) -> Words:
    """Say what differs: our word for it, and then the author's name for it, if it has one."""
    for word in _WORDS_BEFORE_A_NAME:
        if reason.what.startswith(word):
            return (word, Name(reason.what.removeprefix(word)))
    is_ours = reason.what in _OWN_WORDS or (reason.cause == "data" and reason.what.endswith(" files"))
    return (reason.what,) if is_ours else (Name(reason.what),)


_WORDS_BEFORE_A_NAME = (
    "contract of input ",
    "contract of output ",
    *(f"{kind} " for kind in ("function", "class", "constant", "value", "bytecode", "import", "statements")),
    *(f"{kind} " for kind in ("docstrings", "file", "module", "program file", "parameter", "distribution")),
    *(f"{kind} " for kind in ("variable", "tag", "contract", "column", "input", "output")),
)
_OWN_WORDS = frozenset(
    {
        "aggregate", "always run", "arguments", "asks for", "better", "budget", "by", "class", "closed", "column",
        "constant", "embargo", "expires", "fold", "folds", "format", "formula", "function", "independent by", "judged on",
        "kind", "location", "method", "name", "network", "order and age", "order of columns", "owner", "population", "range",
        "reason", "reported",
        "resources", "rows", "schedule", "seed", "slices", "stage", "test", "the function itself", "unit", "validation",
        "version", "what it promises", "where undefined", "window", "its identity, for no reason that the plans tell",
    }
)  # fmt: skip


def listed(names: Sequence[str], most: int = 8) -> Words:
    """List names, the first ones of many."""
    words: list[str | Name] = []
    for name in names[:most]:
        words += [", ", Name(name)] if words else [Name(name)]
    rest = len(names) - most
    return (*words, f" and {rest} more") if rest > 0 else tuple(words)


def counted(count: int, word: str) -> str:
    """Count things."""
    return f"{count} {word}" if count == 1 else f"{count} {word}s"


def shortened(text: str) -> str:
    """Shorten what is too long to read in a line."""
    return text if len(text) <= _LONGEST else f"{text[: _LONGEST - 1]}…"
