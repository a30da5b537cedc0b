"""SL2: contracts, and whether what a producer promises implies what a consumer needs."""

from __future__ import annotations

RULES = ()

CHECKS = ()
