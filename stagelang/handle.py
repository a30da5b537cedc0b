"""Handles: what stages take and give. Lazy while a pipeline is wired, loaded while a stage runs; one type in both."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, Generic, NoReturn, Protocol, cast, final, overload

from attrs import frozen
from typing_extensions import TypeVar

from stagelang.contract import Contract
from stagelang.data import Frame, to_arrow, to_pandas, to_polars
from stagelang.errors import DeclarationError, LazyHandleError
from stagelang.origin import Origin, caller_origin
from stagelang.population import Population

if TYPE_CHECKING:
    import pandas as pd
    import polars as pl
    import pyarrow as pa

C_co = TypeVar("C_co", bound=Contract, covariant=True)
C = TypeVar("C", bound=Contract)
S_co = TypeVar("S_co", bound=Population, covariant=True, default=Population)
S = TypeVar("S", bound=Population)
T_co = TypeVar("T_co", covariant=True)
T = TypeVar("T")


class Declared(Protocol):
    """Whatever makes handles: a stage call, a source, a split."""

    @property
    def origin(self) -> Origin:
        """Where it was written."""
        ...

    @property
    def label(self) -> str:
        """What to call it in a message."""
        ...


@final
@frozen(eq=False)
class Bound:
    """A lazy handle's inside: which output of which declaration, and the contracts it was viewed under."""

    by: Declared
    port: str
    views: tuple[tuple[type[Contract], Origin], ...] = ()


_IN_A_STAGE = (
    "do this inside a stage, which is called with loaded data: move the line into a function under @stage"
)


class Handle:
    """Base of what stages take and give."""

    __slots__ = ("_bound", "_data")

    _bound: Bound | None
    _data: Any
    _INSTEAD: ClassVar[Mapping[str, str]] = {}
    """What to write instead of an operation, by the operation's name, where moving it into a stage isn't meant."""

    def __init__(self, bound: Bound | None = None, data: Any = None) -> None:
        self._bound = bound
        self._data = data

    @property
    def is_lazy(self) -> bool:
        """Whether the pipeline is still being wired, so that there is no data yet."""
        return self._bound is not None

    def _touch(self, what: str, instead: str = _IN_A_STAGE) -> NoReturn:
        bound = cast(Bound, self._bound)
        raise LazyHandleError(
            f"{what} of {bound.by.label!r}, wired at {bound.by.origin}, was asked for at {caller_origin()}, "
            "but while a pipeline is being wired there is no data yet\n"
            f"  help: {instead}"
        )

    def _loaded(self, what: str) -> Any:
        if self._bound is not None:
            self._touch(what)
        return self._data

    def __bool__(self) -> bool:
        if self._bound is not None:
            self._touch("the truth value")
        return True

    def __eq__(self, other: object) -> bool:
        """Tell whether both are the same handle; to compare a lazy one with anything else is to ask for its data."""
        if self._bound is not None and not isinstance(other, Handle):
            self._touch("a comparison (eq)")
        return self is other

    __hash__ = object.__hash__

    def __repr__(self) -> str:
        state = f"lazy, from {self._bound.by.label!r}" if self._bound is not None else "loaded"
        return f"<{type(self).__name__}: {state}>"

    def __reduce__(self) -> NoReturn:
        raise TypeError(f"a {type(self).__name__} handle can't be pickled: pass its data instead")


def _refuse(name: str, what: str) -> Any:
    def operation(self: Handle, *_: object) -> Any:
        if self.is_lazy:
            instead = self._INSTEAD.get(name.strip("_"), _IN_A_STAGE)  # pyright: ignore[reportPrivateUsage]
            self._touch(what, instead)  # pyright: ignore[reportPrivateUsage]
        raise TypeError(
            f"a {type(self).__name__} handle has no {name}: take its data first, for example with .pandas or .value"
        )

    operation.__name__ = name
    return operation


if not TYPE_CHECKING:  # to the type checkers these operations don't exist at all, which is the better error
    for _name in ("__iter__", "__len__", "__getitem__", "__contains__", "__float__", "__int__", "__index__"):
        setattr(Handle, _name, _refuse(_name, f"the data ({_name.strip('_')})"))
    for _name in (
        "add",
        "sub",
        "mul",
        "truediv",
        "floordiv",
        "mod",
        "pow",
        "matmul",
        "neg",
        "lt",
        "le",
        "gt",
        "ge",
    ):
        setattr(Handle, f"__{_name}__", _refuse(f"__{_name}__", f"arithmetic or comparison ({_name})"))
        if _name not in ("neg", "lt", "le", "gt", "ge"):
            setattr(Handle, f"__r{_name}__", _refuse(f"__r{_name}__", f"arithmetic or comparison ({_name})"))


@final
class Table(Handle, Generic[C_co, S_co]):
    """Rows under a contract `C_co`, of a population `S_co`.

    A table under a refined contract is accepted where its base is asked for, and training rows where any rows are.
    """

    __slots__ = ()

    @overload
    @staticmethod
    def of(contract: type[C], frame: Frame) -> Table[C, Population]: ...
    @overload
    @staticmethod
    def of(contract: type[C], frame: Frame, population: type[S]) -> Table[C, S]: ...
    @staticmethod
    def of(contract: type[C], frame: Frame, population: type[Population] = Population) -> Table[C, Any]:
        """Wrap a pandas, polars or Arrow table: to call a stage in a test, or to return rows that come from nowhere."""
        return Table(data=frame)

    def derive(self, contract: type[C], frame: Frame) -> Table[C, S_co]:
        """Give a table of this one's population under another contract: what a stage returns."""
        self._loaded("derive")
        return Table(data=frame)

    def as_contract(self, contract: type[C]) -> Table[C, S_co]:
        """View the same rows under another contract; the compiler checks column by column that it holds."""
        given: Any = contract
        if not (isinstance(given, type) and issubclass(given, Contract)):
            raise DeclarationError(
                f"a table is viewed as a contract: expected a contract class, got {type(contract).__qualname__}"
            )
        if self._bound is None:
            return Table(data=self._data)
        view = (contract, caller_origin())
        return Table(Bound(self._bound.by, self._bound.port, (*self._bound.views, view)))

    @property
    def pandas(self) -> pd.DataFrame:
        """The rows as a pandas DataFrame."""
        return to_pandas(self._loaded(".pandas"))

    @property
    def polars(self) -> pl.DataFrame:
        """The rows as a polars DataFrame."""
        return to_polars(self._loaded(".polars"))

    @property
    def arrow(self) -> pa.Table:
        """The rows as an Arrow table."""
        return to_arrow(self._loaded(".arrow"))


@final
class Model(Handle, Generic[T_co]):
    """A fitted object of type `T_co`."""

    __slots__ = ()

    @staticmethod
    def of(value: T) -> Model[T]:
        """Wrap a fitted object: what a stage returns."""
        return Model(data=value)

    @property
    def value(self) -> T_co:
        """The fitted object."""
        loaded: T_co = self._loaded(".value")
        return loaded


@final
class Value(Handle, Generic[T_co]):
    """A small piece of plain data: a number, a text, or lists, dictionaries and dataclasses of such."""

    __slots__ = ()

    @staticmethod
    def of(value: T) -> Value[T]:
        """Wrap a value: what a stage returns."""
        return Value(data=value)

    @property
    def value(self) -> T_co:
        """The value."""
        loaded: T_co = self._loaded(".value")
        return loaded


@final
class Files(Handle):
    """A folder of files."""

    __slots__ = ()

    @staticmethod
    def of(folder: Path) -> Files:
        """Wrap a folder: what a stage returns; all files below it belong to the artifact."""
        return Files(data=folder)

    @property
    def folder(self) -> Path:
        """The folder that holds the files."""
        loaded: Path = self._loaded(".folder")
        return loaded

    @property
    def paths(self) -> Iterator[Path]:
        """The files below the folder, sorted by their POSIX path."""
        folder = self.folder
        yield from sorted(
            (path for path in folder.rglob("*") if path.is_file()),
            key=lambda path: path.relative_to(folder).as_posix(),
        )
