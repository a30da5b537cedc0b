"""Sources: where a pipeline's first tables and files come from."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal, TypeAlias, final

from attrs import field, frozen
from typing_extensions import TypeVar

from stagelang.contract import Contract
from stagelang.handle import Bound, Files, Table
from stagelang.names import current_scope
from stagelang.origin import Origin, caller_origin
from stagelang.population import Population
from stagelang.recording import recorded

C = TypeVar("C", bound=Contract)

Format = Literal["parquet", "csv", "jsonl"]
LearntFrom: TypeAlias = str | Sequence[Table[Any, Any]]
"""What something from outside was fitted to: in words where that is none of the pipeline's rows, else tables of the pipeline."""


@final
@frozen(eq=False, kw_only=True)
class Source:
    """Data that enters the pipeline: a path or fsspec URL, relative to the pipeline's folder, perhaps a glob."""

    location: str
    contract: type[Contract] | None
    format: str
    name: str
    owner: str
    learnt_from: str | tuple[Table[Any, Any], ...] = ""
    scope: str = field(factory=current_scope)
    origin: Origin = field(factory=caller_origin)

    @property
    def label(self) -> str:
        """The name to call it by in a message."""
        return self.scope + (self.name or self.location)


def source(
    contract: type[C],
    location: str,
    *,
    format: Format | None = None,
    name: str = "",
    owner: str = "",
    learnt_from: LearntFrom = "",
) -> Table[C, Population]:
    """Read a table: Parquet, CSV (`.csv`, `.csv.gz`) or JSON lines (`.jsonl`, `.ndjson`), by the name's ending.

    Args:
        contract: what the rows must satisfy; CSV and JSON lines are read with its types.
        location: a path relative to the pipeline's folder, a glob (its files are put together in the order of their names), or
            any fsspec URL.
        format: the format, where the name doesn't end in it.
        name: the node's name; the file's name without its ending, unless said.
        owner: the team that answers for the data.
        learnt_from: where columns were computed by something fitted (embeddings, another model's scores), what that was fitted to:
            in words, where it is none of this pipeline's rows, else the tables.
    """
    declared = Source(
        location=location,
        contract=contract,
        format=format or "",
        name=name,
        owner=owner,
        learnt_from=_stated(learnt_from),
    )
    recorded("calls", declared)
    return Table(Bound(declared, "out"))


def files(location: str, *, name: str = "", owner: str = "", learnt_from: LearntFrom = "") -> Files:
    """Take files as they are: all that a glob or fsspec URL matches.

    Args:
        location: a path, a folder, a glob or an fsspec URL, relative to the pipeline's folder.
        name: the node's name; the file's name without its ending, unless said.
        owner: the team that answers for the files.
        learnt_from: where they hold something fitted, such as a model's weights, what it was fitted to: in words, where it is none of
            this pipeline's rows, else the tables.
    """
    declared = Source(
        location=location,
        contract=None,
        format="files",
        name=name,
        owner=owner,
        learnt_from=_stated(learnt_from),
    )
    recorded("calls", declared)
    return Files(Bound(declared, "out"))


def _stated(learnt_from: LearntFrom) -> str | tuple[Table[Any, Any], ...]:
    return learnt_from if isinstance(learnt_from, str) else tuple(learnt_from)
