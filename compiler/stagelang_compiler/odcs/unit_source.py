"""Writes units as source: those of the language by their names, others as classes of the module's own."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from stagelang import units as known
from stagelang.units import Unit, measure, unit_text
from stagelang_compiler import plan


class Units:
    """The units of a module; `own` are the classes that it declares for those that the language doesn't know."""

    def __init__(self, module: str, taken: set[str]) -> None:
        self.module, self.taken = module, set(taken)
        self.own: dict[str, str] = {}
        """The class statements, by name."""
        self.sources: dict[str, str] = {}
        self.bases = {
            each.symbol: f"{module}.{name}"
            for name, each in vars(known).items()
            if _is_unit(each) and (each is known.RATIO or measure(each).powers == {each.symbol: 1})
        }

    def source(self, unit: plan.Unit) -> str:
        """Give the expression for a unit."""
        key = f"{unit.text} {unit.factor!r} {sorted(unit.powers.items())}"
        if key not in self.sources:
            self.sources[key] = self._known(unit) or self._composed(unit)
        return self.sources[key]

    def classes(self) -> Iterator[list[str]]:
        """Give the class statements of the module's own units."""
        yield from ([statement, "    pass"] for statement in self.own.values())

    def _known(self, unit: plan.Unit) -> str:
        for name, each in vars(known).items():
            if _is_unit(each) and unit_text(each) == unit.text and _is_same(measure(each), unit):
                return f"{self.module}.{name}"
        return ""

    def _composed(self, unit: plan.Unit) -> str:
        """Compose a unit of its base units; where it isn't written as these are, as a class of its own."""
        if unit.factor == 1 and dict(unit.powers) == {unit.text: 1}:
            return self._base(unit.text)
        over = [symbol for symbol, power in sorted(unit.powers.items()) for _ in range(power)]
        under = [symbol for symbol, power in sorted(unit.powers.items()) for _ in range(-power)]
        source, text = self._product(over)
        if under:
            below, below_text = self._product(under)
            source = f"{self.module}.Per[{source}, {below}]"
            text = f"{text}/({below_text})" if "*" in below_text else f"{text}/{below_text}"
        if text == unit.text and unit.factor == 1:
            return source
        return self._declared(unit.text, f", of={source}, factor={unit.factor!r}")

    def _product(self, symbols: list[str]) -> tuple[str, str]:
        if not symbols:
            return f"{self.module}.RATIO", "1"
        source, text = self._base(symbols[0]), symbols[0]
        for symbol in symbols[1:]:
            source, text = f"{self.module}.Times[{source}, {self._base(symbol)}]", f"{text}*{symbol}"
        return source, text

    def _base(self, symbol: str) -> str:
        if symbol not in self.bases:
            self.bases[symbol] = self._declared(symbol, "")
        return self.bases[symbol]

    def _declared(self, symbol: str, more: str) -> str:
        """Declare a class, and give its name."""
        name = re.sub(r"\W+", "_", symbol, flags=re.ASCII).strip("_").upper() or "UNIT"
        name = name if name.isidentifier() else f"UNIT_{name}"
        while name in self.taken:
            name += "_"
        self.taken.add(name)
        self.own[name] = f"class {name}({self.module}.Unit, symbol={symbol!r}{more}):"
        return name


def _is_unit(each: Any) -> bool:
    return isinstance(each, type) and issubclass(each, Unit) and each not in (Unit, known.Per, known.Times)


def _is_same(found: Any, unit: plan.Unit) -> bool:
    return found.factor == unit.factor and dict(found.powers) == dict(unit.powers)
