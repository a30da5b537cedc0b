"""Which columns a table's columns are made of: declared with `made_of=`, else read from the stage's body, else not known."""

from stagelang_compiler.column_lineage.of_stage import (
    Columns,
    Made,
    columns_made,
    columns_surely_made,
    declared_origins,
)

__all__ = ["Columns", "Made", "columns_made", "columns_surely_made", "declared_origins"]
