"""The audits: whether what was fitted changes with the judged rows, and whether columns change with what they aren't made of.

Beside the first stands what the judged rows have in common with the rows that were learnt from.
"""

from stagelang_runtime.audit.audit import Answer, audit
from stagelang_runtime.audit.columns import ColumnAnswer, audit_columns
from stagelang_runtime.audit.gates import audit_rows
from stagelang_runtime.audit.measured import Measured

__all__ = ["Answer", "ColumnAnswer", "Measured", "audit", "audit_columns", "audit_rows"]
