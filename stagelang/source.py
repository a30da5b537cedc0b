"""Sources: where a pipeline's first tables and files come from."""

from __future__ import annotations

from typing import Literal, final

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


@final
@frozen(eq=False, kw_only=True)
class Source:
    """Data that enters the pipeline: a path or fsspec URL, relative to the pipeline's folder, perhaps a glob."""

    location: str
    contract: type[Contract] | None
    format: str
    name: str
    owner: str
    scope: str = field(factory=current_scope)
    origin: Origin = field(factory=caller_origin)

    @property
    def label(self) -> str:
        """The name to call it by in a message."""
        return self.scope + (self.name or self.location)


def source(
    contract: type[C], location: str, *, format: Format | None = None, name: str = "", owner: str = ""
) -> Table[C, Population]:
    """Read a table: Parquet, CSV (`.csv`, `.csv.gz`) or JSON lines (`.jsonl`, `.ndjson`), by the name's ending.

    Args:
        contract: what the rows must satisfy; CSV and JSON lines are read with its types.
        location: a path relative to the pipeline's folder, a glob (its files are put together in the order of their names), or
            any fsspec URL.
        format: the format, where the name doesn't end in it.
        name: the node's name; the file's name without its ending, unless said.
        owner: the team that answers for the data.
    """
    declared = Source(location=location, contract=contract, format=format or "", name=name, owner=owner)
    recorded("calls", declared)
    return Table(Bound(declared, "out"))


def files(location: str, *, name: str = "", owner: str = "") -> Files:
    """Take files as they are: all that a glob or fsspec URL matches.

    Args:
        location: a path, a folder, a glob or an fsspec URL, relative to the pipeline's folder.
        name: the node's name; the file's name without its ending, unless said.
        owner: the team that answers for the files.
    """
    declared = Source(location=location, contract=None, format="files", name=name, owner=owner)
    recorded("calls", declared)
    return Files(Bound(declared, "out"))
