"""A contract with all that its declaration says: what the Plan knows of it, and what only checks read."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import final

from attrs import field, frozen

from stagelang.contract import Contract, columns_of
from stagelang_compiler import plan


@final
@frozen(kw_only=True)
class Meaning:
    """What a column says that no gate judges: its scale, which sums of it mean something, and when it becomes known."""

    scale: str = ""
    adds: str = ""
    known_after: dt.timedelta | None = None


@final
@frozen(kw_only=True)
class Described:
    """A contract; `meanings` has the columns that say more than the Plan keeps."""

    contract: plan.Contract
    meanings: Mapping[str, Meaning] = field(factory=dict[str, Meaning])


def described(lowered: plan.Contract, contract: type[Contract]) -> Described:
    """Describe a contract of a plan and the class that it was lowered from."""
    found = {
        name: Meaning(
            scale=column.limits.scale or "",
            adds=column.limits.adds or "",
            known_after=column.limits.known_after,
        )
        for name, column in columns_of(contract).items()
    }
    return Described(
        contract=lowered, meanings={name: each for name, each in found.items() if each != Meaning()}
    )
