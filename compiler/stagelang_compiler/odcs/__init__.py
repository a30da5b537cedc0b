"""Contracts as ODCS 3.1, the Open Data Contract Standard (https://bitol-io.github.io/open-data-contract-standard), and back."""

from stagelang_compiler.odcs.export import Exported, export
from stagelang_compiler.odcs.problems import Malformed, Note
from stagelang_compiler.odcs.reading import Imported, read
from stagelang_compiler.odcs.source import source_of

__all__ = [
    "Exported",
    "Imported",
    "Malformed",
    "Note",
    "export",
    "read",
    "source_of",
]
