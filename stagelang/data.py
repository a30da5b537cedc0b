"""Conversions between data frames; the only module of the language that touches data, importing libraries when asked."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol

from stagelang.errors import DeclarationError

if TYPE_CHECKING:
    import pandas as pd
    import polars as pl
    import pyarrow as pa


class Frame(Protocol):
    """Any data frame: pandas, polars, an Arrow table, or another that speaks the Arrow PyCapsule interface."""

    def __arrow_c_stream__(self, requested_schema: object | None = None) -> object:
        """Give the rows as an Arrow C stream."""
        ...


def to_arrow(frame: Any) -> pa.Table:
    """Convert a pandas, polars or any Arrow-capable frame; a pandas index is dropped.

    Raises:
        DeclarationError: the object is no data frame.
    """
    import pyarrow as pa

    if isinstance(frame, pa.Table):
        return frame
    library = type(frame).__module__.partition(".")[0]
    if library == "pandas":
        return pa.Table.from_pandas(frame, preserve_index=False).replace_schema_metadata(None)
    if hasattr(frame, "__arrow_c_stream__"):
        return pa.table(frame)
    raise DeclarationError(f"expected a pandas, polars or Arrow table, got {type(frame).__qualname__}")


def to_pandas(frame: Any) -> pd.DataFrame:
    """Convert to pandas; a pandas frame is given as it is."""
    if type(frame).__module__.partition(".")[0] == "pandas":
        result: pd.DataFrame = frame
        return result
    return to_arrow(frame).to_pandas()  # pyright: ignore[reportUnknownMemberType]


def to_polars(frame: Any) -> pl.DataFrame:
    """Convert to polars; a polars frame is given as it is."""
    import polars as pl

    if isinstance(frame, pl.DataFrame):
        return frame
    converted = pl.from_arrow(to_arrow(frame))  # pyright: ignore[reportUnknownMemberType]
    if not isinstance(converted, pl.DataFrame):
        raise DeclarationError(f"expected a table, got {type(frame).__qualname__}")
    return converted
