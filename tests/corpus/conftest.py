"""The specs of the corpora are checked as those of the compiler's own tests."""

from __future__ import annotations

from tests.stagelang_compiler.conftest import check

__all__ = ["check"]
