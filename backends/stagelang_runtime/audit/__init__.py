"""The audit: whether what was fitted changes with the judged rows alone, and what these have in common with rows learnt from."""

from stagelang_runtime.audit.audit import Answer, audit
from stagelang_runtime.audit.gates import audit_rows
from stagelang_runtime.audit.measured import Measured

__all__ = ["Answer", "Measured", "audit", "audit_rows"]
