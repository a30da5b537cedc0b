"""What is known of a value in a body: which hidden things it depends on, and where it comes from."""

from __future__ import annotations

import ast
from collections.abc import Iterable
from typing import Final, final

from attrs import frozen

from stagelang_compiler.diagnostics import Rule

_LONGEST = 60


@final
@frozen
class Hidden:
    """One place in a body that reaches beyond the stage's inputs. `detail` is what is named there: a variable, a path."""

    rule: Rule
    node: ast.AST
    file: str
    detail: str = ""
    within: str = ""
    """The helper that it stands in; empty for the stage's own body."""

    @property
    def line(self) -> int:
        """The line that it starts on."""
        return int(getattr(self.node, "lineno", 0))

    @property
    def word(self) -> str:
        """The expression, as a message quotes it."""
        spelled = " ".join(ast.unparse(self.node).split())
        return spelled if len(spelled) <= _LONGEST else f"{spelled[: _LONGEST - 3]}..."


@final
@frozen
class Made:
    """What a value is made of.

    `depends` are the hidden things it depends on; `unordered` those that it would depend on once its items were taken in their order: it
    is a set, or a dictionary made from one. `fixed` says that texts of the code or parameters had a part in it, `given` that something
    else had, such as an input: a path is nobody's input if only the first is so. `inputs` are the inputs whose own content it is, `roots`
    the variables through which changing it would show.
    """

    depends: frozenset[Hidden] = frozenset()
    unordered: frozenset[Hidden] = frozenset()
    fixed: bool = False
    given: bool = False
    inputs: frozenset[str] = frozenset()
    roots: frozenset[str] = frozenset()
    local: bool = False
    """It is a function or class that was defined in the body, or holds one."""

    def __or__(self, other: Made) -> Made:
        if other is NONE or other == self:
            return self
        if self is NONE:
            return other
        return Made(
            self.depends | other.depends,
            self.unordered | other.unordered,
            self.fixed or other.fixed,
            self.given or other.given,
            self.inputs | other.inputs,
            self.roots | other.roots,
            self.local or other.local,
        )

    @property
    def is_outside(self) -> bool:
        """Whether it is a place that only the code names."""
        return self.fixed and not self.given

    def of(self) -> Made:
        """Give what is computed from it: it isn't the input itself any more."""
        if not (self.inputs or self.roots or self.unordered or self.local):
            return self
        return Made(self.depends, frozenset(), self.fixed, self.given)


NONE: Final = Made()
FIXED: Final = Made(fixed=True)
GIVEN: Final = Made(given=True)


def together(parts: Iterable[Made]) -> Made:
    """Give what depends on all of these."""
    found = NONE
    for part in parts:
        found |= part
    return found
