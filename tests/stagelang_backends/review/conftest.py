"""The browser and the real Mermaid of the lineage tests, for the pictures of a review."""

from tests.stagelang_backends.lineage.conftest import browser
from tests.stagelang_backends.lineage.test_mermaid import mermaid

__all__ = ["browser", "mermaid"]
