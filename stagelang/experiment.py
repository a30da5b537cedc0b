"""Experiments: what to swap, ablate and perturb upstream, to see what it does to every metric downstream."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Generic, ParamSpec, Protocol, final

from typing_extensions import TypeVar

from stagelang.contract import ColumnRef, Contract
from stagelang.handle import Table
from stagelang.origin import caller_origin
from stagelang.stage import Options, Stage

P = ParamSpec("P")
R = TypeVar("R")
F = TypeVar("F")
C = TypeVar("C", bound=Contract)
C_contra = TypeVar("C_contra", bound=Contract, contravariant=True)


class Replaceable(Protocol[F]):
    """A stage, as the type checkers see one that another is put in place of.

    Taking `Callable[P, R]` or `Stage[P, R]` instead would have them widen `R` until a stage of any result fits.
    """

    function: F

    @property
    def settings(self) -> Options:
        """What is said about it beyond its code; metrics have none, so they are refused."""
        ...


class Experiment:
    """Base of every experiment."""

    def __init__(self) -> None:
        self.origin = caller_origin()


@final
class Swap(Experiment):
    """Run another stage of the same signature in a stage's place."""

    def __init__(self, stage: Replaceable[Callable[P, R]], other: Callable[P, R]) -> None:
        super().__init__()
        self.stage: Any = stage
        self.other: Any = other


@final
class Ablate(Experiment):
    """Leave a stage out: its first input takes its output's place, which the contracts must allow."""

    def __init__(self, stage: Stage[..., Any]) -> None:
        super().__init__()
        self.stage: Any = stage


@final
class Perturbation(Generic[C_contra]):
    """A change to one column of a contract, in one or several strengths; made by `missing`, `shifted` and the like."""

    def __init__(self, kind: str, column: ColumnRef[C_contra, Any], strengths: Sequence[float]) -> None:
        self.kind, self.column, self.strengths = kind, column, tuple(strengths)

    def _applies_to(self, contract: C_contra) -> None:
        """Say to the type checkers which contracts it can be applied to."""


@final
class Perturb(Experiment, Generic[C]):
    """Change the data of a table before anything reads it."""

    def __init__(self, table: Table[C, Any], perturbation: Perturbation[C]) -> None:
        super().__init__()
        self.table, self.perturbation = table, perturbation


@final
class Seeds(Experiment):
    """Run the whole pipeline under several seeds; five or more allow claims about the procedure."""

    def __init__(self, count: int) -> None:
        super().__init__()
        self.count = count


@final
class Sweep(Experiment):
    """Run a stage with each of several values of a parameter: `Sweep(embed, components=[8, 16, 24])`."""

    def __init__(self, stage: Stage[..., Any], **values: Sequence[Any]) -> None:
        super().__init__()
        self.stage: Any = stage
        self.values = {name: tuple(each) for name, each in values.items()}


def missing(column: ColumnRef[C, Any], *, rates: Sequence[float]) -> Perturbation[C]:
    """Make a share of the column's values missing; each rate is 0 < rate ≤ 1."""
    return Perturbation("missing", column, rates)


def shuffled(column: ColumnRef[C, Any], *, rates: Sequence[float]) -> Perturbation[C]:
    """Exchange a share of the column's values among themselves; each rate is 0 < rate ≤ 1."""
    return Perturbation("shuffled", column, rates)


def shifted(column: ColumnRef[C, float] | ColumnRef[C, int], *, by: Sequence[float]) -> Perturbation[C]:
    """Add to the column's values, in the column's unit."""
    return Perturbation("shifted", column, by)


def noisy(column: ColumnRef[C, float], *, scales: Sequence[float]) -> Perturbation[C]:
    """Add normal noise of each standard deviation, in the column's unit."""
    return Perturbation("noisy", column, scales)
