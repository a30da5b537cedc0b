"""Gives the names in functions' code: much faster than to read their trees, it tells of most that there is nothing to read."""

from __future__ import annotations

import dis
from collections.abc import Iterator
from types import CodeType, FunctionType, ModuleType
from typing import Final, cast, final

from attrs import frozen

from stagelang_compiler.checks.leakage import body_syntax as syntax
from stagelang_compiler.checks.leakage.body_calls import unwrapped
from stagelang_compiler.checks.leakage.body_source import is_first_party, is_installed

_LOOP: Final = dis.opmap["FOR_ITER"]
_IMPORT: Final = dis.opmap["IMPORT_NAME"]
_PRODUCT: Final = bytes([dis.opmap["BINARY_OP"], 4])
"""What `@` is compiled to."""


@final
@frozen
class Spelled:
    """What stands in the code of some functions: names, also of attributes and keywords, and whether a loop or an import does."""

    names: frozenset[str]
    has_loop: bool
    has_import: bool
    has_product: bool = False


@final
class Spelling:
    """The names in functions' code, each function looked at once."""

    def __init__(self) -> None:
        self._own: dict[FunctionType, tuple[Spelled, list[FunctionType]]] = {}

    def of(self, function: object) -> Spelled:
        """Give what stands in a function's code, and in that of the first-party functions that it names, and these name."""
        pending = [*_first_party([function])]
        seen: dict[FunctionType, Spelled] = {}
        while pending:
            each = pending.pop()
            if each not in seen:
                if each not in self._own:
                    self._own[each] = _own(each)
                seen[each], named = self._own[each]
                pending += named
        found = seen.values()
        return Spelled(
            frozenset[str]().union(*(each.names for each in found)),
            any(each.has_loop for each in found),
            any(each.has_import for each in found),
            any(each.has_product for each in found),
        )


def _own(function: FunctionType) -> tuple[Spelled, list[FunctionType]]:
    names: set[str] = set()
    named: list[object] = [*syntax.closure(function).values()]
    has_loop = has_import = has_product = False
    for code in codes(function.__code__):
        names |= {*code.co_names}
        for constant in code.co_consts:
            if isinstance(constant, tuple):  # the names of keywords
                names |= {name for name in cast("tuple[object, ...]", constant) if isinstance(name, str)}
        operations = code.co_code[::2]
        has_loop = has_loop or (_LOOP in operations and not code.co_name.startswith("<"))
        has_import = has_import or _IMPORT in operations
        has_product = has_product or _PRODUCT in code.co_code
        found = [function.__globals__[name] for name in code.co_names if name in function.__globals__]
        modules = [each for each in found if isinstance(each, ModuleType)]
        for module in modules:  # those inside them come after them
            if not is_installed(module):
                inner = [getattr(module, name, None) for name in code.co_names]
                found += inner
                modules += [each for each in inner if isinstance(each, ModuleType) and each not in modules]
        named += found
        names |= {
            each.__name__ for each in found if isinstance(each, FunctionType)
        }  # it may be imported as another one
    return Spelled(frozenset(names), has_loop, has_import, has_product), [*_first_party(named)]


def _first_party(found: list[object]) -> Iterator[FunctionType]:
    for each in found:
        own: list[object] = [*vars(each).values()] if isinstance(each, type) else [unwrapped(each)]
        yield from (one for one in own if isinstance(one, FunctionType) and is_first_party(one))


def codes(code: CodeType) -> Iterator[CodeType]:
    """Give a function's code, and that of what is defined in it."""
    yield code
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            yield from codes(constant)
