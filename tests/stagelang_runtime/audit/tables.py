"""Contracts for tables that are made by hand."""

from __future__ import annotations

from collections.abc import Mapping

import pyarrow as pa

from stagelang.origin import Origin
from stagelang_compiler.plan import Column, Contract

HERE = Origin("pipeline.py", 1)


def contract_for(table: pa.Table, roles: Mapping[str, str] | None = None, group: str = "") -> Contract:
    """Declare all columns of a table: 'key' is its key."""
    columns = tuple(
        Column(
            name=name,
            type="float",
            key=name == "key",
            group=name == group,
            role=(roles or {}).get(name, ""),
            origin=HERE,
        )
        for name in table.column_names
    )
    return Contract(
        name="Rows", version="", owner="", description="", closed=False, min_rows=None, max_rows=None,
        columns=columns, digest="", origin=HERE,
    )  # fmt: skip
