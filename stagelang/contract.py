"""Data contracts: the columns of a table, what each may hold, and references to them."""

from __future__ import annotations

import datetime as dt
import typing
from collections import ChainMap
from collections.abc import Collection, Mapping, Sequence
from typing import Any, ClassVar, Generic, Literal, Protocol, Self, TypeAlias, cast, final
from weakref import WeakKeyDictionary

from attrs import frozen
from typing_extensions import TypeVar

from stagelang.annotations import module_names, resolved
from stagelang.errors import DeclarationError
from stagelang.origin import Origin, caller_frame, caller_origin
from stagelang.recording import recorded
from stagelang.units import Unit

T = TypeVar("T")
E = TypeVar("E", int, float, str)
O = TypeVar("O", bound="Contract")
O_contra = TypeVar("O_contra", bound="Contract", contravariant=True)
T_co = TypeVar("T_co", covariant=True)

Scale: TypeAlias = Literal["nominal", "ordinal", "interval", "ratio"]
Adds: TypeAlias = Literal["always", "not_over_time", "never"]


@final
@frozen(kw_only=True)
class Limits:
    """What a column's values must satisfy; an absent limit is None. Limits of a vector hold for its items."""

    ge: Any = None
    gt: Any = None
    le: Any = None
    lt: Any = None
    isin: tuple[Any, ...] | None = None
    pattern: str | None = None
    length: int | None = None
    nullable: bool = False
    unique: bool = False
    key: bool = False
    group: bool = False
    time: bool = False
    unit: Any = None
    scale: Scale | None = None
    adds: Adds | None = None
    role: str = ""
    known_after: dt.timedelta | None = None
    made_of: tuple[str, ...] | None = None
    description: str = ""


class ColumnRef(str, Generic[O_contra, T_co]):
    """A column of a contract, by name: usable wherever a data frame takes a column name."""

    __slots__ = ("contract", "declared")
    contract: type[Contract]
    declared: Any

    def __new__(cls, name: str, contract: type[Contract], column: Column[Any]) -> Self:
        self = super().__new__(cls, name)
        self.contract = contract
        self.declared = column
        return self

    def __reduce__(self) -> tuple[Any, ...]:
        return (str, (str(self),))

    def _contract_of(self, contract: O_contra) -> None:
        """Say to the type checkers that a reference belongs to one contract and to those refined from it."""

    def _value_of(self) -> T_co:
        """Say to the type checkers what the column holds."""
        raise NotImplementedError


class ColumnOwner(Protocol[O_contra]):
    """A contract class, as the type checkers see it where one of its columns is read.

    Taking `type[O]` instead would have mypy read `Base.column` as the refined contract's own where one is expected,
    and then refuse the base.
    """

    def _describes(self, rows: O_contra, /) -> None: ...


class Column(Generic[T]):
    """One column of a contract: `ink: Column[float] = column(ge=0, le=1)`; read on the class it is a `ColumnRef`."""

    name: str

    def __init__(self, limits: Limits | None = None, origin: Origin | None = None) -> None:
        self.limits = limits or Limits()
        self.origin = origin
        self.name = ""

    def __set_name__(self, owner: type[Contract], name: str) -> None:
        self.name = name

    def __get__(self, instance: None, owner: ColumnOwner[O]) -> ColumnRef[O, T]:
        return ColumnRef(self.name, cast(type[Contract], owner), self)

    def _holds(self, value: T) -> T:
        """Say to the type checkers that a column is invariant in what it holds."""
        return value


def column(
    *,
    ge: T | None = None,
    gt: T | None = None,
    le: T | None = None,
    lt: T | None = None,
    isin: Collection[T] | None = None,
    pattern: str | None = None,
    nullable: bool = False,
    unique: bool = False,
    key: bool = False,
    group: bool = False,
    time: bool = False,
    unit: type[Unit] | None = None,
    scale: Scale | None = None,
    adds: Adds | None = None,
    role: str = "",
    known_after: dt.timedelta | None = None,
    made_of: str | Sequence[str] | None = None,
    description: str = "",
) -> Column[T]:
    """Declare what a column may hold.

    Args:
        ge, gt, le, lt: bounds on the values, in the column's unit.
        isin: the only values allowed.
        pattern: a regular expression (RE2 syntax) that a text must match from its start to its end.
        nullable: whether values may be missing; they may not unless it is said.
        unique: no value occurs twice.
        key: the value names the row (implies unique and not nullable).
        group: rows of one value depend on each other and stay on one side of a split.
        time: the moment at which the row was known.
        unit: the unit of the values.
        scale: what the values can be used for: names ("nominal"), an order ("ordinal"), differences ("interval") or ratios ("ratio").
        adds: which sums of the values mean something: "always", "not_over_time" (a balance, a stock) or "never" (a rate, a score).
        role: what the column is for, such as "label", "feature", "prediction" or "weight".
        known_after: how long after the row's time the value becomes known, where that isn't at once: of an outcome, say.
        made_of: the columns of what its stage reads that the values depend on, such as `[Scans.ink]`; they depend on no others, which
            'stagelang audit --columns' tests.
        description: said in the docs where no docstring follows the column.
    """
    limits = Limits(
        ge=ge,
        gt=gt,
        le=le,
        lt=lt,
        isin=None if isin is None else tuple(isin),
        pattern=pattern,
        nullable=nullable,
        unique=unique or key,
        key=key,
        group=group,
        time=time,
        unit=unit,
        scale=scale,
        adds=adds,
        role=role,
        known_after=known_after,
        made_of=(made_of,) if isinstance(made_of, str) else None if made_of is None else tuple(made_of),
        description=description,
    )
    return Column(limits, caller_origin())


def vector(
    *,
    length: int | None = None,
    ge: E | None = None,
    le: E | None = None,
    nullable: bool = False,
    unit: type[Unit] | None = None,
    role: str = "",
    description: str = "",
) -> Column[list[E]]:
    """Declare a column that holds a list in each row, such as an embedding; the bounds hold for every item.

    Args:
        length: how many items each list has, when that is fixed.
        ge, le: bounds on each item.
        nullable, unit, role, description: as for `column`.
    """
    limits = Limits(
        ge=ge, le=le, length=length, nullable=nullable, unit=unit, role=role, description=description
    )
    return Column(limits, caller_origin())


class Contract:
    """What a table promises: its columns and what each may hold.

    Subclass it to declare one; subclass a contract to refine it. Class keywords:
        version: the contract's version, such as "1.1".
        owner: the team that answers for it.
        closed: refuse columns that the contract doesn't name.
        rows: the fewest and the most rows allowed, None for no limit; at least one unless said otherwise.
        sorted_by: the columns by which the rows stand in order, the least first and missing ones last; of several, each among rows
            that are equal in those before it.
        max_age: how old the newest row may be when the table is made or read in, by the column with `time=True`; moments without a
            zone count as UTC, a date as its end, and rows from the future as none. The table is made anew in each run to judge it.
    """

    __version__: ClassVar[str] = ""
    __owner__: ClassVar[str] = ""
    __closed__: ClassVar[bool] = False
    __rows__: ClassVar[tuple[int | None, int | None]] = (1, None)
    __sorted_by__: ClassVar[tuple[str, ...]] = ()
    __max_age__: ClassVar[dt.timedelta | None] = None
    __origin__: ClassVar[Origin] = Origin("", 0)
    __namespace__: ClassVar[Mapping[str, Any]] = {}

    def __init_subclass__(
        cls,
        *,
        version: str = "",
        owner: str = "",
        closed: bool = False,
        rows: tuple[int | None, int | None] | None = None,
        sorted_by: str | Sequence[str] = (),
        max_age: dt.timedelta | None = None,
    ) -> None:
        super().__init_subclass__()
        frame = caller_frame()
        cls.__version__ = version
        cls.__owner__ = owner or cls.__owner__
        cls.__closed__ = closed
        cls.__rows__ = rows if rows is not None else cls.__rows__
        order = (sorted_by,) if isinstance(sorted_by, str) else tuple(sorted_by)
        cls.__sorted_by__ = order or cls.__sorted_by__
        cls.__max_age__ = max_age if max_age is not None else cls.__max_age__
        cls.__origin__ = caller_origin()
        is_local = frame.f_locals is not frame.f_globals
        cls.__namespace__ = ChainMap(dict(frame.f_locals), frame.f_globals) if is_local else {}
        for name, annotation in cls.__dict__.get("__annotations__", {}).items():
            if name not in cls.__dict__ and _declares_column(annotation, cls):
                bare: Column[Any] = Column(Limits(), cls.__origin__)
                bare.name = name
                setattr(cls, name, bare)
        recorded("contracts", cls)

    def __new__(cls) -> Self:
        raise DeclarationError(
            f"a contract describes tables and has no instances: expected Table.of({cls.__name__}, frame), got {cls.__name__}()"
        )

    @classmethod
    def _describes(cls, rows: Self, /) -> None:
        """Say to the type checkers that this class owns its columns; see `ColumnOwner`."""


def _declares_column(annotation: Any, contract: type[Contract]) -> bool:
    """Tell whether a bare annotation is a column; one whose type can't be resolved yet counts by its text."""
    try:
        column_of = resolved(annotation, module_names(contract), contract.__namespace__)
    except Exception:
        return "Column[" in str(annotation)
    return column_of is Column or typing.get_origin(column_of) is Column


_COLUMNS: WeakKeyDictionary[type[Contract], dict[str, Column[Any]]] = WeakKeyDictionary()
_TYPES: WeakKeyDictionary[type[Contract], dict[str, Any]] = WeakKeyDictionary()


def columns_of(contract: type[Contract]) -> dict[str, Column[Any]]:
    """Give the contract's columns by name, inherited ones first, in the order in which they were written; nobody may change it."""
    known = _COLUMNS.get(contract)
    if known is None:
        known = _COLUMNS[contract] = _columns(contract)
    return known


def _columns(contract: type[Contract]) -> dict[str, Column[Any]]:
    found: dict[str, Column[Any]] = {}
    for base in reversed(contract.__mro__):
        if base is object or base is Contract:  # neither has a column, and this is asked often
            continue
        for name in (*base.__dict__.get("__annotations__", {}), *base.__dict__):
            value = base.__dict__.get(name)
            if isinstance(value, Column):
                found[name] = value
    return found


LOGICAL_TYPES: Mapping[Any, str] = {
    int: "int",
    float: "float",
    str: "str",
    bool: "bool",
    bytes: "bytes",
    dt.date: "date",
    dt.datetime: "datetime",
    dt.time: "time",
}
"""Python types that a column may hold, and the names by which the Plan knows them."""


def logical_type(python_type: Any) -> str | None:
    """Give the Plan's name of a column type ('int', 'list<float>'), or None where there is none."""
    if typing.get_origin(python_type) is list:
        (item,) = typing.get_args(python_type)
        inner = logical_type(item)
        return None if inner is None or inner.startswith("list") else f"list<{inner}>"
    return LOGICAL_TYPES.get(python_type)


def column_types(contract: type[Contract]) -> dict[str, Any]:
    """Give each column's Python type, or the exception that resolving its annotation raised; nobody may change it."""
    known = _TYPES.get(contract)
    if known is None:
        known = _column_types(contract)
        if not any(
            isinstance(each, Exception) for each in known.values()
        ):  # what can't be resolved yet may be later
            _TYPES[contract] = known
    return known


def _column_types(contract: type[Contract]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for base in reversed(contract.__mro__):
        if not issubclass(base, Contract):
            continue
        for name, annotation in base.__dict__.get("__annotations__", {}).items():
            if isinstance(base.__dict__.get(name), Column):
                found[name] = _column_type(annotation, base)
    return found


def _column_type(annotation: Any, base: type[Contract]) -> Any:
    try:
        column_of = resolved(annotation, module_names(base), base.__namespace__)
    except Exception as error:
        return error
    arguments = typing.get_args(column_of)
    return arguments[0] if arguments else Exception("a column without a type")
