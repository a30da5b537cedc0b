"""The format of a source, by the end of its name."""

from __future__ import annotations

from typing import Literal, TypeAlias, cast, get_args

Format: TypeAlias = Literal["parquet", "csv", "jsonl", "files"]

_ENDINGS: tuple[tuple[str, Format], ...] = (
    (".parquet", "parquet"),
    (".csv", "csv"),
    (".csv.gz", "csv"),
    (".jsonl", "jsonl"),
    (".ndjson", "jsonl"),
    (".jsonl.gz", "jsonl"),
    (".ndjson.gz", "jsonl"),
)


def source_format(location: str, declared: str) -> Format | None:
    """Give the declared format, or the one that the name ends in; None if that is none that is known."""
    if declared:
        return cast(Format, declared) if declared in get_args(Format) else None
    return next((found for ending, found in _ENDINGS if location.lower().endswith(ending)), None)
