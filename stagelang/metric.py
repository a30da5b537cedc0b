"""Metrics: what a number means (unit, direction, range, aggregation, population), declared once, and expressions over them."""

from __future__ import annotations

import functools
import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any, ClassVar, Generic, Literal, ParamSpec, final

from attrs import frozen
from typing_extensions import TypeVar

from stagelang.aggregate import Aggregate
from stagelang.contract import ColumnRef
from stagelang.errors import DeclarationError
from stagelang.gate import Gate, JudgedOn
from stagelang.handle import Bound, Handle
from stagelang.names import current_scope
from stagelang.origin import Origin, caller_origin, function_origin
from stagelang.recording import recorded
from stagelang.running import is_running
from stagelang.signature import Signature, read_signature
from stagelang.stage import arguments_now, handles_in, visible_names
from stagelang.units import Per, Times, Unit, measure
from stagelang.window import Window

P = ParamSpec("P")
U = TypeVar("U", bound=Unit)
V = TypeVar("V", bound=Unit)
U_co = TypeVar("U_co", bound=Unit, covariant=True)

Better = Literal["higher", "lower", "none"]


@final
class PerRow(Generic[U_co]):
    """What a metric's function returns: one value a row, or as many columns of them as its aggregation takes.

    Args:
        columns: arrays or series, each of shape (rows,), in the order that the aggregation names.
    """

    def __init__(self, *columns: Any) -> None:
        self.columns = columns

    def _measured_in(self) -> U_co:
        """Say to the type checkers which unit the values have."""
        raise NotImplementedError


@final
@frozen(kw_only=True)
class Meaning:
    """All that is declared about a metric's number."""

    unit: Any
    better: Better
    range: tuple[float | None, float | None]
    aggregate: Aggregate
    undefined: Literal["error", "not_evaluated"] | float
    version: str
    cluster: str
    slices: tuple[str, ...] = ()
    window: Window | None = None
    owner: str
    name: str


@final
@frozen(eq=False, kw_only=True)
class MetricCall:
    """One use of a metric's definition in a pipeline."""

    stage: MetricDefinition[Any, Any]
    args: tuple[Any, ...]
    kwargs: Mapping[str, Any]
    scope: str
    origin: Origin

    @property
    def label(self) -> str:
        """The name to call it by in a message."""
        return self.scope + self.stage.name


@final
@frozen(eq=False, kw_only=True)
class Expression:
    """A metric made of metrics: the operation, its operands (metrics or numbers), and the name given to it."""

    operation: Literal["+", "-", "*", "/", "neg", "convert"]
    operands: tuple[Any, ...]
    unit: Any = None
    name: str = ""
    scope: str = ""
    origin: Origin

    @property
    def label(self) -> str:
        """The name to call it by in a message."""
        return self.scope + (self.name or f"expression {self.operation}")


@final
class Metric(Handle, Generic[U_co]):
    """A metric's number in unit `U_co`: measured on one population, it can be gated, compared and calculated with."""

    __slots__ = ()

    _INSTEAD: ClassVar[Mapping[str, str]] = {
        "truediv": "divide by a metric with .per(...), or multiply by a number",
        **dict.fromkeys(("gt", "ge"), "gate it with .at_least(...), in the pipeline's gates=[...]"),
        **dict.fromkeys(("lt", "le"), "gate it with .at_most(...), in the pipeline's gates=[...]"),
    }

    def at_least(
        self, bound: float, *, judged_on: JudgedOn = "interval", in_each: ColumnRef[Any, Any] | None = None
    ) -> Gate:
        """Require the metric to be at least `bound`, in its unit.

        Judged on its interval, the gate passes when the one-sided 95 % bound clears `bound`, fails when the whole interval lies
        below, and is inconclusive between; judged on the estimate, the number alone decides.
        `in_each` is a column that the metric is sliced by: the gate then asks it of every slice instead of all rows together.
        """
        return Gate(metric=self, kind="at_least", low=bound, judged_on=judged_on, in_each=_named(in_each))

    def at_most(
        self, bound: float, *, judged_on: JudgedOn = "interval", in_each: ColumnRef[Any, Any] | None = None
    ) -> Gate:
        """Require the metric to be at most `bound`, in its unit."""
        return Gate(metric=self, kind="at_most", high=bound, judged_on=judged_on, in_each=_named(in_each))

    def between(
        self,
        low: float,
        high: float,
        *,
        judged_on: JudgedOn = "interval",
        in_each: ColumnRef[Any, Any] | None = None,
    ) -> Gate:
        """Require the metric to lie between two bounds, in its unit."""
        return Gate(
            metric=self, kind="between", low=low, high=high, judged_on=judged_on, in_each=_named(in_each)
        )

    def as_usual(self, *, windows: int, alpha: float) -> Gate:
        """Require the last window's number to be no worse than in the `windows` windows before it, as far as noise goes.

        The threshold is calibrated on them (conformal): where all windows are alike, the gate fails one that is no worse with a
        probability of at most `alpha`. That takes `windows >= 1 / alpha - 1`.
        """
        return Gate(metric=self, kind="as_usual", windows=windows, alpha=alpha, judged_on="estimate")

    def not_worse_than(self, alias: str, *, tolerance: float) -> Gate:
        """Require the metric to be no worse than in the run that `alias` names, but for `tolerance`, in its unit."""
        return Gate(metric=self, kind="not_worse_than", alias=alias, tolerance=tolerance)

    def __add__(self, other: Metric[U_co]) -> Metric[U_co]:
        return self._combine("+", _metric(other))

    def __sub__(self, other: Metric[U_co]) -> Metric[U_co]:
        return self._combine("-", _metric(other))

    def __neg__(self) -> Metric[U_co]:
        return self._combine("neg")

    def __mul__(self, factor: float) -> Metric[U_co]:
        return self._combine("*", _finite(factor))

    def __rmul__(self, factor: float) -> Metric[U_co]:
        return self._combine("*", _finite(factor))

    def times(self, other: Metric[V]) -> Metric[Times[U_co, V]]:
        """Multiply by another metric: the units multiply."""
        return self._combine("*", _metric(other))

    def per(self, other: Metric[V]) -> Metric[Per[U_co, V]]:
        """Divide by another metric: the units divide."""
        return self._combine("/", _metric(other))

    def to(self, unit: type[V]) -> Metric[V]:
        """Convert to another unit of the same dimension."""
        try:
            measure(unit)
        except TypeError as error:
            raise DeclarationError(f"a metric is converted to another unit: {error}") from None
        return self._combine("convert", unit=unit)

    def named(self, name: str) -> Metric[U_co]:
        """Give the expression a name; a measured metric is named at its definition."""
        by = self._bound.by if self._bound else None
        if not isinstance(by, Expression):
            raise DeclarationError(
                "only an expression over metrics is named here: expected name=... at @metric, got .named on a measured metric"
            )
        if not isinstance(name, _TEXT):
            raise DeclarationError(f"an expression's name is a text, got {name!r}")
        return _expression(by.operation, by.operands, by.unit, name)

    def _combine(self, operation: Any, *others: Any, unit: Any = None) -> Metric[Any]:
        if self._bound is None:
            self._refuse_loaded()
        return _expression(operation, (self, *others), unit, "")

    def _refuse_loaded(self) -> None:
        raise DeclarationError(
            "a metric's number is made by a run: expected a metric of a pipeline, got one called with loaded data"
        )

    @property
    def rows(self) -> PerRow[U_co]:
        """The values a row, of a metric that was called with loaded data, as in a test."""
        loaded: PerRow[U_co] = self._loaded(".rows")
        return loaded


_TEXT: Any = str
_METRIC: Any = Metric
_SEQUENCE: Any = Sequence


def _named(column: ColumnRef[Any, Any] | None) -> str:
    return "" if column is None else str(column)


def _columns(slices: Any) -> tuple[str, ...]:
    if isinstance(slices, _TEXT) or not isinstance(slices, _SEQUENCE):
        raise DeclarationError(f"a metric's slices are a list of columns, got {slices!r:.40}")
    return tuple(map(str, slices))


def _metric(other: Any) -> Any:
    if not isinstance(other, _METRIC):
        raise DeclarationError(f"a metric is combined with another metric, got {other!r:.40}")
    return other


def _finite(factor: Any) -> float:
    if isinstance(factor, bool) or not isinstance(factor, int | float) or not math.isfinite(factor):
        raise DeclarationError(
            f"a metric is multiplied by a finite number, or by another metric with .times(...); got {factor!r}"
        )
    return factor


def _expression(operation: Any, operands: tuple[Any, ...], unit: Any, name: str) -> Metric[Any]:
    declared = Expression(
        operation=operation,
        operands=operands,
        unit=unit,
        name=name,
        scope=current_scope(),
        origin=caller_origin(),
    )
    return Metric(Bound(declared, "out"))


@final
class MetricDefinition(Generic[P, U_co]):
    """A declared metric with the signature of its function; called in a pipeline it gives a `Metric`."""

    def __init__(
        self, function: Callable[P, PerRow[U_co]], meaning: Meaning, names: Mapping[str, Any]
    ) -> None:
        self.function = function
        self.meaning = meaning
        self.origin = function_origin(function)
        self._names = names
        self._signature: Signature | None = None
        functools.update_wrapper(self, function, updated=())
        recorded("stages", self)

    __name__: str
    __qualname__: str

    @property
    def name(self) -> str:
        """The metric's name: the function's, unless another was given."""
        return self.meaning.name or str(self.__name__)

    @property
    def signature(self) -> Signature:
        """What the function's annotations say, read once."""
        if self._signature is None:
            self._signature = read_signature(self.function, self._names)
        return self._signature

    def __call__(self, *args: P.args, **kwargs: P.kwargs) -> Metric[U_co]:
        handles = [*handles_in(args), *handles_in(tuple(kwargs.values()))]
        if (handles and not any(handle.is_lazy for handle in handles)) or is_running():
            return Metric(data=self.function(*args, **kwargs))
        given, named = arguments_now(args, kwargs)
        call = MetricCall(stage=self, args=given, kwargs=named, scope=current_scope(), origin=caller_origin())
        recorded("calls", call)
        return Metric(Bound(call, "out"))

    def __repr__(self) -> str:
        return f"<metric {self.name!r} at {self.origin}>"

    def __reduce__(self) -> str:
        return self.__qualname__


def metric(
    *,
    unit: type[U],
    better: Better,
    range: tuple[float | None, float | None],
    aggregate: Aggregate,
    undefined: Literal["error", "not_evaluated"] | float,
    version: str,
    cluster: ColumnRef[Any, Any] | None = None,
    slices: Sequence[ColumnRef[Any, Any]] = (),
    window: Window | None = None,
    owner: str = "",
    name: str = "",
) -> Callable[[Callable[P, PerRow[U]]], MetricDefinition[P, U]]:
    """Declare a metric; all that gives its number a meaning must be said.

    Args:
        unit: the unit of the number.
        better: which direction is better; "none" can't be gated in one direction.
        range: the least and the greatest value it can take, None for no bound; a value outside is an error.
        aggregate: how rows become one number, such as `mean()`.
        undefined: what holds where it can't be computed (no rows, a zero denominator): an error, not evaluated, or a value.
        version: the definition's version; numbers of two versions are not compared.
        cluster: the unit of independence: rows of one value count as one observation; the contract's group column unless said.
        slices: columns by whose values the metric is measured apart too, each with its own interval.
        window: the calendar window that it is a number of, by the contract's time column; the last one that has rows.
        owner: the team that answers for the definition.
        name: its name, where the function's own won't do.
    """
    names = visible_names()
    meaning = Meaning(
        unit=unit,
        better=better,
        range=range,
        aggregate=aggregate,
        undefined=undefined,
        version=version,
        cluster=str(cluster) if cluster is not None else "",
        slices=_columns(slices),
        window=window,
        owner=owner,
        name=name,
    )
    return lambda function: MetricDefinition(function, meaning, names)
