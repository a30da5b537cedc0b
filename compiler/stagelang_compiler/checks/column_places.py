"""Where a contract's columns are written; Python doesn't know the line of a bare annotation, so it is looked up."""

from __future__ import annotations

import linecache
import re
from itertools import takewhile
from typing import Any

from stagelang.contract import Column, Contract
from stagelang.origin import Origin


def column_place(contract: type[Contract], name: str) -> Origin | None:
    """Give the line that declares a column, here or in a contract that is refined; None if there is no such column."""
    owner = next((base for base in contract.__mro__ if isinstance(base.__dict__.get(name), Column)), None)
    if owner is None:
        return None
    column: Column[Any] = owner.__dict__[name]
    written = owner.__dict__["__origin__"] if issubclass(owner, Contract) else contract.__origin__
    if column.origin is not None and column.origin != written:
        return column.origin
    return annotated_place(written, name) or written


def annotated_place(opening: Origin, name: str) -> Origin | None:
    """Find `name: ...` in the body of the class that opens at a line."""
    linecache.checkcache(opening.file)
    head, *below = linecache.getlines(opening.file)[opening.line - 1 :] or [""]
    margin = len(head) - len(head.lstrip())
    body = takewhile(
        lambda line: not line.strip() or line[: margin + 1].isspace() or line.lstrip()[0] == ")", below
    )
    for number, line in enumerate(body, opening.line + 1):
        if re.match(rf"\s+{re.escape(name)}\s*:", line):
            return Origin(opening.file, number)
    return None
