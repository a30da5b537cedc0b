"""The audit for interference: whether what was fitted changes when only the rows do that metrics are measured on."""

from stagelang_runtime.audit.audit import Answer, audit

__all__ = ["Answer", "audit"]
