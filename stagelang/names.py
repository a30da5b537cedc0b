"""The scope in which names are given: `with scope("eu"):` prefixes the names of what is declared inside."""

from __future__ import annotations

from collections.abc import Generator
from contextlib import contextmanager
from contextvars import ContextVar

_SCOPE: ContextVar[str] = ContextVar("stagelang_scope", default="")


@contextmanager
def scope(name: str) -> Generator[None]:
    """Prefix the names of all nodes declared inside with `name/`, and group them in the diagram."""
    token = _SCOPE.set(f"{_SCOPE.get()}{name}/")
    try:
        yield
    finally:
        _SCOPE.reset(token)


def current_scope() -> str:
    """Give the scope in force: empty, or a path that ends in a slash."""
    return _SCOPE.get()
